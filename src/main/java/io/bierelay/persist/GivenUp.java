package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.NotificationFormat;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.OutboundMessage;
import io.bierelay.rabbit.RabbitDelivery;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * A message that can't be stored, on its way to the dead letters.
 *
 * @param eventType of its queue
 * @param reason a short constant, fit for a metric's tag
 * @param detail one sentence for a person; never the content
 */
record GivenUp(RabbitDelivery delivery, String eventType, String reason, String detail) {

  /** Reason: PostgreSQL can't store the row. */
  static final String REFUSED_BY_DATABASE = "refused-by-database";

  private static final String STAGE = "persist";

  /** As it is published: the body untouched, its own headers kept so that it can be replayed. */
  OutboundMessage message(Instant now) {
    AMQP.BasicProperties properties = delivery.properties();
    Map<String, Object> headers = new HashMap<>(NotificationReader.headers(properties));
    // The broker's own, such as x-delivery-count: they tell of the queue that it leaves.
    headers.keySet().removeIf(name -> name.startsWith("x-"));
    headers.put(NotificationFormat.REASON, reason);
    headers.put(NotificationFormat.DETAIL, detail);
    headers.put(NotificationFormat.STAGE, STAGE);
    headers.put(NotificationFormat.FAILED_AT, now.toEpochMilli());
    headers.put(NotificationFormat.ORIGIN_QUEUE, delivery.queue());
    String contentType = properties.getContentType();
    return DeadLetters.message(
        messageId(),
        eventType,
        contentType == null ? "application/octet-stream" : contentType,
        headers,
        delivery.body());
  }

  /**
   * Its own id; without one, an id of its bytes, so that the same message that is given up twice,
   * around a lost connection, can be told to be the same.
   */
  String messageId() {
    String own = delivery.properties().getMessageId();
    return own != null && !own.isEmpty() ? own : UUID.nameUUIDFromBytes(delivery.body()).toString();
  }

  /** Says what it is without what it carries. */
  @Override
  public String toString() {
    return "GivenUp[" + delivery.queue() + " " + reason + "]";
  }
}
