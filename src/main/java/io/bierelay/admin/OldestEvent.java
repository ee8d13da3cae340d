package io.bierelay.admin;

import io.bierelay.admin.Check.Condition;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * Whether an event has waited for too long without anything going on.
 *
 * <p>An old event alone is no reason: who comes back after a day has old ones, and works. Nor is a
 * partition that a person has paused.
 */
final class OldestEvent {

  /** The check's name. */
  static final String NAME = "oldest-event";

  private static final Set<String> ON_PURPOSE = Set.of("paused", "draining");

  private final Duration limit;

  OldestEvent(Duration limit) {
    this.limit = limit;
  }

  /** The check, over rows of this process. */
  Check check(JsonArray rows) {
    double worst = -1;
    JsonObject stuck = new JsonObject();
    for (Object one : rows) {
      JsonObject row = (JsonObject) one;
      double age = seconds(row);
      if (age > worst && age > limit.toSeconds() && !moves(row)) {
        worst = age;
        stuck = row;
      }
    }
    if (worst < 0) {
      return new Check(NAME, null, Condition.READY, "", Instant.now());
    }
    String reason = stuck.getString("reason", "");
    return new Check(
        NAME,
        null,
        Condition.OVERDUE,
        "%s: its oldest unfinished event is %d s old and nothing moves%s; the limit is %s"
            .formatted(
                name(stuck),
                (long) worst,
                reason.isEmpty() ? "" : " (" + reason + ")",
                AdminSettings.OLDEST_EVENT_LIMIT.key()),
        Instant.now().minusMillis((long) (worst * 1000)));
  }

  /** The age of the oldest, in seconds; 0 if there is none. */
  static double age(JsonArray rows) {
    return Math.max(0, rows.stream().mapToDouble(row -> seconds((JsonObject) row)).max().orElse(0));
  }

  /** -1 if there is none, or it waits on purpose. */
  private static double seconds(JsonObject row) {
    Object age =
        row.getValue("partition".equals(row.getString("kind")) ? "lagSeconds" : "oldestSeconds");
    boolean counts = !ON_PURPOSE.contains(row.getString("state", ""));
    return counts && age instanceof Number number ? number.doubleValue() : -1;
  }

  private static boolean moves(JsonObject row) {
    return row.getValue("rate1") instanceof Number rate && rate.doubleValue() > 0;
  }

  private static String name(JsonObject row) {
    return "partition".equals(row.getString("kind"))
        ? "partition %s-%s".formatted(row.getString("topic"), row.getValue("partition"))
        : "%s %s".formatted(row.getString("kind"), row.getString("queue", ""));
  }
}
