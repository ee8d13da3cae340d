package io.bierelay.listener;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.RegistrySettings;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.SaslConfigs;

/** Which changes are relayed, where the entities are fetched, and how records are sent. */
final class ListenerSettings {

  /** What a record's key is. */
  enum RecordKey {
    NONE,
    ENTITY_ID
  }

  static final Setting<Map<String, String>> EVENTS =
      Setting.map(
              "listener.events",
              new TreeMap<>(Map.of("TenureCreatedEvent", "tenure", "TenureUpdatedEvent", "tenure")))
          .within("one or more of type=entity", events -> !events.isEmpty())
          .saying("The entity that each event type speaks of; other types are ignored.");

  static final Setting<Map<String, String>> ENTITIES =
      Setting.map("listener.entities", Map.of())
          .saying(
              "What each further entity has, as ENTITY.path (with {id}), ENTITY.topic, and, if they"
                  + " differ, ENTITY.url, ENTITY.field and ENTITY.token-file; of tenure, what"
                  + " differs from tenures/{id}, listener.topic.name and Tenure.");

  static final Setting<String> API_URL =
      Setting.text("listener.api.url")
          .within(
              "an address with http or https and a host, without user, query, fragment",
              ListenerSettings::isBaseUrl)
          .saying("The base address of the API that entities are fetched from.");

  static final Setting<String> API_TOKEN =
      Setting.secret("listener.api.token.value")
          .within("one line", value -> value.matches("[\\x20-\\x7e]+"))
          .saying("The token for listener.api.url, sent in Authorization as it is.");

  static final Setting<String> API_TOKEN_FILE =
      Setting.text("listener.api.token.file")
          .saying(
              "File with that token, in place of listener.api.token.value; read again every minute.");

  static final Setting<Duration> API_TIMEOUT =
      Setting.duration(
              "listener.api.timeout",
              Duration.ofSeconds(5),
              Duration.ofMillis(50),
              Duration.ofMinutes(1))
          .saying("How long one request may take, from connecting to the answer's last byte.");

  static final Setting<Integer> API_ATTEMPTS =
      Setting.integer("listener.api.attempts", 4, 1, 20)
          .saying("How often an entity is asked for before its message fails.");

  static final Setting<Duration> API_RETRY_MAX =
      Setting.duration(
              "listener.api.retry.max",
              Duration.ofSeconds(2),
              Duration.ofMillis(10),
              Duration.ofMinutes(1))
          .saying("The longest wait between two attempts, unless the API asks for a longer one.");

  static final Setting<Duration> API_RETRY_AFTER_MAX =
      Setting.duration(
              "listener.api.retry-after.max",
              Duration.ofSeconds(10),
              Duration.ZERO,
              Duration.ofMinutes(5))
          .saying("The longest wait that the API's header Retry-After is granted.");

  static final Setting<Long> API_RESPONSE_MAX =
      Setting.size("listener.api.response.max.size", 4L << 20, 1L << 10, 64L << 20)
          .saying("A larger answer of the API is cut off, and the message fails.");

  static final Setting<Integer> BREAKER_FAILURES =
      Setting.integer("listener.api.breaker.failures", 20, 1, 10_000)
          .saying(
              "Failures within ten seconds, with no success between them, after which the API is"
                  + " left alone.");

  static final Setting<Duration> BREAKER_RESET =
      Setting.duration(
              "listener.api.breaker.reset",
              Duration.ofSeconds(10),
              Duration.ofMillis(100),
              Duration.ofMinutes(10))
          .saying("How long the API is left alone before one request tries it.");

  static final Setting<String> TOPIC =
      Setting.text("listener.topic.name")
          .within("letters, digits, dots, dashes, underscores", EntityRoute::isTopic)
          .saying("The tenures' topic; its name is also the subject's, with -value behind it.");

  static final Setting<Integer> TOPIC_PARTITIONS =
      Setting.integer("listener.topic.partitions", 1, 1, 10_000)
          .saying("Partitions of a topic that does not exist yet.");

  static final Setting<Integer> TOPIC_REPLICATION =
      Setting.integer("listener.topic.replication", 2, 1, 100)
          .saying("Replicas of a topic that does not exist yet; as many brokers must be there.");

