package io.bierelay.launch;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.statsd.StatsdSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The names by which this process is known to whatever collects metrics and traces. */
public final class UnifiedTags {

  /** The service. */
  public static final Setting<String> SERVICE =
      Setting.text("service.name", "bie-relay")
          .saying("The service's name in metrics and traces (service; service.name).");

  /** Where it runs. */
  public static final Setting<String> ENV =
      Setting.text("service.env")
          .saying(
              "The environment's name in metrics and traces (env; deployment.environment.name);"
                  + " unset: what --env says, or none.");

  /** Of Prometheus' series. */
  public static final Setting<List<String>> LABELS =
      Setting.list("metrics.labels", List.of("service", "env", "version", "role"))
          .within("of service, env, version, role", UnifiedTags::areKnown)
          .saying(
              "Which of these names each series of /metrics has as a label; a list without any"
                  + " leaves them to the scrape.");

  /** All of them. */
  public static final List<Setting<?>> SETTINGS = List.of(SERVICE, ENV, LABELS);

  private UnifiedTags() {}

  /** Service, env, version, role, in this order. */
  static Map<String, String> of(Settings settings, LaunchRequest request) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("service", settings.get(SERVICE));
    tags.put("env", settings.find(ENV).or(request::place).orElse("none"));
    String version = UnifiedTags.class.getPackage().getImplementationVersion();
    tags.put("version", version == null ? "none" : version);
    tags.put("role", String.join("+", request.roles()));
    return tags;
  }

  private static boolean areKnown(List<String> labels) {
    return Set.of("service", "env", "version", "role").containsAll(labels);
  }

  /** Those of them that Prometheus' series have. */
  static Map<String, String> forPrometheus(Map<String, String> tags, Settings settings) {
    Map<String, String> own = new LinkedHashMap<>(tags);
    own.keySet().retainAll(settings.get(LABELS));
    return own;
  }

  /** The same as StatsD gets them, where older settings may say otherwise. */
  static Map<String, String> forStatsd(Map<String, String> tags, Settings statsd) {
    Map<String, String> own = new LinkedHashMap<>(tags);
    statsd.find(StatsdSettings.SERVICE).ifPresent(service -> own.put("service", service));
    statsd.find(StatsdSettings.ENV).ifPresent(env -> own.put("env", env));
    return own;
  }

  /** The same by OpenTelemetry's names for a process. */
  static Map<String, String> forTraces(Map<String, String> tags) {
    Map<String, String> own = new LinkedHashMap<>();
    own.put("service.name", tags.getOrDefault("service", ""));
    own.put("service.version", tags.getOrDefault("version", ""));
    own.put("deployment.environment.name", tags.getOrDefault("env", ""));
    own.put("role", tags.getOrDefault("role", ""));
    return own;
  }
}
