package io.bierelay.docs;

import io.bierelay.launch.LaunchSettings;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** All settings and metrics that this project declares, with who declares them. */
final class Declarations {

  /**
   * The settings of the launcher itself, which no verticle's module lists: to document them, name
   * their list here.
   */
  private static final List<Setting<?>> OF_LAUNCHER = LaunchSettings.SETTINGS;

  private Declarations() {}

  /** A setting and who reads it. */
  record DeclaredSetting(Setting<?> setting, String reader) {

    /** All that a declaration says, to tell two of the same key apart. */
    List<Object> declaration() {
      return List.of(
          setting.typeName(),
          setting.renderedDefault(),
          setting.range(),
          setting.sentence(),
          setting.isSecret(),
          setting.isRequired());
    }
  }

  /** A metric and who registers it. */
  record DeclaredMetric(Metric metric, String verticle) {}

  static List<VerticleModule> modules() {
    return ServiceLoader.load(VerticleModule.class).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  static List<DeclaredSetting> settings() {
    List<DeclaredSetting> all = new ArrayList<>();
    OF_LAUNCHER.forEach(setting -> all.add(new DeclaredSetting(setting, "launcher")));
    for (VerticleModule module : modules()) {
      module.settings().forEach(one -> all.add(new DeclaredSetting(one, module.name())));
    }
    return all;
  }

  static List<DeclaredMetric> metrics() {
    List<DeclaredMetric> all = new ArrayList<>();
    for (VerticleModule module : modules()) {
      module.metrics().forEach(one -> all.add(new DeclaredMetric(one, module.name())));
    }
    return all;
  }
}
