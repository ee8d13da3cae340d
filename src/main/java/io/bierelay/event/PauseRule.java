package io.bierelay.event;

import io.vertx.core.json.JsonObject;

/**
 * What a person said of some partitions: that they stand still, or go on. Of all that speak of a
 * partition the newest decides.
 *
 * @param topic {@link SubscriptionBus#ALL_TOPICS} for all
 * @param partition {@link SubscriptionBus#ALL_PARTITIONS} for all
 * @param paused whether they stand still
 * @param who said it
 * @param why in a few words; may be empty
 * @param at when, in milliseconds since 1970; later than that of every rule that was known then,
 *     whatever the clock says
 */
public record PauseRule(
    String topic, int partition, boolean paused, String who, String why, long at) {

  /** Of several rules with the same key only the newest counts. */
  public String key() {
    return key(topic, partition);
  }

  /** The key of the rules that say something of exactly this. */
  public static String key(String topic, int partition) {
    return topic + "/" + partition;
  }

  /** For people: who, and why if that was said. */
  public String by() {
    return why.isEmpty() ? who : who + ": " + why;
  }

  /** For the event bus and for Redis. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("topic", topic)
        .put("partition", partition)
        .put("paused", paused)
        .put("who", who)
        .put("why", why)
        .put("at", at);
  }

  /** The inverse of {@link #toJson}. */
  public static PauseRule fromJson(JsonObject json) {
    return new PauseRule(
        json.getString("topic"),
        json.getInteger("partition"),
        json.getBoolean("paused"),
        json.getString("who", ""),
        json.getString("why", ""),
        json.getLong("at"));
  }
}
