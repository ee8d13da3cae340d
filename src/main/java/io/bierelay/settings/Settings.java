package io.bierelay.settings;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * Effective settings as a verticle reads them: each key at most once, already validated.
 *
 * <p>A verticle gets only the settings that it declares, in its deployment's configuration.
 * Immutable.
 */
public final class Settings {

  private final JsonObject values;

  private Settings(JsonObject values) {
    this.values = values;
  }

  /**
   * Reads a deployment's configuration.
   *
   * @param values rendered values by full dotted key, as in a deployment's configuration
   */
  public static Settings of(JsonObject values) {
    return new Settings(values.copy());
  }

  /** The value, or else the default, if either exists. */
  public <T> Optional<T> find(Setting<T> setting) {
    Object raw = values.getValue(setting.key());
    return raw == null ? setting.defaultValue() : Optional.of(parse(setting, raw));
  }

  /**
   * The value, or else the default.
   *
   * @throws ConfigurationException if there is neither, or the value is not valid
   */
  public <T> T get(Setting<T> setting) {
    return find(setting)
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "'%s' has no value; set it in a file given with --conf, or as %s"
                        .formatted(setting.key(), setting.environmentVariable())));
  }

  private static <T> T parse(Setting<T> setting, Object raw) {
    try {
      return setting.parse(raw);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("'" + setting.key() + "': " + e.getMessage());
    }
  }
}