  static final Setting<Map<String, String>> TOPIC_CONFIGS =
      Setting.map("listener.topic.configs", Map.of())
          .saying("Kafka's settings of a topic that does not exist yet, such as cleanup.policy.");

  static final Setting<RecordKey> RECORD_KEY =
      Setting.choice("listener.record.key", RecordKey.ENTITY_ID)
          .saying(
              "A record's key: entity-id keeps the order of each entity's records on a topic with"
                  + " several partitions; none is what the replaced service did.");

  static final Setting<Duration> SEND_TIMEOUT =
      Setting.duration(
              "listener.send.timeout",
              Duration.ofSeconds(10),
              Duration.ofMillis(100),
              Duration.ofSeconds(10))
          .saying("How long Kafka's acknowledgement may take in all before the message fails.");

  static final Setting<Map<String, String>> PRODUCER =
      Setting.map("listener.producer", Map.of())
          .saying(
              "Further properties of the Kafka producer, passed as they are, for example"
                  + " compression.type or max.request.size; never a secret.");

  static final Setting<Duration> MESSAGE_TIMEOUT =
      Setting.duration(
              "listener.message.timeout",
              Duration.ofSeconds(60),
              Duration.ofSeconds(1),
              Duration.ofMinutes(30))
          .saying("How long one message may be at work, all attempts included, before it fails.");

  static final Setting<Integer> CONCURRENCY =
      Setting.integer("listener.concurrency", 64, 1, 1_000)
          .saying("Messages at work at the same time, and connections to the API.");

  /** What the core reads, in a verticle as in a function. */
  static final List<Setting<?>> CORE = core();

  private static final Set<String> RESERVED =
      Set.of(
          ProducerConfig.ACKS_CONFIG,
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
          ProducerConfig.TRANSACTIONAL_ID_CONFIG,
          ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
          ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
          ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
          ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
          ProducerConfig.MAX_BLOCK_MS_CONFIG,
          ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
          "security.protocol",
          SaslConfigs.SASL_MECHANISM);

  private ListenerSettings() {}

  private static List<Setting<?>> core() {
    List<Setting<?>> settings =
        new ArrayList<>(
            List.of(
                EVENTS,
                ENTITIES,
                API_URL,
                API_TOKEN,
                API_TOKEN_FILE,
                API_TIMEOUT,
                API_ATTEMPTS,
                API_RETRY_MAX,
                API_RETRY_AFTER_MAX,
                API_RESPONSE_MAX,
                BREAKER_FAILURES,
                BREAKER_RESET,
                TOPIC,
                TOPIC_PARTITIONS,
                TOPIC_REPLICATION,
                TOPIC_CONFIGS,
                RECORD_KEY,
                SEND_TIMEOUT,
                PRODUCER,
                MESSAGE_TIMEOUT,
                CONCURRENCY));
    settings.addAll(KafkaSettings.SETTINGS);
    settings.addAll(RegistrySettings.SETTINGS);
    settings.addAll(AvroLimits.SETTINGS);
    return List.copyOf(settings);
  }

  /** What one setting alone can't tell; one line each, with the remedy. */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    EntityRoute.table(settings, problems);
    if (settings.find(API_TOKEN).isPresent() && settings.find(API_TOKEN_FILE).isPresent()) {
      problems.add(
          "'%s' and '%s' exclude each other; set one"
              .formatted(API_TOKEN.key(), API_TOKEN_FILE.key()));
    }
    for (String property : settings.get(PRODUCER).keySet()) {
      if (RESERVED.contains(property)
          || KafkaSettings.isReserved(property)
          || property.matches(".*(password|secret|jaas).*|ssl\\.keystore\\.key")) {
        problems.add(
            ("'%s' must not hold '%s': it has a setting of its own, decides whether records are"
                    + " lost, or is a secret")
                .formatted(PRODUCER.key(), property));
      }
    }
    problems.addAll(KafkaSettings.problems(settings));
    problems.addAll(RegistrySettings.problems(settings));
    return problems;
  }

  /** A user in the address would end up in logs, and a query has no place below a path. */
  static boolean isBaseUrl(String url) {
    try {
      URI uri = new URI(url);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getQuery() == null
          && uri.getFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
