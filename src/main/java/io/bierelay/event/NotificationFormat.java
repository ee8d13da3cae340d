package io.bierelay.event;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The published contract of a notification: its body's form and its headers' names. */
public final class NotificationFormat {

  /** Header: the topic's name. */
  public static final String TOPIC = "topic";

  /** Header: the partition, an integer. */
  public static final String PARTITION = "partition";

  /** Header: the offset, a long. */
  public static final String OFFSET = "offset";

  /** Header: the Kafka record's key as text; absent when it had none. */
  public static final String KEY = "key";

  /** Header: how many bytes the key has, when it is too long to be a header itself. */
  public static final String KEY_LENGTH = "key-length";

  /** Header of a dead letter: true when the record's value was null, not just empty. */
  public static final String NULL_VALUE = "null-value";

  /** Header: the writer's schema id in the registry, an integer; absent when there is none. */
  public static final String SCHEMA_ID = "schema-id";

  /** Header: the event type's name. */
  public static final String EVENT_TYPE = "event-type";

  /** Header: when the service received the event, milliseconds since 1970-01-01T00:00Z. */
  public static final String NOTIFIED_AT = "notified-at";

  /** Header: the Kafka record's time stamp, milliseconds since 1970-01-01T00:00Z. */
  public static final String RECORDED_AT = "recorded-at";

  /** Header of a dead letter: a short constant, the kind of failure. */
  public static final String REASON = "reason";

  /** Header of a dead letter: one sentence, never the content. */
  public static final String DETAIL = "detail";

  /** Header of a dead letter: {@code decode}, {@code notify} or {@code persist}. */
  public static final String STAGE = "stage";

  /** Header of a dead letter: when it was given up, milliseconds since 1970-01-01T00:00Z. */
  public static final String FAILED_AT = "failed-at";

  /** Header of a dead letter: when it failed for the first time, in the same unit. */
  public static final String FIRST_FAILED_AT = "first-failed-at";

  /** Header of a dead letter of stage {@code persist}: the queue that it was taken from. */
  public static final String ORIGIN_QUEUE = "origin-queue";

  /** Header: how often a message that was a dead letter has been replayed; absent if never. */
  public static final String REPLAYS = "replays";

  /** The minute, as clients of the service that this replaces know it. */
  private static final DateTimeFormatter NOTIFIED_AT_TEXT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm 'UTC+00:00'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private NotificationFormat() {}

  /** For example {@code 2023-06-12T19:29 UTC+00:00}, whatever the machine's time zone is. */
  public static String notifiedAt(Instant instant) {
    return NOTIFIED_AT_TEXT.format(instant);
  }

  /**
   * The inverse of {@link #notifiedAt}.
   *
   * @throws java.time.DateTimeException if the text has another form
   */
  public static Instant parseNotifiedAt(String text) {
    return Instant.from(NOTIFIED_AT_TEXT.parse(text));
  }

  /** What a partition's notifications are routed by; the ledger and clients bind to it. */
  public static String routingKey(String eventType, String topic, int partition) {
    return eventType + '.' + topic + '.' + partition;
  }
}
