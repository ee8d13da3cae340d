package io.bierelay.ingest;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.util.ArrayList;
import java.util.List;

/** What the values of records are, and what reads them. */
final class ValueSettings {

  /** What becomes of a record without a value. */
  enum Tombstones {
    /** A dead letter, as anything else that is no event. */
    QUARANTINE,
    /** A notification with {@code "event": null}. */
    RELAY,
    /** Nothing: only the offset completes. */
    SKIP
  }

  /** What values are written in. */
  enum ValueFormat {
    AVRO,
    JSON
  }

  static final Setting<Tombstones> TOMBSTONES =
      Setting.choice("kafka.tombstones", Tombstones.QUARANTINE)
          .saying(
              "What becomes of a record without a value: quarantine makes it a dead letter, relay"
                  + " publishes \"event\": null, skip drops it.");

  static final Setting<ValueFormat> FORMAT =
      Setting.choice("kafka.value.format", ValueFormat.AVRO)
          .saying(
              "What values are: avro in the registry's wire format, or json, plain text that is"
                  + " passed on as it is; avro.json.max.size and avro.max.depth bound both.");

  static final Setting<String> DESERIALIZER =
      Setting.text("kafka.value.deserializer", "")
          .saying(
              "Class name of a Kafka Deserializer on the class path that reads values in place of"
                  + " kafka.value.format; empty for none.");

  static final List<Setting<?>> SETTINGS = List.of(TOMBSTONES, FORMAT, DESERIALIZER);

  private ValueSettings() {}

  /** What one setting alone can't tell; one line each, with the remedy. */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    String deserializer = settings.get(DESERIALIZER);
    if (!deserializer.isEmpty()) {
      PluggedValueReader.problem(deserializer).ifPresent(problems::add);
      if (settings.get(FORMAT) != ValueFormat.AVRO) {
        problems.add(
            "'kafka.value.format' and 'kafka.value.deserializer' both say what reads values; set"
                + " one of them");
      }
    }
    return problems;
  }
}
