package io.bierelay.persist;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A notification as it is stored: one row, with its diagnostic codes.
 *
 * @param origin where the event stands in Kafka, for the log; nothing personal
 * @param details the event as JSON in UTF-8, personal data removed
 * @param codes each once
 * @param misses the fields whose value was missing, null or of another type
 */
record EventRow(
    UUID id,
    String eventType,
    Origin origin,
    @Nullable Instant notifiedAt,
    Buffer details,
    @Nullable Instant eventAt,
    @Nullable Long benefitClaimId,
    @Nullable Long contentionId,
    @Nullable String classification,
    List<String> codes,
    List<String> misses) {

  /**
   * Where the event stands in Kafka.
   *
   * @param partition as the header says it: a number, or it is not shown
   * @param offset likewise
   */
  record Origin(String topic, @Nullable Object partition, @Nullable Object offset) {

    /** Made only when it is shown: of most rows it is not. */
    @Override
    public String toString() {
      return topic
          + "-"
          + (partition instanceof Number ? partition : "?")
          + "@"
          + (offset instanceof Number ? offset : "?");
    }
  }

  /** As a column without a time zone holds it: GMT, whatever this machine's time zone is. */
  static @Nullable LocalDateTime gmt(@Nullable Instant instant) {
    // Not ofInstant, which makes a table of rules for the offset each time.
    return instant == null
        ? null
        : LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC);
  }

  /**
   * The columns that hold the character U+0000, which PostgreSQL can't store; it names the error
   * but not the column. Empty if there is none.
   */
  String columnsWithNul() {
    StringJoiner columns = new StringJoiner(", ");
    if (details.toString().contains("\\u0000")) {
      columns.add("event_details");
    }
    if (classification != null && classification.indexOf('\0') >= 0) {
      columns.add("classification");
    }
    if (codes.stream().anyMatch(code -> code.indexOf('\0') >= 0)) {
      columns.add("diagnostic_code");
    }
    return columns.toString();
  }

  /** Says what it is without what it carries, which may be personal data. */
  @Override
  public String toString() {
    return "EventRow[" + id + " " + origin + "]";
  }
}
