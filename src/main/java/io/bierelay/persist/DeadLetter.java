package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.NotificationFormat;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may be told of a dead letter: never its body or key. Its headers may have been written by
 * anybody, so each is shown only if it has the form that ours have.
 *
 * @param id the message id; if that is no UUID, one that is made of it
 * @param queue where it came from; empty if that was no queue
 */
record DeadLetter(
    String id,
    String reason,
    String stage,
    String detail,
    String eventType,
    EventRow.Origin origin,
    String queue,
    @Nullable Instant failedAt,
    @Nullable Instant notifiedAt,
    int size,
    int replays,
    int deliveries) {

  static final String UNKNOWN = "unknown";
  private static final String DEATHS = "x-death";
  private static final String DELIVERIES = "x-delivery-count";
  private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9-]{0,63}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");
  private static final Set<String> STAGES = Set.of("decode", "notify", "persist");

  static DeadLetter of(AMQP.BasicProperties properties, int size) {
    Map<String, Object> headers = NotificationReader.headers(properties);
    String stage = text(headers, NotificationFormat.STAGE, WORD);
    boolean ours = STAGES.contains(stage);
    Map<?, ?> death = lastDeath(headers);
    return new DeadLetter(
        id(properties),
        ours
            ? text(headers, NotificationFormat.REASON, WORD)
            : "broker-" + fitting(death.get("reason"), WORD, '_'),
        ours ? stage : "broker",
        ours ? String.valueOf(headers.getOrDefault(NotificationFormat.DETAIL, "")) : "",
        text(headers, NotificationFormat.EVENT_TYPE, WORD),
        new EventRow.Origin(
            text(headers, NotificationFormat.TOPIC, NAME),
            headers.get(NotificationFormat.PARTITION),
            headers.get(NotificationFormat.OFFSET)),
        ours ? queue(headers) : fitting(death.get("queue"), NAME, '-'),
        instant(headers.get(NotificationFormat.FAILED_AT)),
        instant(headers.get(NotificationFormat.NOTIFIED_AT)),
        size,
        number(headers.get(NotificationFormat.REPLAYS)),
        number(headers.get(DELIVERIES)));
  }

  private static String id(AMQP.BasicProperties properties) {
    UUID id = NotificationReader.idOf(properties);
    if (id != null) {
      return id.toString();
    }
    String other = String.valueOf(properties.getMessageId());
    return UUID.nameUUIDFromBytes(other.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static String queue(Map<String, Object> headers) {
    String queue = text(headers, NotificationFormat.ORIGIN_QUEUE, NAME);
    return queue.equals(UNKNOWN) ? "" : queue;
  }

  /** The broker's own note of why it gave a message up; the latest comes first. */
  private static Map<?, ?> lastDeath(Map<String, Object> headers) {
    return headers.get(DEATHS) instanceof List<?> deaths
            && !deaths.isEmpty()
            && deaths.get(0) instanceof Map<?, ?> death
        ? death
        : Map.of();
  }

  private static String text(Map<String, Object> headers, String name, Pattern form) {
    return fitting(headers.get(name), form, '-');
  }

  /**
   * @param dash replaced by a dash: the broker writes delivery_limit
   */
  private static String fitting(@Nullable Object value, Pattern form, char dash) {
    String text = value == null ? "" : value.toString().replace(dash, '-');
    return form.matcher(text).matches() ? text : UNKNOWN;
  }

  private static @Nullable Instant instant(@Nullable Object ms) {
    return ms instanceof Number number ? EventContent.instant(number.longValue()) : null;
  }

  private static int number(@Nullable Object value) {
    return value instanceof Number number ? number.intValue() : 0;
  }

  /** Properties to publish it again with, as they were before it was given up. */
  static AMQP.BasicProperties asBefore(AMQP.BasicProperties properties) {
    Map<String, Object> headers = new HashMap<>(NotificationReader.headers(properties));
    int replays = number(headers.get(NotificationFormat.REPLAYS));
    headers.keySet().removeIf(name -> name.startsWith("x-"));
    headers.remove(NotificationFormat.REASON);
    headers.remove(NotificationFormat.DETAIL);
    headers.remove(NotificationFormat.STAGE);
    headers.remove(NotificationFormat.FAILED_AT);
    headers.remove(NotificationFormat.ORIGIN_QUEUE);
    headers.put(NotificationFormat.REPLAYS, replays + 1);
    return properties.builder().headers(headers).build();
  }

  /** Properties for a fresh copy of it in the same queue, whose deliveries count from none. */
  AMQP.BasicProperties renewed(AMQP.BasicProperties properties) {
    Map<String, Object> headers = new HashMap<>(NotificationReader.headers(properties));
    headers.keySet().removeIf(name -> name.startsWith("x-"));
    headers.put(NotificationFormat.REASON, reason);
    headers.put(NotificationFormat.STAGE, stage.equals("broker") ? "persist" : stage);
    headers.putIfAbsent(NotificationFormat.DETAIL, "RabbitMQ itself gave it up");
    if (!queue.isEmpty()) {
      headers.put(NotificationFormat.ORIGIN_QUEUE, queue);
    }
    return properties.builder().headers(headers).build();
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("id", id)
        .put("reason", reason)
        .put("detail", detail)
        .put("stage", stage)
        .put("eventType", eventType)
        .put("topic", origin.topic())
        .put("partition", origin.partition() instanceof Number partition ? partition : null)
        .put("offset", origin.offset() instanceof Number offset ? offset : null)
        .put("queue", queue)
        .put("failedAt", failedAt == null ? null : failedAt.toString())
        .put("notifiedAt", notifiedAt == null ? null : notifiedAt.toString())
        .put("size", size)
        .put("replays", replays);
  }
}
