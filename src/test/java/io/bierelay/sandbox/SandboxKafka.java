package io.bierelay.sandbox;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A real Kafka (KRaft) in this JVM that refuses whoever does not authenticate.
 *
 * <p>Its ports are chosen when it is made, so its address is known while it is down; a stop and a
 * start keep ports and data. The service's user may read topics and use consumer groups and nothing
 * else, as with the real one; what needs more is done as the administrator.
 */
public final class SandboxKafka implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final String SERVICE_USER = "svc-bie-kafka";
  private static final String LISTENER_USER = "reporting-listener";
  private static final String ADMIN_USER = "sandbox-admin";
  private static final String PLAIN_LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\"";

  private final String servicePassword = secret();
  private final String adminPassword = secret();
  private final String clusterId = Uuid.randomUuid().toString();
  private final List<Integer> clientPorts;
  private final List<Integer> controllerPorts;
  private final Map<String, String> overrides;
  private final List<Listener> listeners;
  private final List<Integer> advertisedPorts;
  private final List<Integer> proxiedPorts;
  private final ScratchDirectory scratch = ScratchDirectory.create("kafka");
  private final KafkaRaftServer[] servers;
  private boolean formatted;
  private boolean authorized;

  /** One node on a free port, not started yet. */
  public SandboxKafka() {
    this(builder());
  }

  private SandboxKafka(Builder builder) {
    List<Integer> free = Ports.free(3 * builder.nodes);
    List<Integer> ports = new ArrayList<>(free.subList(0, builder.nodes));
    if (builder.port != 0) {
      ports.set(0, builder.port);
    }
    clientPorts = List.copyOf(ports);
    controllerPorts = free.subList(builder.nodes, 2 * builder.nodes);
    advertisedPorts = List.copyOf(builder.advertisedPorts);
    proxiedPorts =
        advertisedPorts.isEmpty() ? List.of() : free.subList(2 * builder.nodes, free.size());
    overrides = Map.copyOf(builder.overrides);
    listeners = List.copyOf(builder.listeners);
    servers = new KafkaRaftServer[builder.nodes];
  }

  /** For another number of nodes, a given port, or broker settings of one's own. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts what is down and returns once each node takes requests; stored records are kept. */
  public synchronized SandboxKafka start() {
    format();
    // In parallel, because no node is up before a majority of the controllers is.
    Parallel.run(nodes().filter(n -> servers[n] == null).mapToObj(this::starting).toList());
    authorize();
    return this;
  }

  /** Stops all nodes; ports and data stay for the next start. */
  public synchronized void stop() {
    Parallel.run(nodes().filter(n -> servers[n] != null).mapToObj(this::stopping).toList());
  }

  /** Starts one node, counted from 0, of a cluster whose majority is up. */
  public synchronized void startNode(int node) {
    starting(node).run();
  }

  /** Stops one node, counted from 0, in good order: its partitions move to others first. */
  public synchronized void stopNode(int node) {
    stopping(node).run();
  }

  @Override
  public void close() {
    try {
      stop();
    } finally {
      scratch.close();
    }
  }

  /** The bootstrap servers, known even while Kafka is down. */
  public String bootstrap() {
    return clientPorts.stream().map(p -> HOST + ":" + p).collect(Collectors.joining(","));
  }

  /**
   * Where each node listens for those who come by the ports of {@link Builder#advertised}: what
   * stands at those has to forward to these.
   */
  public List<Integer> proxiedPorts() {
    return proxiedPorts;
  }

  /** The service's user. */
  public String username() {
    return SERVICE_USER;
  }

  /** The service's password, another one for each instance. */
  public String password() {
    return servicePassword;
  }

  /** The settings by which the role reporting-listener connects, with rights of its own. */
  public Map<String, Object> listenerSettings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", bootstrap());
    settings.put("kafka.security.protocol", "sasl-plaintext");
    settings.put("kafka.sasl.username", LISTENER_USER);
    settings.put("kafka.sasl.password", servicePassword);
    return settings;
  }

  /** What a Kafka client needs to connect as the service. */
  public Properties serviceProperties() {
    return clientProperties(SERVICE_USER, servicePassword);
  }

  /** What a Kafka client needs to connect as the administrator, who may do everything. */
  public Properties adminProperties() {
    return clientProperties(ADMIN_USER, adminPassword);
  }

  /** What a Kafka client needs to try that user and that password. */
  public Properties clientProperties(String user, String password) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap());
    properties.put("security.protocol", "SASL_PLAINTEXT");
    properties.put("sasl.mechanism", "PLAIN");
    properties.put("sasl.jaas.config", PLAIN_LOGIN.formatted(user, password) + ";");
    return properties;
  }

  /** Creates topics, replicated to every node; one that exists already is left as it is. */
  public void createTopics(Collection<String> names, int partitions) {
    short replicas = (short) servers.length;
    try (Admin admin = Admin.create(adminProperties())) {
      var topics = names.stream().map(n -> new NewTopic(n, partitions, replicas)).toList();
      for (var created : admin.createTopics(topics).values().values()) {
        try {
          created.get();
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw new IllegalStateException("cannot create " + names, e.getCause());
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private IntStream nodes() {
    return IntStream.range(0, servers.length);
  }

  private Runnable starting(int node) {
    return () -> {
      KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(config(node)), Time.SYSTEM);
      server.startup();
      servers[node] = server;
    };
  }

  private Runnable stopping(int node) {
    return () -> {
      KafkaRaftServer server = servers[node];
      servers[node] = null;
      server.shutdown();
      server.awaitShutdown();
    };
  }

  private void format() {
    if (formatted) {
      return;
    }
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    nodes()
        .forEach(
            node -> {
              try {
                new Formatter()
                    .setNodeId(node + 1)
                    .setClusterId(clusterId)
                    .addDirectory(directory(node))
                    .setMetadataLogDirectory(directory(node))
                    .setControllerListenerName("CONTROLLER")
                    .setPrintStream(nowhere)
                    .run();
              } catch (Exception e) {
                throw new IllegalStateException("cannot format " + directory(node), e);
              }
            });
    formatted = true;
  }

  /** Gives each user what it has in the real cluster, and not a right more. */
  private void authorize() {
    if (authorized) {
      return;
    }
    var rights =
        List.of(
            right(ResourceType.TOPIC, SERVICE_USER, AclOperation.READ),
            right(ResourceType.GROUP, SERVICE_USER, AclOperation.READ),
            right(ResourceType.TOPIC, LISTENER_USER, AclOperation.WRITE),
            right(ResourceType.TOPIC, LISTENER_USER, AclOperation.CREATE));
    try (Admin admin = Admin.create(adminProperties())) {
      admin.createAcls(rights).all().get();
      authorized = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot grant the service its rights", e.getCause());
    }
  }

  private static AclBinding right(ResourceType type, String user, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(type, "*", PatternType.LITERAL),
        new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  private String directory(int node) {
    return scratch.resolve("node-" + (node + 1)).toString();
  }

  private Map<String, String> config(int node) {
    String voters =
        nodes()
            .mapToObj(n -> (n + 1) + "@" + HOST + ":" + controllerPorts.get(n))
            .collect(Collectors.joining(","));
    String users =
        PLAIN_LOGIN.formatted(ADMIN_USER, adminPassword)
            + " user_%s=\"%s\"".formatted(ADMIN_USER, adminPassword)
            + " user_%s=\"%s\"".formatted(LISTENER_USER, servicePassword)
            + " user_%s=\"%s\";".formatted(SERVICE_USER, servicePassword);
    String replicas = String.valueOf(servers.length);
    String majority = String.valueOf(servers.length / 2 + 1);
    Map<String, String> config = new HashMap<>();
    config.put("process.roles", "broker,controller");
    config.put("node.id", String.valueOf(node + 1));
    config.put("controller.quorum.voters", voters);
    config.put("controller.listener.names", "CONTROLLER");
    config.put(
        "listeners",
        "CLIENT://%s:%d,CONTROLLER://%s:%d"
            .formatted(HOST, clientPorts.get(node), HOST, controllerPorts.get(node)));
    config.put("advertised.listeners", "CLIENT://%s:%d".formatted(HOST, clientPorts.get(node)));
    if (!advertisedPorts.isEmpty()) {
      String proxied = ",PROXIED://%s:%d";
      config.merge("listeners", proxied.formatted(HOST, proxiedPorts.get(node)), String::concat);
      config.merge(
          "advertised.listeners",
          proxied.formatted(HOST, advertisedPorts.get(node)),
          String::concat);
      config.put("listener.name.proxied.plain.sasl.jaas.config", users);
    }
    // No listener without a password, not even between the nodes: otherwise a client that forgets
    // to authenticate could still find a way in.
    config.put(
        "listener.security.protocol.map",
        "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,PROXIED:SASL_PLAINTEXT");
    for (Listener listener : listeners) {
      String address = ",%s://%s:%d";
      config.merge(
          "listeners", address.formatted(listener.name(), HOST, listener.port()), String::concat);
      config.merge(
          "advertised.listeners",
          address.formatted(listener.name(), listener.host(), listener.advertised()),
          String::concat);
      config.merge(
          "listener.security.protocol.map",
          ",%s:%s".formatted(listener.name(), listener.protocol()),
          String::concat);
      String prefix = "listener.name." + listener.name().toLowerCase(Locale.ROOT) + ".";
      config.put(prefix + "plain.sasl.jaas.config", users);
      listener.config().forEach((key, value) -> config.put(prefix + key, value));
    }
    config.put("inter.broker.listener.name", "CLIENT");
    config.put("sasl.enabled.mechanisms", "PLAIN");
    config.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
    config.put("sasl.mechanism.controller.protocol", "PLAIN");
    config.put("listener.name.client.plain.sasl.jaas.config", users);
    config.put("listener.name.controller.plain.sasl.jaas.config", users);
    config.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    config.put("super.users", "User:" + ADMIN_USER);
    config.put("log.dirs", directory(node));
    config.put("auto.create.topics.enable", "false");
    config.put("default.replication.factor", replicas);
    config.put("min.insync.replicas", majority);
    config.put("offsets.topic.replication.factor", replicas);
    config.put("offsets.topic.num.partitions", "4");
    config.put("transaction.state.log.replication.factor", replicas);
    config.put("transaction.state.log.min.isr", majority);
    config.put("transaction.state.log.num.partitions", "4");
    config.put("group.initial.rebalance.delay.ms", "0");
    // The rest keeps one more broker in a JVM small and its end quick.
    config.put("log.cleaner.dedupe.buffer.size", "2097152");
    config.put("num.network.threads", "2");
    config.put("num.io.threads", "4");
    config.put("controlled.shutdown.max.retries", "1");
    config.put("controlled.shutdown.retry.backoff.ms", "100");
    config.putAll(overrides);
    return config;
  }

  private static String secret() {
    return UUID.randomUUID().toString();
  }

  /**
   * One more door.
   *
   * @param protocol as Kafka calls it, such as {@code SASL_SSL}
   * @param host how clients call it, as in its certificate
   * @param advertised where clients are sent to, such as a proxy's port
   * @param config what Kafka is told of this listener only, without prefix
   */
  public record Listener(
      String name,
      String protocol,
      int port,
      String host,
      int advertised,
      Map<String, String> config) {}

  /** What can be chosen before a {@link SandboxKafka} is made. */
  public static final class Builder {
    private final Map<String, String> overrides = new HashMap<>();
    private final List<Listener> listeners = new ArrayList<>();
    private int nodes = 1;
    private List<Integer> advertisedPorts = List.of();
    private int port;

    private Builder() {}

    /** How many nodes; each topic is replicated to all of them, with a majority in sync. */
    public Builder nodes(int number) {
      nodes = number;
      return this;
    }

    /** The first node's port for clients. */
    public Builder port(int chosen) {
      port = chosen;
      return this;
    }

    /**
     * Makes each node take clients at one more port and send them to these instead, one for each
     * node, where something that can fail stands between. Between the nodes, and for who connects
     * to {@link SandboxKafka#bootstrap}, nothing changes.
     */
    public Builder advertised(List<Integer> ports) {
      advertisedPorts = List.copyOf(ports);
      return this;
    }

    /** One more door of a cluster with one node, such as one with TLS. */
    public Builder listener(Listener listener) {
      listeners.add(listener);
      return this;
    }

    /** A broker setting, stronger than the sandbox's own. */
    public Builder with(String key, String value) {
      overrides.put(key, value);
      return this;
    }

    /** Reserves its addresses; it is down until {@link SandboxKafka#start()}. */
    public SandboxKafka build() {
      return new SandboxKafka(this);
    }
  }
}
