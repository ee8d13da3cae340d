package io.bierelay.launch;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.EffectiveSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.settings.SettingsCatalog;
import io.bierelay.settings.SettingsLayer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Settings for code that is started by something else than the launcher, such as a function. */
public final class ModuleSettings {

  private ModuleSettings() {}

  /**
   * Reads the same sources in the same order as the launcher, for one module alone, and has the log
   * written as {@code log.format} says.
   *
   * @param module whose settings and old variables are known; any other key is refused
   * @param inUse those of its settings that are read: a required one must have a value
   * @param conf files and directories of settings
   * @return fails with {@link ConfigurationException}, with all problems at once
   */
  public static Future<Settings> read(
      Vertx vertx,
      VerticleModule module,
      List<Setting<?>> inUse,
      List<Path> conf,
      Map<String, String> environment) {
    List<Setting<?>> known = new ArrayList<>(module.settings());
    known.add(LaunchSettings.LOG_FORMAT);
    SettingsCatalog catalog = new SettingsCatalog(known);
    Set<Setting<?>> used = new LinkedHashSet<>(inUse);
    used.add(LaunchSettings.LOG_FORMAT);
    return new SettingsSources(vertx, catalog)
        .read(conf, environment)
        .map(
            sources -> {
              List<SettingsLayer> all =
                  new ArrayList<>(FormerVariables.layers(List.of(module), environment));
              all.addAll(sources.layers());
              sources.refuseProblems(catalog, all);
              EffectiveSettings effective = catalog.resolve(all, used);
              ConsoleLog.use(
                  effective
                      .settings(List.of(LaunchSettings.LOG_FORMAT))
                      .get(LaunchSettings.LOG_FORMAT));
              Settings settings = effective.settings(inUse);
              List<String> problems = module.problems(settings);
              if (!problems.isEmpty()) {
                throw new ConfigurationException(problems);
              }
              return settings;
            });
  }
}
