package io.bierelay.check;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * The first words of a protocol without TLS, by which a server shows that it speaks it. They ask
 * for nothing and log nobody in.
 *
 * @param protocol its name for people
 * @param hello what a client says
 * @param known whether the first bytes of an answer are of that protocol, and not of one with TLS
 * @param spoken the same where it is known that the port does not speak TLS
 */
@SuppressWarnings("ArrayRecordComponent") // Written once; never compared.
public record Greeting(
    String protocol, byte[] hello, Predicate<byte[]> known, Predicate<byte[]> spoken) {

  private Greeting(String protocol, byte[] hello, Predicate<byte[]> known) {
    this(protocol, hello, known, known);
  }

  /** HTTP/1.1; a 400 is what servers answer that want TLS, and some that don't. */
  public static Greeting http(String host) {
    return new Greeting(
        "HTTP",
        ascii("HEAD / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(host)),
        answer ->
            startsWith(answer, ascii("HTTP/1.")) && !startsWith(skip(answer, 9), ascii("400")),
        answer -> startsWith(answer, ascii("HTTP/1.")));
  }

  /** AMQP 0-9-1, section 4.2.2: the header, answered by the method connection.start. */
  public static Greeting amqp() {
    return new Greeting(
        "AMQP",
        new byte[] {'A', 'M', 'Q', 'P', 0, 0, 9, 1},
        answer -> startsWith(answer, new byte[] {1, 0, 0}) || startsWith(answer, ascii("AMQP")));
  }

  /** Kafka: ApiVersions in version 0, which every listener answers before a login. */
  public static Greeting kafka() {
    byte[] request = {0, 0, 0, 10, 0, 18, 0, 0, 0x42, 0x49, 0x45, 0x31, (byte) 0xff, (byte) 0xff};
    return new Greeting(
        "Kafka",
        request,
        answer ->
            answer.length >= 8
                && Arrays.equals(
                    Arrays.copyOfRange(answer, 4, 8), Arrays.copyOfRange(request, 8, 12)));
  }

  /** PostgreSQL: SSLRequest of "Message Formats", answered by one letter. */
  public static Greeting postgres() {
    return new Greeting(
        "PostgreSQL",
        new byte[] {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x2f},
        answer -> answer.length > 0 && (answer[0] == 'S' || answer[0] == 'N' || answer[0] == 'E'));
  }

  /** Redis: PING with a text, which comes back, or an error where a login is wanted first. */
  public static Greeting redis() {
    return new Greeting(
        "Redis",
        ascii("PING bie-relay-check\r\n"),
        answer -> startsWith(answer, ascii("$15\r\n")) || startsWith(answer, ascii("-")));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] skip(byte[] bytes, int count) {
    return bytes.length <= count ? new byte[0] : Arrays.copyOfRange(bytes, count, bytes.length);
  }

  private static boolean startsWith(byte[] bytes, byte[] beginning) {
    return bytes.length >= beginning.length
        && Arrays.equals(Arrays.copyOf(bytes, beginning.length), beginning);
  }
}
