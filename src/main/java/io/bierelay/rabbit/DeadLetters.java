package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The one exchange, and the one queue behind it, where poison of every stage ends: raw bytes, with
 * the reason and the origin as headers.
 */
public final class DeadLetters {

  /** The durable exchange, and the durable queue that is bound to all of it. */
  public static final String NAME = "bie-events-dead-letter";

  /** Header: true when the body is only the beginning of what was received. */
  public static final String TRUNCATED_HEADER = "truncated";

  /** Header: how many bytes the body had before it was compressed or cut. */
  public static final String ORIGINAL_BYTES_HEADER = "original-bytes";

  /** What is kept of a body that the broker takes neither as it is nor compressed. */
  private static final int CUT_BYTES = 64 << 10;

  private DeadLetters() {}

  /**
   * Declares exchange and queue; harmless when they exist. Whoever may quarantine calls it first.
   */
  public static void declare(Channel channel) throws IOException {
    channel.exchangeDeclare(NAME, BuiltinExchangeType.TOPIC, true);
    channel.queueDeclare(NAME, true, false, false, Map.of("x-queue-type", "quorum"));
    channel.queueBind(NAME, NAME, "#");
  }

  /**
   * A dead letter.
   *
   * @param messageId the event's id where it is known, so that it stays recognisable
   * @param routingKey the event type, or what is known of it
   * @param headers reason, detail, stage, origin; see {@code NotificationFormat}
   * @param body raw, as it was received
   */
  public static OutboundMessage message(
      String messageId,
      String routingKey,
      String contentType,
      Map<String, Object> headers,
      byte[] body) {
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId(messageId)
            .contentType(contentType)
            .deliveryMode(2)
            .headers(headers)
            .build();
    return new OutboundMessage(NAME, routingKey, properties, body);
  }

  /**
   * The same dead letter, small enough for the broker: compressed (content encoding {@code gzip}),
   * or, where that is not enough, cut, which its headers say. Takes about a second per 100 MiB.
   *
   * @param maxBytes the largest body that the broker takes
   */
  public static OutboundMessage within(long maxBytes, OutboundMessage letter) {
    byte[] body = letter.body();
    if (body.length <= maxBytes) {
      return letter;
    }
    Map<String, Object> headers = new HashMap<>(letter.properties().getHeaders());
    headers.put(ORIGINAL_BYTES_HEADER, (long) body.length);
    AMQP.BasicProperties.Builder properties = letter.properties().builder();
    byte[] smaller = gzip(body);
    if (smaller.length <= maxBytes) {
      properties.contentEncoding("gzip");
    } else {
      headers.put(TRUNCATED_HEADER, true);
      smaller = Arrays.copyOf(body, (int) Math.min(CUT_BYTES, maxBytes));
    }
    return new OutboundMessage(
        letter.exchange(), letter.routingKey(), properties.headers(headers).build(), smaller);
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4);
    try (GZIPOutputStream gzip = new FastGzip(out)) {
      gzip.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  /** It runs where others wait for it. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
