package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.LongString;
import com.rabbitmq.client.impl.ContentHeaderPropertyWriter;
import com.rabbitmq.client.impl.Frame;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Properties whose content header is there as it goes onto the wire; made by {@link
 * PropertiesWriter}.
 *
 * <p>RabbitMQ's client would encode them by way of a map, boxed values and streams, which costs
 * more time than everything else that is done to publish a message.
 */
public final class EncodedProperties extends AMQP.BasicProperties {

  /** In the content header: behind the class's id and the weight. AMQP 0-9-1, section 4.2.6.1. */
  static final int BODY_SIZE_AT = 4;

  /** The client's own reader begins behind the class's id. */
  private static final int READER_AT = 2;

  private final byte[] header;
  private final UUID messageId;
  private final Instant timestamp;

  EncodedProperties(
      byte[] header,
      String contentType,
      UUID messageId,
      Instant timestamp,
      String type,
      String app) {
    super(contentType, null, null, 2, null, null, null, null, null, null, type, null, app, null);
    this.header = header;
    this.messageId = messageId;
    this.timestamp = timestamp;
  }

  /** Made for each call, as the time is: asked for only of what comes back. */
  @Override
  public String getMessageId() {
    return messageId.toString();
  }

  @Override
  public Date getTimestamp() {
    return Date.from(timestamp);
  }

  /** The payload of the content header's frame. Not to be changed. */
  byte[] header() {
    return header;
  }

  /** Whether the header says that the body has this size, in bytes. */
  boolean isFor(long bodySize) {
    return ByteBuffer.wrap(header).getLong(BODY_SIZE_AT) == bodySize;
  }

  @Override
  public Frame toFrame(int channelNumber, long bodySize) {
    byte[] payload = header;
    if (!isFor(bodySize)) {
      payload = header.clone();
      ByteBuffer.wrap(payload).putLong(BODY_SIZE_AT, bodySize);
    }
    return new Frame(AMQP.FRAME_HEADER, channelNumber, payload);
  }

  /** Decoded anew for each call: for the few messages that do not simply go out. */
  @Override
  public Map<String, Object> getHeaders() {
    Map<String, Object> headers = new HashMap<>(decoded().getHeaders());
    headers.replaceAll((name, value) -> value instanceof LongString ? value.toString() : value);
    return headers;
  }

  @Override
  public AMQP.BasicProperties.Builder builder() {
    return decoded().builder().headers(getHeaders());
  }

  @Override
  public void writePropertiesTo(ContentHeaderPropertyWriter writer) throws IOException {
    decoded().writePropertiesTo(writer);
  }

  private AMQP.BasicProperties decoded() {
    try {
      return new AMQP.BasicProperties(
          new DataInputStream(
              new ByteArrayInputStream(header, READER_AT, header.length - READER_AT)));
    } catch (IOException e) {
      throw new UncheckedIOException("the header was not encoded as AMQP 0-9-1 says", e);
    }
  }
}
