package io.bierelay.admin;

import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What readiness says of one verticle instance.
 *
 * @param name the verticle's
 * @param instance its deployment's id; null when it never reported
 * @param condition what is seen of it from here
 * @param reason why it is not ready, in words for the person on call; empty when it is. Written by
 *     others: may hold anything
 * @param since when it entered this condition
 */
record Check(
    String name, @Nullable String instance, Condition condition, String reason, Instant since) {

  /** What is seen of an instance, the most urgent first: that is the order of the list. */
  enum Condition {
    FAILED,
    SILENT,
    MISSING,
    /** An event has waited for too long. */
    OVERDUE,
    WAITING,
    STARTING,
    STOPPING,
    /** Stopped on purpose, by a person. */
    DRAINED,
    READY;

    static Condition of(State state) {
      return switch (state) {
        case STARTING -> STARTING;
        case READY -> READY;
        case WAITING -> WAITING;
        case STOPPING -> STOPPING;
        case FAILED -> FAILED;
      };
    }
  }

  boolean isUp() {
    return condition == Condition.READY || condition == Condition.DRAINED;
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("name", name)
        .put("instance", instance)
        .put("status", isUp() ? "UP" : "DOWN")
        .put("state", condition.name())
        .put("reason", reason)
        .put("since", since.toString());
  }
}
