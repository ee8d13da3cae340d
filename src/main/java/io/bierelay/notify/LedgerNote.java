package io.bierelay.notify;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.EventId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a ledger says of its partition; all that a message without a body can carry in its headers.
 *
 * @param topicId the incarnation of the topic that the offsets belong to
 * @param routed everything up to this offset reached the exchange; -1 if nothing
 * @param confirmed everything up to this offset is confirmed by every queue; -1 if nothing
 * @param base what the group had committed when the writer began; -1 if nothing
 * @param committed whether Kafka knows that everything up to {@code confirmed} is done
 * @param life the broker's witness when it was written; empty without one
 */
record LedgerNote(
    String topicId, long routed, long confirmed, long base, boolean committed, String life) {

  private static final String TYPE = "bie-ledger";
  private static final String TOPIC_ID = "topic-id";
  private static final String ROUTED = "routed";
  private static final String CONFIRMED = "confirmed";
  private static final String BASE = "base";
  private static final String COMMITTED = "committed";
  private static final String LIFE = "life";

  /** As a message, which tells by its id that it is of this partition and not made up. */
  AMQP.BasicProperties write(String topic, int partition) {
    Map<String, Object> headers = new HashMap<>();
    headers.put(TOPIC_ID, topicId);
    headers.put(ROUTED, routed);
    headers.put(CONFIRMED, confirmed);
    headers.put(BASE, base);
    headers.put(COMMITTED, committed);
    headers.put(LIFE, life);
    return new AMQP.BasicProperties.Builder()
        .type(TYPE)
        .appId(MessageWriter.APP)
        .deliveryMode(2)
        .messageId(id(topicId, topic, partition, routed, confirmed))
        .headers(headers)
        .build();
  }

  /** The inverse of {@link #write}; empty if the message is no note of this partition. */
  static Optional<LedgerNote> read(AMQP.BasicProperties message, String topic, int partition) {
    Map<String, Object> headers = message.getHeaders();
    if (headers == null
        || !TYPE.equals(message.getType())
        || !(headers.get(ROUTED) instanceof Long routed)
        || !(headers.get(CONFIRMED) instanceof Long confirmed)
        || !(headers.get(BASE) instanceof Long base)
        || !(headers.get(COMMITTED) instanceof Boolean committed)
        || confirmed > routed) {
      return Optional.empty();
    }
    String topicId = text(headers.get(TOPIC_ID));
    boolean own = id(topicId, topic, partition, routed, confirmed).equals(message.getMessageId());
    return own
        ? Optional.of(
            new LedgerNote(topicId, routed, confirmed, base, committed, text(headers.get(LIFE))))
        : Optional.empty();
  }

  private static String id(
      String topicId, String topic, int partition, long routed, long confirmed) {
    return EventId.of(topicId + '/' + confirmed, topic, partition, routed).toString();
  }

  private static String text(@Nullable Object header) {
    return header == null ? "" : header.toString();
  }
}
