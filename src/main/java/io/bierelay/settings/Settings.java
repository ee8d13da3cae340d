package io.bierelay.settings;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Effective settings as a verticle reads them: each key at most once, already validated.
 *
 * <p>A verticle gets only the settings that it declares, in its deployment's configuration.
 * Immutable.
 */
public final class Settings {

  /** In a deployment's configuration: the secret file of each key that has one. */
  static final String FILES = "@files";

  private final JsonObject values;
  private final JsonObject files;

  private Settings(JsonObject values) {
    this.values = values;
    this.files = values.getJsonObject(FILES, new JsonObject());
  }

  /**
   * Reads a deployment's configuration.
   *
   * @param values rendered values by full dotted key, as in a deployment's configuration
   */
  public static Settings of(JsonObject values) {
    return new Settings(values.copy());
  }

  /**
   * As {@link #find}, but read again from the file that it came from, if it came from a directory
   * of secret files: a password may have been changed there. Blocking, for the time of reading a
   * small file; what can't be read or is no value leaves the one of the start.
   */
  public <T> Optional<T> findCurrent(Setting<T> setting) {
    String file = files.getString(setting.key());
    if (file != null) {
      try {
        return Optional.of(setting.parse(SecretFile.value(Path.of(file))));
      } catch (IOException | IllegalArgumentException e) {
        return find(setting); // It is being replaced.
      }
    }
    return find(setting);
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
