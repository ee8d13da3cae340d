package io.bierelay.persist;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which dead letters are meant; see {@link io.bierelay.event.DeadLetterBus}. Immutable. */
final class DeadLetterFilter {

  private static final List<String> KEYS = List.of("ids", "reason", "stage", "eventType", "queue");

  private final Set<String> ids = new HashSet<>();
  private final JsonObject wanted;

  private DeadLetterFilter(JsonObject wanted) {
    this.wanted = wanted;
  }

  /**
   * @throws IllegalArgumentException with a message for whoever asks
   */
  static DeadLetterFilter of(JsonObject json) {
    DeadLetterFilter filter = new DeadLetterFilter(json.copy());
    for (String key : json.fieldNames()) {
      Object value = json.getValue(key);
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException("a filter has no '" + key + "'; it knows " + KEYS);
      }
      if (key.equals("ids") && value instanceof JsonArray list) {
        list.forEach(id -> filter.ids.add(String.valueOf(id)));
      } else if (key.equals("ids") || !(value instanceof String)) {
        throw new IllegalArgumentException(
            "'%s' must be %s".formatted(key, key.equals("ids") ? "a list of ids" : "a text"));
      }
    }
    return filter;
  }

  boolean fits(DeadLetter letter) {
    return (!wanted.containsKey("ids") || ids.contains(letter.id()))
        && fits("reason", letter.reason())
        && fits("stage", letter.stage())
        && fits("eventType", letter.eventType())
        && fits("queue", letter.queue());
  }

  private boolean fits(String key, String value) {
    String given = wanted.getString(key);
    return given == null || given.equals(value);
  }

  /** How many letters can fit at most, since an id is one letter's; very many if not by ids. */
  int most() {
    return wanted.containsKey("ids") ? ids.size() : Integer.MAX_VALUE;
  }
}
