package io.bierelay.settings;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All settings that exist, and the rules by which layers of values become effective ones.
 *
 * <p>Immutable.
 */
public final class SettingsCatalog {

  private final Map<String, Setting<?>> byKey = new LinkedHashMap<>();

  /**
   * @param settings all that exist; the same one may come from several verticles
   */
  public SettingsCatalog(Collection<Setting<?>> settings) {
    settings.forEach(setting -> byKey.putIfAbsent(setting.key(), setting));
  }

  /** All settings in the order of their declaration. */
  public Collection<Setting<?>> all() {
    return List.copyOf(byKey.values());
  }

  /** The setting that an environment variable sets. */
  public Optional<Setting<?>> byEnvironmentVariable(String name) {
    return byKey.values().stream()
        .filter(setting -> setting.environmentVariable().equals(name))
        .findFirst();
  }

  /**
   * Lays the layers over the defaults, later ones over earlier ones, and checks every value, also
   * those that no verticle of this process reads: a typo is found wherever it stands.
   *
   * @param layers from weakest to strongest
   * @param inUse the settings that the chosen verticles read; a required one without a value is a
   *     problem only here
   * @throws ConfigurationException with all problems at once
   */
  public EffectiveSettings resolve(List<SettingsLayer> layers, Set<Setting<?>> inUse) {
    List<String> problems = new ArrayList<>();
    Map<String, EffectiveSettings.Value> values = new LinkedHashMap<>();
    for (SettingsLayer layer : layers) {
      flatten("", layer.values(), layer, values, problems);
    }
    for (Setting<?> setting : inUse) {
      if (setting.isRequired()
          && setting.defaultValue().isEmpty()
          && !values.containsKey(setting.key())
          && !setting.isExempt(key -> rendered(values, key))) {
        problems.add(
            "'%s' is required and has no value; set it in a file given with --conf, or as %s (%s)"
                .formatted(setting.key(), setting.environmentVariable(), setting.sentence()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return new EffectiveSettings(this, values);
  }

  private static @Nullable Object rendered(
      Map<String, EffectiveSettings.Value> values, String key) {
    EffectiveSettings.Value value = values.get(key);
    return value == null ? null : value.rendered();
  }

  private void flatten(
      String prefix,
      JsonObject object,
      SettingsLayer layer,
      Map<String, EffectiveSettings.Value> into,
      List<String> problems) {
    for (String name : object.fieldNames()) {
      String key = prefix + name;
      Object raw = object.getValue(name);
      Setting<?> setting = byKey.get(key);
      if (setting != null) {
        accept(setting, raw, layer, into, problems);
      } else if (raw instanceof JsonObject nested && isPrefix(key)) {
        flatten(key + ".", nested, layer, into, problems);
      } else if (raw != null || !isPrefix(key)) {
        // A group without a value is what is left of one whose lines are all commented out.
        problems.add(
            "%s: unknown key '%s'; %s".formatted(layer.source(), key, explainUnknown(key)));
      }
    }
  }

  private boolean isPrefix(String key) {
    return byKey.keySet().stream().anyMatch(known -> known.startsWith(key + "."));
  }

  /** All keys would be too long a list for one line, so those of the same group are named. */
  private String explainUnknown(String key) {
    int dot = key.indexOf('.');
    String group = dot < 0 ? key : key.substring(0, dot + 1);
    List<String> near = byKey.keySet().stream().filter(known -> known.startsWith(group)).toList();
    Optional<String> suggestion = Suggestion.nearest(key, byKey.keySet());
    String known =
        near.isEmpty()
            ? "groups known: " + String.join(", ", groups())
            : "known: " + String.join(", ", near);
    return suggestion.map(s -> "did you mean '" + s + "'? ").orElse("") + known;
  }

  private List<String> groups() {
    return byKey.keySet().stream()
        .map(key -> key.contains(".") ? key.substring(0, key.indexOf('.')) : key)
        .distinct()
        .toList();
  }

  private static <T> void accept(
      Setting<T> setting,
      Object raw,
      SettingsLayer layer,
      Map<String, EffectiveSettings.Value> into,
      List<String> problems) {
    String source = layer.source();
    if (raw == null) {
      problems.add(
          "%s: '%s' has no value; remove the line or give one".formatted(source, setting.key()));
      return;
    }
    try {
      Object rendered = setting.render(setting.parse(raw));
      String file = layer.files().get(setting.key());
      into.put(setting.key(), new EffectiveSettings.Value(rendered, source, file));
    } catch (IllegalArgumentException e) {
      String shown = setting.isSecret() ? "a secret value" : "value '" + raw + "'";
      problems.add("%s: '%s' has %s: %s".formatted(source, setting.key(), shown, e.getMessage()));
    }
  }
}
