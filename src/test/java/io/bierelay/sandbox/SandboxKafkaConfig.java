package io.bierelay.sandbox;

import io.bierelay.sandbox.SandboxKafka.Listener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the nodes of a {@link SandboxKafka} are told: ports, doors, users, limits. */
final class SandboxKafkaConfig {

  static final String HOST = "127.0.0.1";

  /** What the nodes' certificates say. */
  private static final String NODE = "sandbox-node";

  private static final String PLAIN_LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\""
          + " password=\"%s\"";

  private final int nodes;
  private final List<Integer> clientPorts;
  private final List<Integer> controllerPorts;
  private final List<Integer> advertisedPorts;
  private final List<Integer> proxiedPorts;
  private final Map<String, String> overrides;
  private final List<Listener> listeners;
  private final Map<String, String> passwords;
  private final String administrator;

  /** Null without TLS. */
  private final SandboxTls tls;

  /**
   * Chooses the ports.
   *
   * @param passwords by user
   * @param administrator the user who may do everything
   */
  SandboxKafkaConfig(
      SandboxKafka.Builder builder, Map<String, String> passwords, String administrator) {
    this.nodes = builder.nodes;
    this.passwords = Map.copyOf(passwords);
    this.administrator = administrator;
    List<Integer> free = Ports.free(3 * nodes);
    List<Integer> ports = new ArrayList<>(free.subList(0, nodes));
    if (builder.port != 0) {
      ports.set(0, builder.port);
    }
    clientPorts = List.copyOf(ports);
    controllerPorts = free.subList(nodes, 2 * nodes);
    advertisedPorts = List.copyOf(builder.advertisedPorts);
    proxiedPorts = advertisedPorts.isEmpty() ? List.of() : free.subList(2 * nodes, free.size());
    overrides = Map.copyOf(builder.overrides);
    listeners = List.copyOf(builder.listeners);
    tls = builder.tls;
  }

  /** Where clients come in, by node. */
  List<Integer> clientPorts() {
    return clientPorts;
  }

  /** Where those come in who are sent through proxies, by node. */
  List<Integer> proxiedPorts() {
    return proxiedPorts;
  }

  /** These ports for {@code bootstrap.servers}. */
  static String addresses(List<Integer> ports) {
    return ports.stream().map(port -> HOST + ":" + port).collect(Collectors.joining(","));
  }

  /** The beginning of a JAAS line. */
  static String login(String user, String password) {
    return PLAIN_LOGIN.formatted(user, password);
  }

  private String users() {
    return login(administrator, passwords.get(administrator))
        + passwords.entrySet().stream()
            .map(one -> " user_%s=\"%s\"".formatted(one.getKey(), one.getValue()))
            .collect(Collectors.joining())
        + ";";
  }

  /** What that node, counted from 0, is told; its data go into the directory. */
  Map<String, String> of(int node, String directory) {
    String voters =
        IntStream.range(0, nodes)
            .mapToObj(n -> (n + 1) + "@" + HOST + ":" + controllerPorts.get(n))
            .collect(Collectors.joining(","));
    String users = users();
    String replicas = String.valueOf(nodes);
    String majority = String.valueOf(nodes / 2 + 1);
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
    String own = tls == null ? "SASL_PLAINTEXT" : "SSL";
    config.put(
        "listener.security.protocol.map",
        "CLIENT:%1$s,CONTROLLER:%1$s,PROXIED:SASL_PLAINTEXT".formatted(own));
    if (tls != null) {
      tls.server(NODE).kafkaProperties().forEach((k, v) -> config.put("" + k, "" + v));
      config.put("ssl.client.auth", "required");
      // So that a user is called the same whether by password or by certificate.
      config.put("ssl.principal.mapping.rules", "RULE:^CN=(.*)$/$1/");
    }
    for (Listener listener : listeners) {
      String address = ",%s://%s:%d";
      config.merge(
          "listeners",
          address.formatted(listener.name(), HOST, listener.ports().get(node)),
          String::concat);
      config.merge(
          "advertised.listeners",
          address.formatted(listener.name(), listener.host(), listener.advertised().get(node)),
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
    config.put("super.users", "User:%s;User:%s".formatted(administrator, NODE));
    config.put("log.dirs", directory);
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
}
