package io.bierelay.bench.relay;

import io.bierelay.bench.MeasuredProcess;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Who takes part in the relay's benchmark, and how each is started. */
enum Candidate {
  /** Raw clients, messages with the relay's properties and headers. */
  FLOOR("floor: raw clients, equal messages, no decode", false),
  /** Raw clients, messages without headers. */
  FLOOR_BARE("floor: raw clients, messages without headers", false),
  /** The fat JAR as it is. */
  RELAY("BIE Relay, at least once", false),
  /** The fat JAR with a small heap, the simplest collector and the quick compiler only. */
  RELAY_SMALL("BIE Relay, at least once, 64 MiB, serial GC, C1", false),
  /** The fat JAR with locks and ledgers. */
  RELAY_EXACTLY_ONCE("BIE Relay, exactly once", false),
  /** Batches of 2,000, two consumers, confirms awaited once a batch. */
  SPRING_BATCH("Spring Boot, batch listener", true),
  /** Record by record, the confirm's future acknowledges. */
  SPRING_CORRELATED("Spring Boot, correlated confirms", true),
  /** Record by record, each confirm awaited, 20 consumers. */
  SPRING_RECORD("Spring Boot, record listener", true),
  /** Kafka Connect with a sink of our own. */
  CONNECT("Kafka Connect, minimal sink", true),
  /** Camel's Kafka consumer with batching, and spring-rabbitmq. */
  CAMEL_BATCH("Apache Camel, batching", true),
  /** Camel record by record. */
  CAMEL_RECORD("Apache Camel, record by record", true);

  private final String title;
  private final boolean peer;

  Candidate(String title, boolean peer) {
    this.title = title;
    this.peer = peer;
  }

  String title() {
    return title;
  }

  boolean isPeer() {
    return peer;
  }

  boolean isRelay() {
    return this == RELAY || this == RELAY_SMALL || this == RELAY_EXACTLY_ONCE;
  }

  /** Where a peer's own build has written its class path. */
  private String module() {
    return name().toLowerCase(Locale.ROOT).replaceAll("_.*", "");
  }

  /** Whether it can be started: a peer must have been built. */
  boolean isBuilt() {
    return !peer || Files.exists(Path.of("bench", "peers", module(), "target", "classpath"));
  }

  MeasuredProcess start(Order order, Path scratch, List<String> jvm) throws IOException {
    Path log = Files.createTempFile(scratch, name().toLowerCase(Locale.ROOT), ".log");
    List<String> command = new ArrayList<>();
    command.add(MeasuredProcess.java());
    command.addAll(jvm);
    if (this == RELAY_SMALL) {
      command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    }
    if (isRelay()) {
      for (String option : System.getProperty("bench.relay.jvm", "").split(" ", 0)) {
        if (!option.isEmpty()) {
          command.add(option);
        }
      }
      Path conf = Files.createTempFile(scratch, "relay", ".json");
      Files.writeString(conf, new JsonObject(settings(order)).encode());
      command.addAll(List.of("-jar", System.getProperty("bench.jar", "target/bie-relay.jar")));
      command.addAll(List.of("--role", "svc-bie-kafka", "--conf", conf.toString()));
      return MeasuredProcess.start(command, log);
    }
    Path conf = Files.createTempFile(scratch, "order", ".properties");
    try (var out = Files.newOutputStream(conf)) {
      order.all().store(out, null);
    }
    if (peer) {
      Path target = Path.of("bench", "peers", module(), "target");
      String libraries = Files.readString(target.resolve("classpath")).strip();
      command.addAll(List.of("-cp", target.resolve("classes") + ":" + libraries));
      command.add("io.bierelay.bench.peers." + module() + ".Peer");
      command.addAll(List.of(conf.toString(), name()));
    } else {
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(RelayFloor.class.getName(), conf.toString()));
      if (this == FLOOR_BARE) {
        command.add("bare");
      }
    }
    return MeasuredProcess.start(command, log);
  }

  private Map<String, Object> settings(Order order) {
    Map<String, Object> settings = new TreeMap<>();
    settings.put("kafka.bootstrap.servers", order.all().getProperty("kafka.bootstrap.servers"));
    settings.put("kafka.security.protocol", "sasl-plaintext");
    settings.put("kafka.sasl.username", order.all().getProperty("login.username"));
    settings.put("kafka.sasl.password", order.all().getProperty("login.password"));
    settings.put("kafka.group.id", order.all().getProperty("kafka.group.id"));
    settings.put("kafka.topics", order.topics());
    settings.put("registry.urls", List.of(order.all().getProperty("registry")));
    settings.put("rabbitmq.host", order.rabbit("host"));
    settings.put("rabbitmq.port", Integer.parseInt(order.rabbit("port")));
    settings.put("rabbitmq.username", order.rabbit("username"));
    settings.put("rabbitmq.password", order.rabbit("password"));
    settings.put("rabbitmq.virtual.host", order.rabbit("vhost"));
    settings.put("admin.port", 0);
    if (this == RELAY_EXACTLY_ONCE) {
      settings.put("notify.delivery", "exactly-once");
    }
    for (String given : System.getProperty("bench.settings", "").split(",", 0)) {
      if (given.contains("=")) {
        settings.put(
            given.substring(0, given.indexOf('=')), given.substring(given.indexOf('=') + 1));
      }
    }
    return settings;
  }
}
