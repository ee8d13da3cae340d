package io.bierelay.sandbox;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything the relay talks to, in this JVM and empty: Kafka with the five topics, the registry
 * with the five schemas, an AMQP broker, PostgreSQL.
 */
public final class Sandbox implements AutoCloseable {
  /** The consumer group that the development environment uses. */
  public static final String GROUP = "EXT_VRO_TST";

  private static final int PARTITIONS = 2;

  private final SandboxKafka kafka = new SandboxKafka();
  private final SandboxRegistry registry = new SandboxRegistry();
  private final SandboxAmqp amqp = new SandboxAmqp();
  private final SandboxPostgres postgres = new SandboxPostgres();
  private final int adminPort = Ports.free();
  private final Map<ContentionType, Integer> schemaIds = registry.registerContentionSchemas();

  /** Starts all of it and returns when it is ready for use. */
  public Sandbox start() {
    Parallel.run(List.of(this::startKafka, registry::start, amqp::start, postgres::start));
    return this;
  }

  @Override
  public void close() {
    Parallel.run(List.of(kafka::close, registry::close, amqp::close, postgres::close));
  }

  /** Its Kafka. */
  public SandboxKafka kafka() {
    return kafka;
  }

  /** Its schema registry. */
  public SandboxRegistry registry() {
    return registry;
  }

  /** Its AMQP broker. */
  public SandboxAmqp amqp() {
    return amqp;
  }

  /** Its PostgreSQL. */
  public SandboxPostgres postgres() {
    return postgres;
  }

  /** The registry's ids of the five schemas. */
  public Map<ContentionType, Integer> schemaIds() {
    return schemaIds;
  }

  /** A new publisher of events into its topics. */
  public EventPublisher publisher() {
    return new EventPublisher(kafka.adminProperties(), schemaIds);
  }

  /** Where the relay's administration will listen. */
  public String adminUrl() {
    return "http://127.0.0.1:" + adminPort;
  }

  /** The relay's settings that point it here, for the roles svc-bie-kafka and workflow together. */
  public Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", kafka.bootstrap());
    settings.put("kafka.security.protocol", "sasl-plaintext");
    settings.put("kafka.sasl.mechanism", "PLAIN");
    settings.put("kafka.sasl.username", kafka.username());
    settings.put("kafka.sasl.password", kafka.password());
    settings.put("kafka.group.id", GROUP);
    settings.put("kafka.topic.infix", ContentionType.INFIX);
    settings.put("registry.urls", List.of(registry.url()));
    settings.putAll(amqp.address().settings());
    settings.putAll(postgres.address().settings());
    settings.put("admin.host", "127.0.0.1");
    settings.put("admin.port", adminPort);
    return settings;
  }

  private void startKafka() {
    kafka.start();
    kafka.createTopics(
        Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList(), PARTITIONS);
  }
}
