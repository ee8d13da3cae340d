package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.Map;

/**
 * The one exchange, and the one queue behind it, where poison of every stage ends: raw bytes, with
 * the reason and the origin as headers.
 */
public final class DeadLetters {

  /** The durable exchange, and the durable queue that is bound to all of it. */
  public static final String NAME = "bie-events-dead-letter";

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
}
