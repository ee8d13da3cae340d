package io.bierelay.launch;

import io.bierelay.cluster.ClusterSettings;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.EffectiveSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.settings.SettingsCatalog;
import io.bierelay.settings.SettingsLayer;
import io.bierelay.statsd.StatsdSettings;
import io.bierelay.tls.StoreFile;
import io.bierelay.trace.TraceSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What will be deployed, with which settings: everything that can be known before anything is
 * started, so that every configuration failure shows here.
 *
 * @param entries in the order of starting
 * @param effective the value of every setting
 * @param inUse the settings that the chosen verticles and the launcher read
 */
public record LaunchPlan(
    LaunchRequest request,
    List<Roster.Entry> entries,
    EffectiveSettings effective,
    Set<Setting<?>> inUse) {

  private static final String ROSTER = "verticles.json";

  /**
   * Reads the roster and all sources of settings.
   *
   * @return fails with {@link ConfigurationException}, or {@link UnknownRoleException}
   */
  public static Future<LaunchPlan> make(Vertx vertx, LaunchRequest request, Modules modules) {
    List<Roster.Entry> entries;
    try {
      entries = roster(request, modules).select(request.roles());
    } catch (ConfigurationException | UnknownRoleException e) {
      return Future.failedFuture(e);
    }
    Optional<SettingsLayer> place;
    try {
      place = request.place().map(Environments::layer);
    } catch (ConfigurationException e) {
      return Future.failedFuture(e);
    }
    SettingsCatalog catalog = modules.catalog();
    Set<Setting<?>> inUse = new LinkedHashSet<>(LaunchSettings.SETTINGS);
    inUse.addAll(StatsdSettings.SETTINGS);
    inUse.addAll(UnifiedTags.SETTINGS);
    inUse.addAll(TraceSettings.SETTINGS);
    if (request.cluster()) {
      inUse.addAll(ClusterSettings.SETTINGS);
    }
    List<SettingsLayer> options = new ArrayList<>();
    for (Roster.Entry entry : entries) {
      inUse.addAll(entry.module().settings());
      options.add(
          new SettingsLayer(
              request.verticles().map(Path::toString).orElse(ROSTER), entry.options()));
    }
    return new SettingsSources(vertx, catalog)
        .read(request.conf(), request.environment())
        .map(
            sources -> {
              List<SettingsLayer> all = new ArrayList<>(options);
              all.addAll(
                  FormerVariables.layers(
                      entries.stream().map(Roster.Entry::module).toList(), request.environment()));
              place.ifPresent(all::add);
              all.addAll(sources.layers());
              sources.refuseProblems(catalog, all);
              LaunchPlan plan =
                  new LaunchPlan(request, entries, catalog.resolve(all, inUse), inUse);
              plan.refuseProblems(modules);
              return plan;
            });
  }

  /** What a person should know although it works; one line each. */
  public List<String> warnings() {
    Set<String> warnings = new LinkedHashSet<>(TraceSettings.warnings(traceSettings()));
    if (request.cluster()) {
      warnings.addAll(ClusterSettings.warnings(clusterSettings()));
    }
    for (Roster.Entry entry : entries) {
      VerticleModule module = entry.module();
      warnings.addAll(module.warnings(effective.settings(module.settings())));
    }
    effective
        .secretSources(inUse)
        .forEach(
            (source, key) -> {
              Path file = Path.of(source);
              if (Files.isRegularFile(file)) {
                StoreFile.openToAll("'%s' is in '%s'".formatted(key, source), file)
                    .ifPresent(warnings::add);
              }
            });
    warnings.addAll(CommandLineSecrets.warnings(CommandLineSecrets.own(), effective));
    return List.copyOf(warnings);
  }

  /** How this process becomes a member; only where it was asked to. */
  Settings clusterSettings() {
    return effective.settings(ClusterSettings.SETTINGS);
  }

  /** What becomes of traces. */
  Settings traceSettings() {
    return effective.settings(TraceSettings.SETTINGS);
  }

  /** By which names it is known to whatever collects metrics and traces. */
  Map<String, String> tags() {
    return UnifiedTags.of(effective.settings(UnifiedTags.SETTINGS), request);
  }

  /** Those that each series of {@code /metrics} has as labels. */
  Map<String, String> labels() {
    return UnifiedTags.forPrometheus(tags(), effective.settings(UnifiedTags.SETTINGS));
  }

  private void refuseProblems(Modules modules) {
    Set<String> problems =
        new LinkedHashSet<>(ForeignCredentials.problems(effective, inUse, modules));
    problems.addAll(TraceSettings.problems(traceSettings()));
    if (request.cluster()) {
      problems.addAll(ClusterSettings.problems(clusterSettings()));
    }
    for (Roster.Entry entry : entries) {
      VerticleModule module = entry.module();
      problems.addAll(module.problems(effective.settings(module.settings())));
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(List.copyOf(problems));
    }
  }

  private static Roster roster(LaunchRequest request, Modules modules) {
    if (request.verticles().isEmpty()) {
      return Roster.parse(ROSTER, packed(), modules);
    }
    Path file = request.verticles().get();
    try {
      return Roster.parse(file.toString(), Files.readString(file), modules);
    } catch (IOException e) {
      throw new ConfigurationException(
          "--verticles %s: no such file, or not readable".formatted(file));
    }
  }

  private static String packed() {
    try (InputStream in = LaunchPlan.class.getResourceAsStream("/" + ROSTER)) {
      if (in == null) {
        throw new ConfigurationException("this JAR has no " + ROSTER + "; give one: --verticles");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ConfigurationException("can't read " + ROSTER + " in this JAR: " + e.getMessage());
    }
  }
}
