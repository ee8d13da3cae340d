package io.bierelay.docs;

import io.bierelay.cluster.ClusterSettings;
import io.bierelay.launch.LaunchSettings;
import io.bierelay.launch.Modules;
import io.bierelay.launch.Roster;
import io.bierelay.launch.UnifiedTags;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.statsd.StatsdSettings;
import io.bierelay.trace.TraceMetrics;
import io.bierelay.trace.TraceSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** All settings and metrics that this project declares, with who declares them. */
final class Declarations {

  /**
   * The settings of the launcher itself, which no verticle's module lists: to document them, name
   * their list here.
   */
  private static final List<Setting<?>> OF_LAUNCHER =
      Stream.of(
              LaunchSettings.SETTINGS,
              ClusterSettings.SETTINGS,
              StatsdSettings.SETTINGS,
              UnifiedTags.SETTINGS,
              TraceSettings.SETTINGS)
          .<Setting<?>>flatMap(List::stream)
          .toList();

  private static final String LAUNCHER = "launcher";

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

  /**
   * The roles of the packed roster that deploy a verticle; for the launcher, all that deploy any.
   */
  static List<String> rolesOf(String reader) {
    Roster roster = Roster.parse("verticles.json", packedRoster(), Modules.onClassPath());
    return roster.roles().stream()
        .filter(role -> deployed(roster, role).stream().anyMatch(reads(reader)))
        .toList();
  }

  private static Predicate<String> reads(String reader) {
    return verticle -> reader.equals(LAUNCHER) || verticle.equals(reader);
  }

  private static List<String> deployed(Roster roster, String role) {
    try {
      return roster.select(List.of(role)).stream().map(one -> one.module().name()).toList();
    } catch (ConfigurationException nothingToRun) {
      return List.of();
    }
  }

  private static String packedRoster() {
    try (InputStream in = Declarations.class.getResourceAsStream("/verticles.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<DeclaredSetting> settings() {
    List<DeclaredSetting> all = new ArrayList<>();
    OF_LAUNCHER.forEach(setting -> all.add(new DeclaredSetting(setting, LAUNCHER)));
    for (VerticleModule module : modules()) {
      module.settings().forEach(one -> all.add(new DeclaredSetting(one, module.name())));
    }
    return all;
  }

  static List<DeclaredMetric> metrics() {
    List<DeclaredMetric> all = new ArrayList<>();
    TraceMetrics.ALL.forEach(metric -> all.add(new DeclaredMetric(metric, LAUNCHER)));
    for (VerticleModule module : modules()) {
      module.metrics().forEach(one -> all.add(new DeclaredMetric(one, module.name())));
    }
    return all;
  }
}
