package io.bierelay.sandbox;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The servers of an integration test: Kafka and registry in this JVM, RabbitMQ and PostgreSQL real,
 * with a virtual host and a database of its own.
 */
public final class RelayServers implements AutoCloseable {

  private final SandboxKafka kafka = new SandboxKafka();
  private final SandboxRegistry registry = new SandboxRegistry();
  private final RabbitAddress rabbit;
  private final PostgresAddress postgres = RealServices.freshDatabase();
  private final Map<ContentionType, Integer> schemaIds = registry.registerContentionSchemas();
  private final int adminPort = Ports.free();

  /** With the shared RabbitMQ. */
  public RelayServers() {
    this(RealServices.freshVirtualHost());
  }

  /** With a RabbitMQ of the test's own. */
  public RelayServers(RabbitAddress rabbit) {
    this.rabbit = rabbit;
  }

  /** Starts Kafka with the five topics, and the registry with the five schemas. */
  public RelayServers start(int partitions) {
    startKafka(partitions);
    registry.start();
    return this;
  }

  /** Starts Kafka and creates the topics. */
  public void startKafka(int partitions) {
    kafka.start();
    kafka.createTopics(
        Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList(), partitions);
  }

  /** Its Kafka. */
  public SandboxKafka kafka() {
    return kafka;
  }

  /** Its registry. */
  public SandboxRegistry registry() {
    return registry;
  }

  /** Its virtual host. */
  public RabbitAddress rabbit() {
    return rabbit;
  }

  /** Its database. */
  public PostgresAddress postgres() {
    return postgres;
  }

  /** The registry's ids of the five schemas. */
  public Map<ContentionType, Integer> schemaIds() {
    return schemaIds;
  }

  /** A publisher with the rights of BIE. */
  public EventPublisher publisher() {
    return new EventPublisher(kafka.adminProperties(), schemaIds);
  }

  /** Where the relay's administration listens. */
  public String adminUrl() {
    return "http://127.0.0.1:" + adminPort;
  }

  /** The settings for the roles svc-bie-kafka and workflow. */
  public Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", kafka.bootstrap());
    settings.put("kafka.security.protocol", "sasl-plaintext");
    settings.put("kafka.sasl.username", kafka.username());
    settings.put("kafka.sasl.password", kafka.password());
    settings.put("kafka.group.id", Sandbox.GROUP);
    settings.put("kafka.topic.infix", ContentionType.INFIX);
    settings.put("registry.urls", List.of(registry.url()));
    settings.putAll(rabbit.settings());
    settings.putAll(postgres.settings());
    settings.put("admin.port", adminPort);
    return settings;
  }

  @Override
  public void close() {
    registry.close();
    kafka.close();
  }
}
