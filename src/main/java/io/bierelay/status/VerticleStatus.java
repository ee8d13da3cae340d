package io.bierelay.status;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * What one instance of a verticle says of itself.
 *
 * @param verticle its name, as in {@code verticles.json}
 * @param instance tells the instances of one verticle apart; a deployment's id and a number
 * @param state whether its work can go on
 * @param reason why it is not ready, in words for the person on call; empty when it is
 * @param since when it entered this state
 * @param subscriptions one object per partition, topic or queue that it consumes; see the admin API
 *     for the fields
 */
public record VerticleStatus(
    String verticle,
    String instance,
    State state,
    String reason,
    Instant since,
    JsonArray subscriptions) {

  /** Where every status is published on the event bus, as {@link #toJson}. */
  public static final String ADDRESS = "bie.status";

  /** Whether a verticle's work can go on. */
  public enum State {
    /** Deployed, but its first connection is not made yet. */
    STARTING,
    /** Working, or able to as soon as there is work. */
    READY,
    /** Waits for something that is away; goes on by itself when it is back. */
    WAITING,
    /** Gives back what it holds, on the way to its end. */
    STOPPING,
    /** Can't go on without a person; the process is about to end. */
    FAILED
  }

  /** For the event bus. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("verticle", verticle)
        .put("instance", instance)
        .put("state", state.name())
        .put("reason", reason)
        .put("since", since.toString())
        .put("subscriptions", subscriptions);
  }

  /** The inverse of {@link #toJson}. */
  public static VerticleStatus fromJson(JsonObject json) {
    return new VerticleStatus(
        json.getString("verticle"),
        json.getString("instance"),
        State.valueOf(json.getString("state")),
        json.getString("reason"),
        Instant.parse(json.getString("since")),
        json.getJsonArray("subscriptions", new JsonArray()));
  }
}
