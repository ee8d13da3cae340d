package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/**
 * Encodes the content headers of persistent messages, one after the other, in the buffer that it
 * keeps: {@link #begin}, the headers, {@link #end}.
 *
 * <p>Not safe for several threads. The layout is that of AMQP 0-9-1, sections 4.2.5.5 and 4.2.6.1,
 * with the types of field that RabbitMQ and its Java client use.
 */
public final class PropertiesWriter {

  /** The class {@code basic}. */
  private static final short CLASS = 60;

  /** Content type, headers, delivery mode, message id, timestamp, type, application id. */
  private static final short FLAGS = (short) 0b1011_0000_1110_1000;

  private static final byte PERSISTENT = 2;
  private static final int LENGTH = Integer.BYTES;
  private static final int MOST_OF_NAME = 255;

  /** What a UUID's text has: 32 digits and four dashes. RFC 9562, section 4. */
  private static final int UUID_LENGTH = 36;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** An array and not a {@link ByteBuffer}, whose checks take more time than the writing. */
  private byte[] out = new byte[1 << 10];

  private int length;
  private String contentType = "";
  private int tableAt;

  /** The name of a header as it is written, to be made once and used for each message. */
  public static final class Name {
    private final byte[] bytes;

    private Name(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  /** A text as it is written, to be made once and used for each message that has it. */
  public static final class Text {
    private final String text;
    private final byte[] bytes;

    private Text(String text) {
      this.text = text;
      this.bytes = text.getBytes(StandardCharsets.UTF_8);
    }
  }

  /** Empty. */
  public PropertiesWriter() {}

  /** Prepares a name of at most 255 bytes. */
  public static Name name(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[1 + utf8.length];
    bytes[0] = length(utf8);
    System.arraycopy(utf8, 0, bytes, 1, utf8.length);
    return new Name(bytes);
  }

  /** Prepares a text. */
  public static Text text(String text) {
    return new Text(text);
  }

  private static byte length(byte[] utf8) {
    if (utf8.length > MOST_OF_NAME) {
      throw new IllegalArgumentException("a short string has %d bytes".formatted(utf8.length));
    }
    return (byte) utf8.length;
  }

  /** Forgets what was written. */
  public PropertiesWriter begin(Text type) {
    length = 0;
    contentType = type.text;
    ensure(2 * Short.BYTES + Long.BYTES + Short.BYTES + 1 + type.bytes.length + LENGTH);
    putShort(CLASS);
    putShort((short) 0);
    putLong(0);
    putShort(FLAGS);
    putText(type.bytes);
    tableAt = length;
    putInt(0);
    return this;
  }

  /** A header that is a text. */
  public PropertiesWriter header(Name name, Text value) {
    return header(name, value.bytes);
  }

  /** A header that is a text, in UTF-8. */
  public PropertiesWriter header(Name name, byte[] utf8) {
    put(name, 'S', LENGTH + utf8.length);
    putInt(utf8.length);
    putBytes(utf8);
    return this;
  }

  /** A header that is an integer of 32 bits. */
  public PropertiesWriter header(Name name, int value) {
    put(name, 'I', Integer.BYTES);
    putInt(value);
    return this;
  }

  /** A header that is an integer of 64 bits. */
  public PropertiesWriter header(Name name, long value) {
    put(name, 'l', Long.BYTES);
    putLong(value);
    return this;
  }

  /**
   * The rest of the properties.
   *
   * @param timestamp on the wire what is below a second is cut off
   * @param bodySize of the message, in bytes
   */
  public AMQP.BasicProperties end(
      UUID messageId, Instant timestamp, Text type, Text application, int bodySize) {
    setInt(tableAt, length - tableAt - LENGTH);
    ensure(1 + 1 + UUID_LENGTH + Long.BYTES + 2 + type.bytes.length + application.bytes.length);
    out[length++] = PERSISTENT;
    putId(messageId);
    putLong(timestamp.getEpochSecond());
    putText(type.bytes);
    putText(application.bytes);
    setInt(EncodedProperties.BODY_SIZE_AT + Integer.BYTES, bodySize);
    return new EncodedProperties(
        Arrays.copyOf(out, length), contentType, messageId, timestamp, type.text, application.text);
  }

  private void put(Name name, char kind, int size) {
    ensure(name.bytes.length + 1 + size);
    putBytes(name.bytes);
    out[length++] = (byte) kind;
  }

  private void putText(byte[] utf8) {
    out[length++] = length(utf8);
    putBytes(utf8);
  }

  private void putBytes(byte[] bytes) {
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  /** The text of the id, which would be a string and its bytes for each message otherwise. */
  private void putId(UUID id) {
    out[length++] = UUID_LENGTH;
    long high = id.getMostSignificantBits();
    long low = id.getLeastSignificantBits();
    putHex(high >>> 32, 8);
    out[length++] = '-';
    putHex(high >>> 16, 4);
    out[length++] = '-';
    putHex(high, 4);
    out[length++] = '-';
    putHex(low >>> 48, 4);
    out[length++] = '-';
    putHex(low, 12);
  }

  private void putHex(long value, int digits) {
    byte[] to = out;
    long left = value;
    for (int at = length + digits - 1; at >= length; at--) {
      to[at] = HEX[(int) left & 0xF];
      left >>>= 4;
    }
    length += digits;
  }

  private void putShort(short value) {
    out[length++] = (byte) (value >>> 8);
    out[length++] = (byte) value;
  }

  private void putInt(int value) {
    setInt(length, value);
    length += Integer.BYTES;
  }

  private void putLong(long value) {
    putInt((int) (value >>> 32));
    putInt((int) value);
  }

  private void setInt(int at, int value) {
    byte[] to = out;
    to[at] = (byte) (value >>> 24);
    to[at + 1] = (byte) (value >>> 16);
    to[at + 2] = (byte) (value >>> 8);
    to[at + 3] = (byte) value;
  }

  private void ensure(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.max(2 * out.length, length + more));
    }
  }
}
