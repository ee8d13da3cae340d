package io.bierelay.settings;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The value of every setting and where each came from, for one start of one process.
 *
 * <p>Immutable.
 */
public final class EffectiveSettings {

  /** Stands for a secret wherever settings are shown. */
  public static final String MASK = "******";

  private static final String DEFAULT = "default";

  private final SettingsCatalog catalog;
  private final Map<String, Value> given;

  EffectiveSettings(SettingsCatalog catalog, Map<String, Value> given) {
    this.catalog = catalog;
    this.given = Map.copyOf(given);
  }

  /**
   * A rendered value and the source that said so.
   *
   * @param rendered as {@link Setting#render} writes it
   * @param file whose whole content it is, and which may change
   */
  record Value(Object rendered, String source, @Nullable String file) {}

  /**
   * One line of the effective settings, fit to be shown.
   *
   * @param value masked when the setting is secret; empty when there is none
   */
  public record Line(String key, String value, String source) {}

  /** The given settings' values as a deployment's configuration. */
  public JsonObject configuration(Collection<Setting<?>> settings) {
    JsonObject configuration = new JsonObject();
    JsonObject files = new JsonObject();
    for (Setting<?> setting : settings) {
      Value value = given.get(setting.key());
      if (value != null) {
        configuration.put(setting.key(), value.rendered());
        if (value.file() != null) {
          files.put(setting.key(), value.file());
        }
      } else {
        setting.renderedDefault().ifPresent(rendered -> configuration.put(setting.key(), rendered));
      }
    }
    if (!files.isEmpty()) {
      configuration.put(Settings.FILES, files);
    }
    return configuration;
  }

  /** The given settings, typed. */
  public Settings settings(Collection<Setting<?>> settings) {
    return Settings.of(configuration(settings));
  }

  /**
   * Where secrets are from: each source that gives one, with the key of the first.
   *
   * @return names of files among others, such as {@code environment}
   */
  public Map<String, String> secretSources(Collection<Setting<?>> settings) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Setting<?> setting : settings) {
      Value value = given.get(setting.key());
      if (setting.isSecret() && value != null) {
        sources.putIfAbsent(value.file() == null ? value.source() : value.file(), setting.key());
      }
    }
    return sources;
  }

  /** The secrets that are given, for finding them where they must not be; never to be shown. */
  public Map<Setting<?>, String> secrets() {
    Map<Setting<?>, String> secrets = new LinkedHashMap<>();
    for (Setting<?> setting : catalog.all()) {
      Value value = given.get(setting.key());
      if (setting.isSecret() && value != null) {
        secrets.put(setting, value.rendered().toString());
      }
    }
    return secrets;
  }

  /** Who gave the setting its value: a file's name, {@code environment}; empty if nobody did. */
  public Optional<String> givenBy(Setting<?> setting) {
    Value value = given.get(setting.key());
    return value == null
        ? Optional.empty()
        : Optional.of(value.file() == null ? value.source() : value.file());
  }

  /** All settings of the catalogue that are among the given ones, in the catalogue's order. */
  public List<Line> lines(Collection<Setting<?>> shown) {
    List<Line> lines = new ArrayList<>();
    for (Setting<?> setting : catalog.all()) {
      if (!shown.contains(setting)) {
        continue;
      }
      Value value = given.get(setting.key());
      String text =
          value != null
              ? value.rendered().toString()
              : setting.renderedDefault().map(Object::toString).orElse("");
      String source = value != null ? value.source() : text.isEmpty() ? "unset" : DEFAULT;
      lines.add(
          new Line(
              setting.key(),
              setting.isSecret() && !text.isEmpty() ? MASK : withoutLogin(text),
              source));
    }
    return lines;
  }

  /** A login within a URL is a secret as well, whatever the setting that it stands in. */
  private static String withoutLogin(String text) {
    return text.replaceAll("://[^/@\\s,]+@", "://" + MASK + "@");
  }
}
