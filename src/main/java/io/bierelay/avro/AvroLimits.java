package io.bierelay.avro;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.util.List;

/**
 * How far a value may go before it is poison.
 *
 * @param maxJsonSize bytes of JSON that one value may become
 * @param maxDepth how deep records, arrays and maps may be nested in a value
 */
public record AvroLimits(int maxJsonSize, int maxDepth) {

  /** The bound on the JSON. */
  public static final Setting<Long> MAX_JSON_SIZE =
      Setting.size("avro.json.max.size", 16L << 20, 1L << 10, 1L << 30)
          .saying("An event whose JSON would be larger is quarantined as too-large.");

  /** The bound on nesting. */
  public static final Setting<Integer> MAX_DEPTH =
      Setting.integer("avro.max.depth", 64, 1, 512)
          .saying(
              "An event whose records, arrays and maps are nested deeper is quarantined as"
                  + " too-deep.");

  /** The settings of this package's decoder. */
  public static final List<Setting<?>> SETTINGS = List.of(MAX_JSON_SIZE, MAX_DEPTH);

  /** What holds when nothing is configured. */
  public static final AvroLimits DEFAULT = new AvroLimits(16 << 20, 64);

  /** As configured. */
  public static AvroLimits of(Settings settings) {
    return new AvroLimits(settings.get(MAX_JSON_SIZE).intValue(), settings.get(MAX_DEPTH));
  }
}
