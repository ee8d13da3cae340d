package io.bierelay.sandbox;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
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
 * A real Kafka (KRaft) in this JVM that refuses whoever does not authenticate: by a password, or
 * with {@link Builder#tls} by a certificate, at every port.
 *
 * <p>Its ports are chosen when it is made, so its address is known while it is down; a stop and a
 * start keep ports and data. The service's user may read topics and use consumer groups and nothing
 * else, as with the real one; what needs more is done as the administrator.
 */
public final class SandboxKafka implements AutoCloseable {
  private static final String SERVICE_USER = "svc-bie-kafka";
  private static final String LISTENER_USER = "reporting-listener";
  private static final String ADMIN_USER = "sandbox-admin";

  private final String servicePassword = secret();
  private final String adminPassword = secret();
  private final String clusterId = Uuid.randomUuid().toString();
  private final SandboxKafkaConfig config;

  /** Null without TLS. */
  private final SandboxTls tls;

  private final ScratchDirectory scratch = ScratchDirectory.create("kafka");
  private final KafkaRaftServer[] servers;
  private boolean formatted;
  private boolean authorized;

  /** One node on a free port, not started yet. */
  public SandboxKafka() {
    this(builder());
  }

  private SandboxKafka(Builder builder) {
    config =
        new SandboxKafkaConfig(
            builder,
            Map.of(
                ADMIN_USER,
                adminPassword,
                LISTENER_USER,
                servicePassword,
                SERVICE_USER,
                servicePassword),
            ADMIN_USER);
    tls = builder.tls;
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
    return SandboxKafkaConfig.addresses(config.clientPorts());
  }

  /**
   * Where each node listens for those who come by the ports of {@link Builder#advertised}: what
   * stands at those has to forward to these.
   */
  public List<Integer> proxiedPorts() {
    return config.proxiedPorts();
  }

  /** The service's user. */
  public String username() {
    return SERVICE_USER;
  }

  /** The service's password, another one for each instance. */
  public String password() {
    return servicePassword;
  }

  /** The settings by which the role svc-bie-kafka connects. */
  public Map<String, Object> serviceSettings() {
    return settings(SERVICE_USER);
  }

  /** The settings by which the role reporting-listener connects, with rights of its own. */
  public Map<String, Object> listenerSettings() {
    return settings(LISTENER_USER);
  }

  private Map<String, Object> settings(String user) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", bootstrap());
    if (tls != null) {
      settings.put("kafka.security.protocol", "ssl");
      settings.putAll(tls.client(user).settings("kafka.ssl"));
    } else {
      settings.put("kafka.security.protocol", "sasl-plaintext");
      settings.put("kafka.sasl.username", user);
      settings.put("kafka.sasl.password", servicePassword);
    }
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

  /**
   * What a Kafka client needs to try that user and that password; with TLS the user's certificate,
   * and the password is not asked for.
   */
  public Properties clientProperties(String user, String password) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap());
    if (tls != null) {
      properties.put("security.protocol", "SSL");
      properties.putAll(tls.client(user).kafkaProperties());
      return properties;
    }
    properties.put("security.protocol", "SASL_PLAINTEXT");
    properties.put("sasl.mechanism", "PLAIN");
    properties.put("sasl.jaas.config", SandboxKafkaConfig.login(user, password) + ";");
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
      KafkaRaftServer server =
          new KafkaRaftServer(new KafkaConfig(config.of(node, directory(node))), Time.SYSTEM);
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

  private static String secret() {
    return UUID.randomUUID().toString();
  }

  /**
   * One more door, at each node.
   *
   * @param protocol as Kafka calls it, such as {@code SASL_SSL}
   * @param ports one for each node
   * @param host how clients call it, as in its certificate
   * @param advertised where clients are sent to, such as a proxy's ports; one for each node
   * @param config what Kafka is told of this listener only, without prefix
   */
  public record Listener(
      String name,
      String protocol,
      List<Integer> ports,
      String host,
      List<Integer> advertised,
      Map<String, String> config) {

    /** One of a cluster with one node. */
    public Listener(
        String name,
        String protocol,
        int port,
        String host,
        int advertised,
        Map<String, String> config) {
      this(name, protocol, List.of(port), host, List.of(advertised), config);
    }

    /** One at ports that are free, so many as there are nodes. */
    public static Listener at(String name, String protocol, int nodes, Map<String, String> config) {
      List<Integer> ports = Ports.free(nodes);
      return new Listener(name, protocol, ports, SandboxKafkaConfig.HOST, ports, config);
    }

    /** Where it is, for {@code bootstrap.servers}. */
    public String bootstrap() {
      return SandboxKafkaConfig.addresses(advertised);
    }
  }

  /** What can be chosen before a {@link SandboxKafka} is made. */
  public static final class Builder {
    final Map<String, String> overrides = new HashMap<>();
    final List<Listener> listeners = new ArrayList<>();
    int nodes = 1;
    List<Integer> advertisedPorts = List.of();
    SandboxTls tls;
    int port;

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

    /** One more door, such as one with TLS. */
    public Builder listener(Listener listener) {
      listeners.add(listener);
      return this;
    }

    /**
     * Has nodes and clients show certificates of that authority to each other; there are no
     * passwords then, but at doors that are given by {@link #listener} or {@link #advertised}.
     */
    public Builder tls(SandboxTls certificates) {
      tls = certificates;
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
