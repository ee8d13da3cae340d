package io.bierelay.ingest;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.PoisonPolicy;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/** What is consumed from Kafka, how Kafka is reached, and how much may be under way. */
final class IngestSettings {

  /** Where a group without a committed offset begins. */
  enum OffsetReset {
    EARLIEST,
    LATEST
  }

  /** Whether records of open and aborted transactions are read. */
  enum IsolationLevel {
    READ_COMMITTED,
    READ_UNCOMMITTED
  }

  static final Setting<String> GROUP =
      Setting.text("kafka.group.id").mandatory().saying("The consumer group.");

  static final Setting<String> INSTANCE_ID =
      Setting.text("kafka.group.instance.id")
          .saying(
              "Makes the instance a static member of the group, so that a quick restart moves no"
                  + " partition; must differ between instances, {host} stands for the host's name."
                  + " The partitions of an instance that does not come back wait for the session"
                  + " timeout.");

  static final Setting<List<String>> TOPICS =
      Setting.list("kafka.topics", List.of())
          .saying(
              "Full names of the topics; when empty, one per event type by kafka.topic.template.");

  static final Setting<String> TOPIC_TEMPLATE =
      Setting.text("kafka.topic.template", "{infix}_CONTENTION_BIE_{event}")
          .within("a text with {event} in it", value -> value.contains("{event}"))
          .saying(
              "How topics are named: {event} is the end of the name from event.types, {infix} is"
                  + " kafka.topic.infix; the other style in use is"
                  + " BIA_SERVICES_BIE_CATALOG_{infix}_{event}.");

  static final Setting<String> TOPIC_INFIX =
      Setting.text("kafka.topic.infix")
          .saying("The environment's part of the topics' names, such as TST, UAT or IVV.");

  static final Setting<OffsetReset> OFFSET_RESET =
      Setting.choice("kafka.auto.offset.reset", OffsetReset.EARLIEST)
          .saying("Where a group without a committed offset begins; latest silently skips.");

  static final Setting<IsolationLevel> ISOLATION =
      Setting.choice("kafka.isolation.level", IsolationLevel.READ_COMMITTED)
          .saying("Whether records of open and aborted transactions are relayed.");

  static final Setting<Duration> POLL_TIMEOUT =
      Setting.duration(
              "kafka.poll.timeout",
              Duration.ofMillis(25),
              Duration.ofMillis(1),
              Duration.ofSeconds(5))
          .saying(
              "How long one poll waits for records; commits and resumes take up to as long to begin.");

  static final Setting<Duration> COMMIT_INTERVAL =
      Setting.duration(
              "kafka.commit.interval",
              Duration.ofMillis(200),
              Duration.ofMillis(10),
              Duration.ofMinutes(1))
          .saying("Between two commits of confirmed offsets; bounds what a crash replays.");

  static final Setting<Duration> PROBE_TIMEOUT =
      Setting.duration(
              "kafka.probe.timeout",
              Duration.ofSeconds(5),
              Duration.ofMillis(500),
              Duration.ofMinutes(1))
          .saying("How long Kafka may take to answer before it counts as away.");

  static final Setting<Duration> RETRY_MAX =
      Setting.duration(
              "kafka.retry.max",
              Duration.ofSeconds(5),
              Duration.ofMillis(100),
              Duration.ofMinutes(5))
          .saying("The longest wait between two attempts to reach Kafka.");

  static final Setting<Map<String, String>> CLIENT =
      Setting.map("kafka.client", Map.of())
          .saying(
              "Further properties of the Kafka consumer, passed as they are, for example"
                  + " fetch.max.bytes or session.timeout.ms; never a secret.");

  static final Setting<Integer> LANE_RECORDS =
      Setting.integer("ingest.lane.records", 2000, 1, 1_000_000)
          .saying("Records of one partition under way before the partition is paused.");

  static final Setting<Integer> TOTAL_RECORDS =
      Setting.integer("ingest.total.records", 3_000, 1, 100_000_000)
          .saying(
              "Records of all partitions of one consumer under way before each partition has an equal"
                  + " share of them only; until then each has up to ingest.lane.records.");

  static final Setting<Long> LANE_BYTES =
      Setting.size("ingest.lane.bytes", 4L << 20, 1L << 10, 1L << 30)
          .saying("Bytes of one partition under way before the partition is paused.");

  static final Setting<Long> TOTAL_BYTES =
      Setting.size("ingest.total.bytes", 64L << 20, 1L << 20, 64L << 30)
          .saying(
              "Bytes of all partitions of one consumer under way, but never more than an eighth of"
                  + " the heap; each gets an equal share, at most ingest.lane.bytes.");

  static final Setting<Integer> BATCH_RECORDS =
      Setting.integer("ingest.batch.records", 200, 1, 10_000)
          .saying("Most notifications that one request to the notifier carries.");

  static final Setting<Integer> BATCHES_IN_FLIGHT =
      Setting.integer("ingest.batches.in.flight", 4, 1, 64)
          .saying("Most requests of one partition that wait for the notifier's answer.");

