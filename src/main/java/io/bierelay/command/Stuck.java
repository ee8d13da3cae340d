package io.bierelay.command;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Tells what does not go on and should. */
final class Stuck {

  private static final Set<String> SHOULD_GO_ON = Set.of("held", "unassigned", "waiting");

  private final Duration patience;
  private final Instant now;

  /**
   * @param patience how long a partition may be held: that it is for a moment is normal
   */
  Stuck(Duration patience, Instant now) {
    this.patience = patience;
    this.now = now;
  }

  /** One line for each check that is down and each row that does not go on. */
  List<String> of(JsonArray checks, JsonArray rows) {
    List<String> stuck = new ArrayList<>();
    for (Object one : checks) {
      JsonObject check = (JsonObject) one;
      if (!"UP".equals(check.getString("status"))) {
        stuck.add(
            "%s is %s: %s"
                .formatted(
                    check.getString("name"), check.getString("state"), check.getString("reason")));
      }
    }
    for (Object one : rows) {
      JsonObject row = (JsonObject) one;
      if (is(row)) {
        stuck.add(
            "%s is %s: %s"
                .formatted(
                    StatusTable.name(row), row.getString("state"), row.getString("reason", "")));
      }
    }
    return stuck;
  }

  /** Whether a row does not go on, and for too long. */
  boolean is(JsonObject row) {
    if (!SHOULD_GO_ON.contains(row.getString("state", "").toLowerCase(java.util.Locale.ROOT))) {
      return false;
    }
    try {
      String since = row.getString("since");
      return since == null || Instant.parse(since).plus(patience).isBefore(now);
    } catch (DateTimeParseException e) {
      return true;
    }
  }
}
