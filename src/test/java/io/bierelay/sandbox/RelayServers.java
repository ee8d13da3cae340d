package io.bierelay.sandbox;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What the relay talks to: Kafka with the five topics and the registry with the five schemas in
 * this JVM, beside an AMQP broker and a PostgreSQL from elsewhere.
 */
public final class RelayServers implements AutoCloseable {

  /** The consumer group that the development environment uses. */
  public static final String GROUP = "EXT_VRO_TST";

  private final SandboxKafka kafka;
  private final SandboxRegistry registry;
  private final RabbitAddress rabbit;
  private final PostgresAddress postgres;
  private final Map<ContentionType, Integer> schemaIds;
  private final int adminPort = Ports.free();

  /** With real servers, as tests want it: a virtual host and a database of its own. */
  public RelayServers() {
    this(RealServices.freshVirtualHost());
  }

  /** With a RabbitMQ of the test's own, and a real PostgreSQL's database. */
  public RelayServers(RabbitAddress rabbit) {
    this(rabbit, RealServices.freshDatabase());
  }

  /** With these servers, which whoever has started them stops. */
  public RelayServers(RabbitAddress rabbit, PostgresAddress postgres) {
    this(rabbit, postgres, null);
  }

  /** The same, where Kafka and registry want certificates of that authority; null for none. */
  public RelayServers(RabbitAddress rabbit, PostgresAddress postgres, SandboxTls tls) {
    this.kafka = SandboxKafka.builder().tls(tls).build();
    this.registry = new SandboxRegistry().tls(tls);
    this.schemaIds = registry.registerContentionSchemas();
    this.rabbit = rabbit;
    this.postgres = postgres;
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
    Map<String, Object> settings = new HashMap<>(kafka.serviceSettings());
    settings.put("kafka.group.id", GROUP);
    settings.put("kafka.topic.infix", ContentionType.INFIX);
    settings.putAll(registry.settings(kafka.username()));
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
