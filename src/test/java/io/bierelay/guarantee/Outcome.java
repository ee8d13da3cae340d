package io.bierelay.guarantee;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;

/**
 * How a scenario ended.
 *
 * @param recoveries in the order in which servers came back
 * @param peakMebibytes the most memory that one instance had
 * @param problems why it failed; empty when it did not
 */
record Outcome(
    String scenario,
    long events,
    long lost,
    long outOfOrder,
    long duplicates,
    List<Duration> recoveries,
    double calmRate,
    double rateBetween,
    long peakMebibytes,
    Duration took,
    List<String> problems) {

  Outcome {
    recoveries = List.copyOf(recoveries);
    problems = List.copyOf(problems);
  }

  boolean passed() {
    return problems.isEmpty();
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("scenario", scenario)
        .put("events", events)
        .put("lost", lost)
        .put("outOfOrder", outOfOrder)
        .put("duplicates", duplicates)
        .put("recoverySeconds", seconds(recoveries))
        .put("eventsPerSecondCalm", Math.round(calmRate))
        .put("eventsPerSecondBetweenFaults", Math.round(rateBetween))
        .put("peakMebibytes", peakMebibytes)
        .put("seconds", took.toMillis() / 1e3)
        .put("passed", passed())
        .put("problems", new JsonArray(problems));
  }

  private static JsonArray seconds(List<Duration> durations) {
    JsonArray array = new JsonArray();
    durations.forEach(one -> array.add(one.toMillis() / 1e3));
    return array;
  }
}
