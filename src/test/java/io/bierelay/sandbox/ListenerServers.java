package io.bierelay.sandbox;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the role reporting-listener talks to, in this JVM: Kafka, the registry with the tenures'
 * schema, SQS, and an API that makes a tenure of each id.
 */
public final class ListenerServers implements AutoCloseable {

  private final SandboxKafka kafka;
  private final SandboxRegistry registry;
  private final boolean owner;
  private final SandboxSqs sqs;
  private final TenureApi api = new TenureApi();
  private final int adminPort = Ports.free();

  /** Not started yet; a message that was received so many times goes to the dead letters. */
  public ListenerServers(int receives) {
    this(receives, new SandboxKafka(), new SandboxRegistry(), true);
  }

  /** With a Kafka and a registry that whoever has started them stops. */
  public ListenerServers(int receives, SandboxKafka kafka, SandboxRegistry registry) {
    this(receives, kafka, registry, false);
  }

  private ListenerServers(
      int receives, SandboxKafka kafka, SandboxRegistry registry, boolean owner) {
    this.kafka = kafka;
    this.registry = registry;
    this.owner = owner;
    sqs = new SandboxSqs(receives);
  }

  /** Starts all of them. */
  public ListenerServers start() {
    registry.register(Tenures.TOPIC + "-value", Tenures.schema());
    api.makingTenures(Tenures::tenure);
    Parallel.run(List.of(kafka::start, registry::start, sqs::start, api::start));
    return this;
  }

  /** Its Kafka. */
  public SandboxKafka kafka() {
    return kafka;
  }

  /** Its registry. */
  public SandboxRegistry registry() {
    return registry;
  }

  /** Its queue. */
  public SandboxSqs sqs() {
    return sqs;
  }

  /** Its API. */
  public TenureApi api() {
    return api;
  }

  /** Where the listener's administration listens. */
  public String adminUrl() {
    return "http://127.0.0.1:" + adminPort;
  }

  /** The tenures' topic, to be read from its beginning. */
  public AvroTopic records() {
    return new AvroTopic(kafka.adminProperties(), registry, Tenures.TOPIC);
  }

  /** The settings of the core, which a function has as well. */
  public Map<String, Object> coreSettings() {
    Map<String, Object> settings = new HashMap<>(kafka.listenerSettings());
    settings.putAll(registry.settings("reporting-listener"));
    settings.put("listener.api.url", api.url());
    settings.put("listener.api.token.value", TenureApi.TOKEN);
    settings.put("listener.topic.name", Tenures.TOPIC);
    settings.put("listener.topic.replication", 1);
    return settings;
  }

  /** The settings of the role. */
  public Map<String, Object> settings() {
    Map<String, Object> settings = coreSettings();
    settings.putAll(sqs.settings());
    settings.put("admin.port", adminPort);
    return settings;
  }

  @Override
  public void close() {
    Parallel.run(List.of(sqs::close, api::close));
    if (owner) {
      Parallel.run(List.of(kafka::close, registry::close));
    }
  }
}
