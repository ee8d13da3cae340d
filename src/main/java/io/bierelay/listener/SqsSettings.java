package io.bierelay.listener;

import io.bierelay.avro.RegistrySettings;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.settings.FormerVariable;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How the queue of changes is consumed. */
final class SqsSettings {

  static final Setting<String> QUEUE_URL =
      Setting.text("listener.sqs.queue.url")
          .mandatory()
          .within(
              "an address with http or https and a host, without user, query, fragment",
              ListenerSettings::isBaseUrl)
          .saying("The SQS queue's address, as AWS shows it.");

  static final Setting<String> ENDPOINT =
      Setting.text("listener.sqs.endpoint")
          .within(
              "an address with http or https and a host, without user, query, fragment",
              ListenerSettings::isBaseUrl)
          .saying("Another SQS endpoint than the region's own.");

  static final Setting<String> REGION =
      Setting.text("listener.sqs.region")
          .within("a region's name", value -> value.matches("[a-z0-9-]{1,40}"))
          .saying("The queue's region; unset for what AWS's own environment says.");

  static final Setting<Duration> WAIT =
      Setting.duration(
              "listener.sqs.wait", Duration.ofSeconds(5), Duration.ZERO, Duration.ofSeconds(20))
          .saying("How long one poll waits for messages; a stop waits for it, too.");

  static final Setting<Integer> POLLERS =
      Setting.integer("listener.sqs.pollers", 4, 1, 64)
          .saying("Most polls at the same time, each for ten messages at most.");

  static final Setting<Duration> VISIBILITY =
      Setting.duration(
              "listener.sqs.visibility",
              Duration.ofSeconds(60),
              Duration.ofSeconds(3),
              Duration.ofHours(12))
          .saying(
              "How long a message is hidden from others; renewed while it is at work, so this is"
                  + " how long after a crash it comes again.");

  static final Setting<Duration> RETRY_MAX =
      Setting.duration(
              "listener.sqs.retry.max", Duration.ofMinutes(2), Duration.ZERO, Duration.ofHours(12))
          .saying(
              "The longest time until a failed message comes again; it doubles with each time,"
                  + " from one second on.");

  static final Setting<Duration> DRAIN_TIMEOUT =
      Setting.duration(
              "listener.drain.timeout",
              Duration.ofSeconds(8),
              Duration.ofMillis(100),
              Duration.ofMinutes(5))
          .saying("How long a stop waits for messages at work before it gives them back.");

  private static final List<Setting<?>> OWN =
      List.of(QUEUE_URL, ENDPOINT, REGION, WAIT, POLLERS, VISIBILITY, RETRY_MAX, DRAIN_TIMEOUT);

  private SqsSettings() {}

  static List<Setting<?>> all() {
    List<Setting<?>> settings = new ArrayList<>(ListenerSettings.CORE);
    settings.addAll(OWN);
    return settings;
  }

  /** What one setting alone can't tell; one line each, with the remedy. */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>(ListenerSettings.problems(settings));
    // Whole seconds are what SQS knows.
    for (Setting<Duration> setting : List.of(WAIT, VISIBILITY)) {
      if (settings.get(setting).toMillis() % 1_000 != 0) {
        problems.add("'%s' must be whole seconds, as SQS counts them".formatted(setting.key()));
      }
    }
    return problems;
  }

  /** The variables of the service that this one replaces. */
  static List<FormerVariable> formerVariables() {
    return List.of(
        FormerVariable.of("TenureApiUrl", ListenerSettings.API_URL),
        FormerVariable.of("TenureApiToken", ListenerSettings.API_TOKEN),
        FormerVariable.of("TENURE_SCHEMA_NAME", ListenerSettings.TOPIC),
        new FormerVariable(
            "DATAPLATFORM_KAFKA_HOSTNAME",
            KafkaSettings.BOOTSTRAP,
            (value, all) -> withPorts(value)),
        new FormerVariable(
            "KAFKA_SCHEMA_REGISTRY_HOSTNAME", RegistrySettings.URLS, SqsSettings::withScheme),
        new FormerVariable(
            "ENVIRONMENT",
            KafkaSettings.SECURITY_PROTOCOL,
            (value, all) -> isLocal(all) ? "plaintext" : "ssl"));
  }

  /** The old client took 9092 where no port was given. */
  private static String withPorts(String hosts) {
    List<String> with = new ArrayList<>();
    for (String host : hosts.split(",", -1)) {
      String stripped = host.strip();
      with.add(stripped.matches(".*:\\d+") || stripped.isEmpty() ? stripped : stripped + ":9092");
    }
    return String.join(",", with);
  }

  private static String withScheme(String host, Map<String, String> all) {
    return host.contains("://") ? host : (isLocal(all) ? "http://" : "https://") + host;
  }

  private static boolean isLocal(Map<String, String> all) {
    return "LocalDevelopment".equals(all.getOrDefault("ENVIRONMENT", "").strip());
  }
}
