package io.bierelay.guarantee;

import io.bierelay.sandbox.DocumentedPermissions;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxRegistry;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The servers that all scenarios share, each with a {@link FaultProxy} before it: RabbitMQ as a
 * process, Kafka with three nodes, a registry. The relay comes through the proxies, the test does
 * not; the relay may do what {@code docs/permissions.md} says, the test everything.
 */
final class GuaranteeServers implements AutoCloseable {

  /** RabbitMQ closes the channel over a larger message, in bytes. */
  static final int MAX_MESSAGE_BYTES = 16 << 20;

  private static final int NODES = 3;

  private final DocumentedPermissions permissions = new DocumentedPermissions();
  private final String relayPassword = UUID.randomUUID().toString();

  private final Vertx vertx = Vertx.vertx();
  private final RabbitProcess rabbit = new RabbitProcess("max_message_size = " + MAX_MESSAGE_BYTES);
  private final SandboxRegistry registry = new SandboxRegistry();
  private final SandboxKafka kafka;
  private final FaultProxy rabbitProxy;
  private final FaultProxy registryProxy;
  private final List<FaultProxy> kafkaProxies = new ArrayList<>();
  private boolean alarm;

  /** Starts all of them. */
  GuaranteeServers() {
    List<Integer> advertised = Ports.free(NODES);
    kafka =
        SandboxKafka.builder()
            .nodes(NODES)
            .advertised(advertised)
            .with("message.max.bytes", "41943040")
            .with("replica.fetch.max.bytes", "41943040")
            // Each of a hundred threads would get as much of two cores as all of RabbitMQ.
            .with("num.io.threads", "2")
            .with("num.network.threads", "1")
            // Lets scenarios choose sessions shorter than the broker would allow.
            .with("group.min.session.timeout.ms", "1000")
            // A node that is stopped is gone at once, as one that was killed: its leaders are not
            // moved before, the others have to find out.
            .with("controlled.shutdown.enable", "false")
            .with("broker.session.timeout.ms", "6000")
            .with("broker.heartbeat.interval.ms", "1000")
            .build();
    kafka.start();
    rabbit.start();
    permissions.makeUsers(rabbit, relayPassword);
    registry.start();
    rabbitProxy = new FaultProxy(vertx, rabbit.address().port());
    registryProxy = new FaultProxy(vertx, URI.create(registry.url()).getPort());
    for (int node = 0; node < NODES; node++) {
      kafkaProxies.add(new FaultProxy(vertx, advertised.get(node), kafka.proxiedPorts().get(node)));
    }
  }

  RabbitProcess rabbit() {
    return rabbit;
  }

  SandboxKafka kafka() {
    return kafka;
  }

  SandboxRegistry registry() {
    return registry;
  }

  FaultProxy rabbitProxy() {
    return rabbitProxy;
  }

  FaultProxy registryProxy() {
    return registryProxy;
  }

  /** One per node. */
  List<FaultProxy> kafkaProxies() {
    return List.copyOf(kafkaProxies);
  }

  /**
   * Lets the relay do with these topics, this group and this virtual host what it has to, and
   * nothing with any other.
   *
   * @param exactlyOnce whether it keeps ledgers, which takes more
   * @return its settings, by which it reaches all servers through the proxies
   */
  Map<String, Object> admit(TopicSet topics, RabbitAddress virtualHost, boolean exactlyOnce) {
    permissions.grant(kafka, topics::of, group -> topics.group());
    String user =
        exactlyOnce ? DocumentedPermissions.RELAY_EXACTLY_ONCE : DocumentedPermissions.RELAY;
    permissions.grant(rabbit, virtualHost.virtualHost(), user);
    return settings(
        new RabbitAddress(
            virtualHost.host(),
            rabbitProxy.port(),
            user,
            relayPassword,
            virtualHost.virtualHost()));
  }

  /** Makes a virtual host, for who comes without a proxy. */
  RabbitAddress makeVirtualHost(String name) {
    RabbitAddress broker = rabbit.address();
    rabbit.ctl("add_vhost", name);
    rabbit.ctl("set_permissions", "-p", name, broker.username(), ".*", ".*", ".*");
    return broker.withVirtualHost(name);
  }

  /** Takes a virtual host away, with all that its queues hold. */
  void removeVirtualHost(RabbitAddress address) {
    rabbit.ctl("delete_vhost", address.virtualHost());
  }

  private Map<String, Object> settings(RabbitAddress relay) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(
        "kafka.bootstrap.servers",
        kafkaProxies.stream()
            .map(proxy -> "127.0.0.1:" + proxy.port())
            .collect(Collectors.joining(",")));
    settings.put("kafka.security.protocol", "sasl-plaintext");
    settings.put("kafka.sasl.username", kafka.username());
    settings.put("kafka.sasl.password", kafka.password());
    settings.put("registry.urls", List.of("http://127.0.0.1:" + registryProxy.port()));
    settings.putAll(relay.settings());
    return settings;
  }

  /** Ends every fault, whatever a scenario that failed has left behind. */
  void heal() {
    for (FaultProxy proxy : allProxies()) {
      proxy.back();
      proxy.accept();
      proxy.flow();
    }
    rabbit.start();
    kafka.start();
    registry.start();
    registry.recover();
    if (alarm) {
      clearMemoryAlarm();
    }
  }

  /** Makes RabbitMQ find that it has too little memory: it takes no messages. */
  void raiseMemoryAlarm() {
    alarm = true;
    rabbit.ctl("set_vm_memory_high_watermark", "0.00001");
  }

  /** Ends what {@link #raiseMemoryAlarm} began. */
  void clearMemoryAlarm() {
    rabbit.ctl("set_vm_memory_high_watermark", "0.4");
    alarm = false;
  }

  @Override
  public void close() {
    try {
      allProxies().forEach(FaultProxy::close);
      registry.close();
      rabbit.close();
      kafka.close();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS);
    }
  }

  private List<FaultProxy> allProxies() {
    List<FaultProxy> all = new ArrayList<>(kafkaProxies);
    all.add(rabbitProxy);
    all.add(registryProxy);
    return all;
  }
}
