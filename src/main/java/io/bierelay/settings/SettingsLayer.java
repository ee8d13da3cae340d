package io.bierelay.settings;

import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * What one source says: a file, a directory of secrets, the environment.
 *
 * @param source named in errors and beside each effective value
 * @param values nested or with dotted keys, both are understood
 * @param files by key the file that a value is the whole content of, where it may change
 */
public record SettingsLayer(String source, JsonObject values, Map<String, String> files) {

  /** A source that is read once. */
  public SettingsLayer(String source, JsonObject values) {
    this(source, values, Map.of());
  }
}
