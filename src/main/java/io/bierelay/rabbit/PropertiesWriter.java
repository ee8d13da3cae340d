package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;

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

  private ByteBuffer out = ByteBuffer.allocate(1 << 10);
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
    out.clear();
    contentType = type.text;
    out.putShort(CLASS).putShort((short) 0).putLong(0).putShort(FLAGS);
    putShort(type.bytes);
    tableAt = out.position();
    out.putInt(0);
    return this;
  }

  /** A header that is a text. */
  public PropertiesWriter header(Name name, Text value) {
    return header(name, value.bytes);
  }

  /** A header that is a text, in UTF-8. */
  public PropertiesWriter header(Name name, byte[] utf8) {
    put(name, 'S', LENGTH + utf8.length);
    out.putInt(utf8.length).put(utf8);
    return this;
  }

  /** A header that is an integer of 32 bits. */
  public PropertiesWriter header(Name name, int value) {
    put(name, 'I', Integer.BYTES);
    out.putInt(value);
    return this;
  }

  /** A header that is an integer of 64 bits. */
  public PropertiesWriter header(Name name, long value) {
    put(name, 'l', Long.BYTES);
    out.putLong(value);
    return this;
  }

  /**
   * The rest of the properties.
   *
   * @param timestamp on the wire what is below a second is cut off
   * @param bodySize of the message, in bytes
   */
  public AMQP.BasicProperties end(
      String messageId, Instant timestamp, Text type, Text application, int bodySize) {
    out.putInt(tableAt, out.position() - tableAt - LENGTH);
    byte[] id = messageId.getBytes(StandardCharsets.UTF_8);
    ensure(id.length + type.bytes.length + application.bytes.length + 16);
    out.put(PERSISTENT);
    putShort(id);
    out.putLong(timestamp.getEpochSecond());
    putShort(type.bytes);
    putShort(application.bytes);
    out.putLong(EncodedProperties.BODY_SIZE_AT, bodySize);
    return new EncodedProperties(
        Arrays.copyOf(out.array(), out.position()),
        contentType,
        messageId,
        Date.from(timestamp),
        type.text,
        application.text);
  }

  private void put(Name name, char kind, int size) {
    ensure(name.bytes.length + 1 + size);
    out.put(name.bytes).put((byte) kind);
  }

  private void putShort(byte[] utf8) {
    ensure(1 + utf8.length);
    out.put(length(utf8)).put(utf8);
  }

  private void ensure(int more) {
    if (out.remaining() < more) {
      int size = Math.max(2 * out.capacity(), out.position() + more);
      out = ByteBuffer.allocate(size).put(out.array(), 0, out.position());
    }
  }
}
