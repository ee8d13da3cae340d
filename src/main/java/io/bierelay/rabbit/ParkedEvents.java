package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;

/**
 * Where notifications wait that no queue took: whoever binds a queue later finds them here, with
 * the exchange they were meant for.
 *
 * <p>It is no alternate exchange, on purpose: RabbitMQ compares that argument when an exchange is
 * declared, so every client that declares an exchange the plain way would be refused; and the
 * publisher would not learn what was parked.
 */
public final class ParkedEvents {

  /** The durable exchange, and the durable queue that is bound to all of it. */
  public static final String NAME = "bie-events-parked";

  /** Header of a parked notification: the exchange that had no queue for it. */
  public static final String EXCHANGE_HEADER = "unroutable-exchange";

  private ParkedEvents() {}

  /**
   * Declares exchange and queue. A queue that exists keeps its limit, which a policy may lower.
   *
   * @param maxBytes how much the queue takes before RabbitMQ refuses more: a queue that dropped its
   *     oldest instead would lose events silently
   */
  public static Future<Void> declare(RabbitSession session, long maxBytes) {
    return session
        .withChannel(channel -> channel.queueDeclarePassive(NAME))
        .recover(
            absent ->
                session.withChannel(
                    channel ->
                        channel.queueDeclare(
                            NAME,
                            true,
                            false,
                            false,
                            Map.of(
                                "x-queue-type",
                                "quorum",
                                "x-max-length-bytes",
                                maxBytes,
                                "x-overflow",
                                "reject-publish"))))
        .compose(
            declared ->
                session.withChannel(
                    channel -> {
                      channel.exchangeDeclare(NAME, BuiltinExchangeType.TOPIC, true);
                      return channel.queueBind(NAME, NAME, "#");
                    }))
        .mapEmpty();
  }

  /** The same message on its way here: its id, routing key and headers stay. */
  public static OutboundMessage message(OutboundMessage returned) {
    AMQP.BasicProperties properties = returned.properties();
    Map<String, Object> headers =
        new HashMap<>(properties.getHeaders() == null ? Map.of() : properties.getHeaders());
    headers.put(EXCHANGE_HEADER, returned.exchange());
    return new OutboundMessage(
        NAME,
        returned.routingKey(),
        properties.builder().headers(headers).build(),
        returned.body());
  }
}
