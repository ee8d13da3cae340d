package io.bierelay.avro;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing array of UTF-8 that JSON is written into; made once per lane or thread and used again
 * for each event.
 *
 * <p>Not safe for several threads. Nothing checks that what is appended is JSON as a whole; that is
 * its caller's part.
 */
public final class JsonBuffer {

  /** One large event must not keep its memory for ever. */
  private static final int KEPT = 256 << 10;

  private static final int UNLIMITED = Integer.MAX_VALUE - 16;
  private static final byte[] HEX = ascii0("0123456789abcdef");
  private static final byte[] BASE64 =
      ascii0("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  private static final byte[] MIN_LONG = ascii0(Long.toString(Long.MIN_VALUE));

  /** For each ASCII character: 0 stands for itself, 'u' for a number, others for their letter. */
  private static final byte[] ESCAPES = escapes();

  private byte[] bytes;
  private int size;
  private int limit = UNLIMITED;

  /** Empty, with room for a usual event. */
  public JsonBuffer() {
    this.bytes = new byte[4 << 10];
  }

  /** How many bytes it holds; a mark to {@link #truncate} to. */
  public int size() {
    return size;
  }

  /** Empties it. */
  public void reset() {
    size = 0;
    if (bytes.length > KEPT) {
      bytes = new byte[KEPT];
    }
  }

  /**
   * Forgets what was appended since {@link #size} returned {@code mark}.
   *
   * @throws IllegalArgumentException if it does not hold so much
   */
  public void truncate(int mark) {
    if (mark < 0 || mark > size) {
      throw new IllegalArgumentException("mark " + mark + " is not within 0 to " + size);
    }
    size = mark;
  }

  /** A copy of what it holds. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Appends bytes as they are. */
  public JsonBuffer raw(byte[] source) {
    return raw(source, 0, source.length);
  }

  /** Appends bytes as they are. */
  public JsonBuffer raw(byte[] source, int offset, int length) {
    ensure(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
    return this;
  }

  /** Appends text as it is, unquoted; each character must be ASCII. */
  public JsonBuffer ascii(String text) {
    int length = text.length();
    ensure(length);
    for (int i = 0; i < length; i++) {
      bytes[size + i] = (byte) text.charAt(i);
    }
    size += length;
    return this;
  }

  /** Appends one ASCII character. */
  public JsonBuffer ascii(char character) {
    ensure(1);
    bytes[size++] = (byte) character;
    return this;
  }

  /** Appends text as a JSON string; a lone surrogate becomes a question mark. */
  public JsonBuffer quoted(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    quotedUtf8(utf8, 0, utf8.length);
    return this;
  }

  /** Appends an integer, digit by digit. */
  public JsonBuffer number(long value) {
    if (value == Long.MIN_VALUE) {
      return raw(MIN_LONG);
    }
    ensure(20);
    long rest = value;
    if (rest < 0) {
      bytes[size++] = '-';
      rest = -rest;
    }
    int end = size + digits(rest);
    int at = end;
    do {
      long tenth = rest / 10;
      bytes[--at] = (byte) ('0' + (rest - tenth * 10));
      rest = tenth;
    } while (rest != 0);
    size = end;
    return this;
  }

  /** Appends the shortest number that is read back as this one; NaN and infinities as strings. */
  JsonBuffer number(double value) {
    // Before Java 19, Double.toString is not always the shortest.
    return Double.isFinite(value)
        ? ascii(NumberOutput.toString(value, true))
        : quoted(Double.toString(value));
  }

  /** Appends the shortest number that is read back as this one; NaN and infinities as strings. */
  JsonBuffer number(float value) {
    return Float.isFinite(value)
        ? ascii(NumberOutput.toString(value, true))
        : quoted(Float.toString(value));
  }

  /**
   * Appends UTF-8 as a JSON string.
   *
   * @return false if it is not valid UTF-8; what was appended until then stays
   */
  boolean quotedUtf8(byte[] source, int offset, int length) {
    ascii('"');
    int end = offset + length;
    int run = offset;
    int i = offset;
    while (i < end) {
      byte b = source[i];
      if (b >= 0) {
        if (ESCAPES[b] != 0) {
          raw(source, run, i - run);
          escape(b);
          run = i + 1;
        }
        i++;
      } else {
        int sequence = sequence(source, i, end);
        if (sequence == 0) {
          return false;
        }
        i += sequence;
      }
    }
    raw(source, run, end - run);
    ascii('"');
    return true;
  }

  /** Appends bytes as a JSON string in base64 with padding (RFC 4648, section 4). */
  void quotedBase64(byte[] source, int offset, int length) {
    ensureLong((length + 2L) / 3 * 4 + 2);
    bytes[size++] = '"';
    int end = offset + length;
    int i = offset;
    for (; i + 3 <= end; i += 3) {
      quartet((source[i] & 0xFF) << 16 | (source[i + 1] & 0xFF) << 8 | (source[i + 2] & 0xFF), 4);
    }
    if (end - i == 2) {
      quartet((source[i] & 0xFF) << 16 | (source[i + 1] & 0xFF) << 8, 3);
    } else if (end - i == 1) {
      quartet((source[i] & 0xFF) << 16, 2);
    }
    bytes[size++] = '"';
  }

  /** Appends two hexadecimal digits per byte. */
  void hex(byte[] source, int offset, int length) {
    ensureLong(2L * length);
    for (int i = offset; i < offset + length; i++) {
      bytes[size++] = HEX[(source[i] >> 4) & 0xF];
      bytes[size++] = HEX[source[i] & 0xF];
    }
  }

  /** How many bytes may still be appended. */
  int room() {
    return limit - size;
  }

  /** Allows so many bytes more, until {@link #unlimited}. */
  void allow(int more) {
    limit = (int) Math.min(UNLIMITED, (long) size + more);
  }

  /** Lifts the limit. */
  void unlimited() {
    limit = UNLIMITED;
  }

  private void quartet(int bits, int significant) {
    for (int i = 0; i < 4; i++) {
      bytes[size++] = i < significant ? BASE64[(bits >> (18 - 6 * i)) & 0x3F] : (byte) '=';
    }
  }

  private void escape(byte b) {
    ascii('\\').ascii((char) ESCAPES[b]);
    if (ESCAPES[b] == 'u') {
      ascii("00").ascii((char) HEX[b >> 4]).ascii((char) HEX[b & 0xF]);
    }
  }

  private void ensure(int more) {
    if (more > bytes.length - size || more > limit - size) {
      ensureLong(more);
    }
  }

  private void ensureLong(long more) {
    if (more > limit - size) {
      throw new PoisonException(
          PoisonReason.TOO_LARGE, "the event's JSON would exceed avro.json.max.size");
    }
    long needed = size + more;
    if (needed > bytes.length) {
      long grown = Math.max(needed, Math.min(2L * bytes.length, limit));
      bytes = Arrays.copyOf(bytes, (int) grown);
    }
  }

  private static int digits(long positive) {
    int digits = 1;
    long bound = 10;
    while (digits < 19 && positive >= bound) {
      digits++;
      bound *= 10;
    }
    return digits;
  }

  /**
   * The length of the sequence that begins here, as table 3-7 of the Unicode standard allows it, or
   * 0: overlong forms and surrogates are refused, for a reader downstream would refuse them too.
   */
  private static int sequence(byte[] source, int at, int end) {
    int first = source[at] & 0xFF;
    int left = end - at;
    if (first >= 0xC2 && first <= 0xDF) {
      return left > 1 && follows(source[at + 1]) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
      if (left < 3 || !follows(source[at + 1]) || !follows(source[at + 2])) {
        return 0;
      }
      int second = source[at + 1] & 0xFF;
      return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
      if (left < 4
          || !follows(source[at + 1])
          || !follows(source[at + 2])
          || !follows(source[at + 3])) {
        return 0;
      }
      int second = source[at + 1] & 0xFF;
      return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
    }
    return 0;
  }

  private static boolean follows(byte b) {
    return (b & 0xC0) == 0x80;
  }

  private static byte[] escapes() {
    byte[] escapes = new byte[128];
    Arrays.fill(escapes, 0, 0x20, (byte) 'u');
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
  }

  private static byte[] ascii0(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
