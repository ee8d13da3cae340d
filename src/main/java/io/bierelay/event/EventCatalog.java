package io.bierelay.event;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which event types there are, and which type a topic carries. Immutable.
 *
 * <p>Adding a topic is a line of configuration: its type's name, and what the topic's name ends
 * with.
 */
public final class EventCatalog {

  /** The five contention types of the specification, or as configured. */
  public static final Setting<Map<String, String>> TYPES =
      Setting.map("event.types", defaultTypes())
          .within(
              "lower-case names with dashes, each with the end of its topics' names",
              types ->
                  !types.isEmpty()
                      && types.entrySet().stream()
                          .allMatch(
                              type ->
                                  type.getKey().matches("[a-z][a-z0-9-]{0,62}")
                                      && type.getValue().matches("[A-Za-z0-9._-]{1,200}")))
          .saying(
              "Event types, each with what the names of its topics end with; a type's exchange is"
                  + " event.exchange.prefix and its name.");

  /** Before the type's name in the exchange's. */
  public static final Setting<String> EXCHANGE_PREFIX =
      Setting.text("event.exchange.prefix", "bie-events-")
          .within("1 to 100 of a-z, 0-9, dot, dash", value -> value.matches("[a-z0-9.-]{1,100}"))
          .saying("What the names of all exchanges begin with; known to every client.");

  /** The settings that make a catalogue. */
  public static final List<Setting<?>> SETTINGS = List.of(TYPES, EXCHANGE_PREFIX);

  private final List<EventType> types;

  private EventCatalog(List<EventType> types) {
    this.types = List.copyOf(types);
  }

  private static Map<String, String> defaultTypes() {
    Map<String, String> types = new LinkedHashMap<>();
    types.put("contention-associated", "CONTENTION_ASSOCIATED_TO_CLAIM_V02");
    types.put("contention-updated", "CONTENTION_UPDATED_V02");
    types.put("contention-classified", "CONTENTION_CLASSIFIED_V02");
    types.put("contention-completed", "CONTENTION_COMPLETED_V02");
    types.put("contention-deleted", "CONTENTION_DELETED_V02");
    return types;
  }

  /** The catalogue that is configured. */
  public static EventCatalog of(Settings settings) {
    String prefix = settings.get(EXCHANGE_PREFIX);
    List<EventType> types = new ArrayList<>();
    settings
        .get(TYPES)
        .forEach((name, suffix) -> types.add(new EventType(name, suffix, prefix + name)));
    return new EventCatalog(types);
  }

  /** All types in the configured order. */
  public List<EventType> types() {
    return types;
  }

  /**
   * The type that a topic carries: the one with the longest ending that fits, so that a new type
   * whose ending contains another's is no trap.
   */
  public Optional<EventType> typeOf(String topic) {
    return types.stream()
        .filter(type -> topic.endsWith(type.topicSuffix()))
        .max(Comparator.comparingInt(type -> type.topicSuffix().length()));
  }
}
