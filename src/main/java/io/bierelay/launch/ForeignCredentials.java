package io.bierelay.launch;

import io.bierelay.settings.EffectiveSettings;
import io.bierelay.settings.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds credentials in the settings that nobody in this process uses: whoever takes the process
 * over would have them as well.
 *
 * <p>Other settings of a role that is not run do no harm, so roles may share files of settings; the
 * location of a key store may stand in such a file, and counts only where that key store is there.
 */
final class ForeignCredentials {

  private ForeignCredentials() {}

  /** One line for each that is given, with its source and the remedy. */
  static List<String> problems(
      EffectiveSettings effective, Set<Setting<?>> inUse, Modules modules) {
    List<String> problems = new ArrayList<>();
    owners(modules)
        .forEach(
            (setting, verticles) -> {
              Optional<String> source = effective.givenBy(setting);
              if (source.isPresent() && !inUse.contains(setting) && isThere(setting, effective)) {
                problems.add(
                    ("'%s' is given (%s), and no verticle of this process uses it: only %s may have"
                            + " it; take it out of what this process is given")
                        .formatted(setting.key(), source.get(), String.join(" and ", verticles)));
              }
            });
    return problems;
  }

  private static Map<Setting<String>, Set<String>> owners(Modules modules) {
    Map<Setting<String>, Set<String>> owners = new LinkedHashMap<>();
    for (VerticleModule module : modules.all()) {
      for (Setting<String> setting : module.credentials()) {
        owners.computeIfAbsent(setting, added -> new TreeSet<>()).add(module.name());
      }
    }
    return owners;
  }

  private static boolean isThere(Setting<String> setting, EffectiveSettings effective) {
    return setting.isSecret()
        || effective
            .settings(List.of(setting))
            .find(setting)
            .filter(file -> Files.isReadable(Path.of(file)))
            .isPresent();
  }
}
