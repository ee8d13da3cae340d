package io.bierelay.event;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.BitSet;

/**
 * What became of a batch whose every item is done with: the items that are named took another way,
 * all others were confirmed by their exchange or, if they were quarantines, by the dead-letter
 * exchange.
 *
 * <p>The sets hold indexes into {@link NotificationBatch#items}; an index is in one of them at
 * most. Not to be changed once made.
 *
 * @param parked no queue was bound: confirmed by the queue of parked events instead
 * @param dropped no queue was bound, and the policy is to drop
 * @param oversized larger than the broker takes: confirmed by the dead-letter exchange
 */
public record BatchReply(BitSet parked, BitSet dropped, BitSet oversized) {

  /** The reason that what is larger than the broker takes is quarantined with. */
  public static final String OVERSIZED_REASON = "too-large-for-rabbitmq";

  private static final JsonObject NOTHING_SPECIAL = new JsonObject();
  private static final BitSet NONE = new BitSet();
  private static final BatchReply ALL_CONFIRMED = new BatchReply(NONE, NONE, NONE);

  /** Every item went where it was to go. */
  public static BatchReply allConfirmed() {
    return ALL_CONFIRMED;
  }

  /** Whether every item went where it was to go. */
  public boolean isAllConfirmed() {
    return parked.isEmpty() && dropped.isEmpty() && oversized.isEmpty();
  }

  /** For the event bus. */
  public JsonObject toJson() {
    if (isAllConfirmed()) {
      return NOTHING_SPECIAL;
    }
    return new JsonObject()
        .put("parked", array(parked))
        .put("dropped", array(dropped))
        .put("oversized", array(oversized));
  }

  /** The inverse of {@link #toJson}. */
  public static BatchReply fromJson(JsonObject json) {
    if (json.isEmpty()) {
      return ALL_CONFIRMED;
    }
    return new BatchReply(
        set(json.getJsonArray("parked")),
        set(json.getJsonArray("dropped")),
        set(json.getJsonArray("oversized")));
  }

  private static JsonArray array(BitSet set) {
    JsonArray array = new JsonArray();
    set.stream().forEach(array::add);
    return array;
  }

  private static BitSet set(JsonArray array) {
    BitSet set = new BitSet();
    for (int i = 0; i < array.size(); i++) {
      set.set(array.getInteger(i));
    }
    return set;
  }
}
