package io.bierelay.launch;

import io.bierelay.cluster.ClusterSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.SettingsCatalog;
import io.bierelay.statsd.StatsdSettings;
import io.bierelay.trace.TraceSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The verticles that are on the class path, by name. Immutable. */
public final class Modules {

  private final Map<String, VerticleModule> byName = new TreeMap<>();

  private Modules(Iterable<VerticleModule> modules) {
    modules.forEach(module -> byName.put(module.name(), module));
  }

  /** Finds them as services; this loads no verticle. */
  public static Modules onClassPath() {
    return new Modules(ServiceLoader.load(VerticleModule.class));
  }

  /** Exactly these. */
  public static Modules of(Collection<VerticleModule> modules) {
    return new Modules(modules);
  }

  /** All names in alphabetical order. */
  public Collection<String> names() {
    return List.copyOf(byName.keySet());
  }

  /** All of them by name. */
  public Collection<VerticleModule> all() {
    return List.copyOf(byName.values());
  }

  /** The one with this name. */
  public Optional<VerticleModule> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** All settings that exist: the launcher's and every verticle's. */
  public SettingsCatalog catalog() {
    List<Setting<?>> settings = new ArrayList<>(LaunchSettings.SETTINGS);
    settings.addAll(ClusterSettings.SETTINGS);
    settings.addAll(StatsdSettings.SETTINGS);
    settings.addAll(UnifiedTags.SETTINGS);
    settings.addAll(TraceSettings.SETTINGS);
    byName.values().forEach(module -> settings.addAll(module.settings()));
    return new SettingsCatalog(settings);
  }
}