  static final Setting<Integer> IN_FLIGHT =
      Setting.integer("ingest.in.flight", 1_500, 1, 1_000_000)
          .saying(
              "Most notifications of all partitions of one consumer that wait for the notifier's"
                  + " answer: what must be confirmed before partitions are given up.");

  static final Setting<Duration> REPLY_TIMEOUT =
      Setting.duration(
              "ingest.reply.timeout",
              Duration.ofMinutes(10),
              Duration.ofSeconds(1),
              Duration.ofHours(24))
          .saying("How long the notifier's answer may take before the batch is sent again.");

  static final Setting<Duration> NOTIFIER_SILENCE =
      Setting.duration(
              "ingest.notifier.silence",
              Duration.ofSeconds(5),
              Duration.ofSeconds(2),
              Duration.ofMinutes(5))
          .saying(
              "With --cluster: how long a notifier of another process may say nothing before its"
                  + " partitions are opened at another; each speaks every second.");

  static final Setting<Duration> DRAIN_TIMEOUT =
      Setting.duration(
              "ingest.drain.timeout",
              Duration.ofSeconds(8),
              Duration.ofMillis(100),
              Duration.ofMinutes(5))
          .saying(
              "How long what is in flight may take to be confirmed when a partition is given up.");

  static final List<Setting<?>> OWN =
      List.of(
          GROUP,
          INSTANCE_ID,
          TOPICS,
          TOPIC_TEMPLATE,
          TOPIC_INFIX,
          OFFSET_RESET,
          ISOLATION,
          POLL_TIMEOUT,
          COMMIT_INTERVAL,
          PROBE_TIMEOUT,
          RETRY_MAX,
          CLIENT,
          LANE_RECORDS,
          TOTAL_RECORDS,
          LANE_BYTES,
          TOTAL_BYTES,
          BATCH_RECORDS,
          BATCHES_IN_FLIGHT,
          IN_FLIGHT,
          REPLY_TIMEOUT,
          NOTIFIER_SILENCE,
          DRAIN_TIMEOUT,
          PoisonPolicy.SETTING);

  private IngestSettings() {}

  /** What decides on loss, and what has a setting. */
  private static final Set<String> RESERVED =
      Set.of(
          ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
          ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
          ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
          ConsumerConfig.GROUP_PROTOCOL_CONFIG,
          ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
          ConsumerConfig.GROUP_ID_CONFIG,
          ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
          ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
          ConsumerConfig.ISOLATION_LEVEL_CONFIG,
          CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
          SaslConfigs.SASL_MECHANISM);

  /**
   * Kafka's names of secrets. They have settings of their own, which are masked; what is in this
   * map is shown.
   */
  private static boolean isSecret(String property) {
    return property.contains("password")
        || property.contains("secret")
        || property.contains("jaas")
        || property.equals(SslConfigs.SSL_KEYSTORE_KEY_CONFIG);
  }

  /** The topics to consume, each with its type. */
  static Map<String, EventType> topics(Settings settings) {
    List<String> problems = new ArrayList<>();
    EventCatalog catalog = EventCatalog.of(settings);
    Map<String, EventType> topics = new LinkedHashMap<>();
    for (String topic : topicNames(settings, catalog, problems)) {
      catalog
          .typeOf(topic)
          .ifPresentOrElse(
              type -> topics.put(topic, type),
              () ->
                  problems.add(
                      ("topic '%s' carries no known event type: its name ends with none of %s; add"
                              + " its type to event.types")
                          .formatted(
                              topic,
                              catalog.types().stream().map(EventType::topicSuffix).toList())));
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return topics;
  }

  private static List<String> topicNames(
      Settings settings, EventCatalog catalog, List<String> problems) {
    if (!settings.get(TOPICS).isEmpty()) {
      return settings.get(TOPICS);
    }
    String template = settings.get(TOPIC_TEMPLATE);
    String infix = settings.find(TOPIC_INFIX).orElse("");
    if (template.contains("{infix}") && infix.isEmpty()) {
      problems.add(
          "the topics' names are not complete: set kafka.topic.infix (TST, UAT, IVV, ...), or give"
              + " full names in kafka.topics");
      return List.of();
    }
    return catalog.types().stream()
        .map(type -> template.replace("{infix}", infix).replace("{event}", type.topicSuffix()))
        .toList();
  }

  /** What one setting alone can't tell. */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    try {
      topics(settings);
    } catch (ConfigurationException e) {
      problems.addAll(e.problems());
    }
    for (String property : settings.get(CLIENT).keySet()) {
      if (RESERVED.contains(property) || KafkaSettings.isReserved(property) || isSecret(property)) {
        problems.add(
            "'kafka.client' must not hold '%s': %s"
                .formatted(
                    property,
                    isSecret(property)
                        ? "it is a secret; use kafka.sasl.password or kafka.ssl.*.password"
                        : "it has a setting of its own, or decides whether events are lost"));
      }
    }
    problems.addAll(KafkaSettings.problems(settings));
    return problems;
  }
}
