package io.bierelay.persist;

import io.bierelay.persist.PrivacyPolicy.Rule;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done with each field of an event: which columns it fills, and what may be kept of
 * it. Worked out once from the settings, so that an event's field costs one look-up. Immutable.
 */
final class EventPlan {

  /** What is taken from an event beside its details. */
  enum Column {
    EVENT_AT,
    BENEFIT_CLAIM_ID,
    CONTENTION_ID,
    CLASSIFICATION,
    DIAGNOSTIC_CODES;

    private Setting<List<String>> paths() {
      return switch (this) {
        case EVENT_AT -> ExtractionSettings.EVENT_AT;
        case BENEFIT_CLAIM_ID -> ExtractionSettings.CLAIM;
        case CONTENTION_ID -> ExtractionSettings.CONTENTION;
        case CLASSIFICATION -> ExtractionSettings.CLASSIFICATION;
        case DIAGNOSTIC_CODES -> ExtractionSettings.CODES;
      };
    }
  }

  /**
   * A column's places, which stand one after the other.
   *
   * @param label what it is called in the count of misses: its first path
   */
  private record Slots(int first, int end, String label) {}

  /**
   * One of the places where a column's value may stand.
   *
   * @param slot among all places of all columns; of a column's places, the lowest that has a value
   *     counts
   * @param rest names below the event's own field; empty if the field itself is meant
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never a key.
  record Place(Column column, int slot, String[] rest) {}

  /** One of the event's own fields that is mentioned anywhere. */
  static final class Field {

    /** As JSON in UTF-8. */
    final byte[] quotedName;

    final @Nullable Rule rule;
    final List<Place> places = new ArrayList<>();

    private Field(String name, @Nullable Rule rule) {
      this.quotedName = JsonCopy.quoted(name).getBytes(StandardCharsets.UTF_8);
      this.rule = rule;
    }

    /** Whether something of an object or array in its place may be needed. */
    boolean needsTree() {
      return !places.isEmpty() || (rule != null && !rule.isDropped());
    }
  }

  private final PrivacyPolicy policy;
  private final DiagnosticCodes codes;
  private final Consumer<String> unknown;
  private final Map<String, Field> fields = new HashMap<>();
  private final Map<Column, Slots> columns = new EnumMap<>(Column.class);
  private final int slots;

  /**
   * @param settings with {@link ExtractionSettings}
   * @param unknown told the name of each field of an event that no list of the policy knows
   */
  EventPlan(Settings settings, PrivacyPolicy policy, Consumer<String> unknown) {
    this.policy = policy;
    this.codes = new DiagnosticCodes(policy.mask());
    this.unknown = unknown;
    policy.names().forEach(this::fieldFor);
    int slot = 0;
    for (Column column : Column.values()) {
      List<String> paths = settings.get(column.paths());
      columns.put(column, new Slots(slot, slot + paths.size(), paths.get(0)));
      for (String path : paths) {
        String[] names = path.split("\\.", -1);
        String[] rest = Arrays.copyOfRange(names, 1, names.length);
        fieldFor(names[0]).places.add(new Place(column, slot++, rest));
      }
    }
    slots = slot;
  }

  private Field fieldFor(String name) {
    return fields.computeIfAbsent(name, any -> new Field(name, policy.of(name)));
  }

  /** What is to be done with a field; null if nothing mentions it. */
  @Nullable Field of(String name) {
    return fields.get(name);
  }

  PrivacyPolicy policy() {
    return policy;
  }

  DiagnosticCodes codes() {
    return codes;
  }

  /** A field of an event was met that no list of the policy knows. */
  void unknown(String name) {
    unknown.accept(name);
  }

  /** How many places there are over all columns. */
  int slots() {
    return slots;
  }

  /** The value of a column among what was found at all places; null if none was. */
  @Nullable Object valueOf(Column column, @Nullable Object[] found) {
    Slots own = slotsOf(column);
    for (int slot = own.first(); slot < own.end(); slot++) {
      if (found[slot] != null) {
        return found[slot];
      }
    }
    return null;
  }

  /** What a column is called in the count of misses. */
  String label(Column column) {
    return slotsOf(column).label();
  }

  private Slots slotsOf(Column column) {
    return Objects.requireNonNull(columns.get(column));
  }
}
