package io.bierelay.bench.relay;

import io.bierelay.bench.ImageOptions;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.PeerBuild;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Who takes part in the relay's benchmark, and how each is started. */
public enum Candidate {
  /** Raw clients, messages with the relay's properties and headers. */
  FLOOR("floor: raw clients, equal messages, no decode", null),
  /** Raw clients, messages without headers. */
  FLOOR_BARE("floor: raw clients, messages without headers", null),
  /** Raw clients with the options of the relay's image. */
  FLOOR_TUNED("floor, equal messages, options of our image", null),
  /** The fat JAR as it is. */
  RELAY("BIE Relay, at least once", null),
  /** As the image runs it, with a small heap. */
  RELAY_SMALL("BIE Relay, at least once, as its image runs it, 64 MiB", null),
  /** The fat JAR with locks and ledgers. */
  RELAY_EXACTLY_ONCE("BIE Relay, exactly once", null),
  /** With the options and the archive of the image. */
  RELAY_TUNED("BIE Relay, at least once, as its image runs it", null),
  /** Another version of the fat JAR, as its image runs it. */
  RELAY_BEFORE_TUNED("BIE Relay, another version, as its image runs it", null),
  /** The fat JAR with an archive of its class data. */
  RELAY_ARCHIVE("BIE Relay, at least once, class data archive", null),
  /** Batches of 2,000, two consumers, confirms awaited once a batch. */
  SPRING_BATCH("Spring Boot, batch listener", "spring"),
  /** The same with an archive of its class data, as Spring Boot's documentation shows. */
  SPRING_BATCH_ARCHIVE("Spring Boot, batch listener, class data archive", "spring"),
  /** Record by record, the confirm's future acknowledges. */
  SPRING_CORRELATED("Spring Boot, correlated confirms", "spring"),
  /** Record by record, each confirm awaited, 20 consumers. */
  SPRING_RECORD("Spring Boot, record listener", "spring"),
  /** Kafka Connect with a sink of our own. */
  CONNECT("Kafka Connect, minimal sink", "connect"),
  /** The best of Spring with the options of the relay's image. */
  SPRING_BATCH_TUNED("Spring Boot, batch listener, options of our image", "spring"),
  /** Connect with them. */
  CONNECT_TUNED("Kafka Connect, minimal sink, options of our image", "connect"),
  /** Camel with them. */
  CAMEL_BATCH_TUNED("Apache Camel, batching, options of our image", "camel"),
  /** Camel's Kafka consumer with batching, and spring-rabbitmq. */
  CAMEL_BATCH("Apache Camel, batching", "camel"),
  /** Camel record by record. */
  CAMEL_RECORD("Apache Camel, record by record", "camel"),
  /** A row by JPA, then a message without confirm, with Spring's own settings. */
  REPLACED("the replaced service's way: row by JPA, then publish, no confirm", "springjpa");

  private static final String ARCHIVED = "_ARCHIVE";
  private static final String TUNED = "_TUNED";

  private final String title;
  private final String module;

  Candidate(String title, String module) {
    this.title = title;
    this.module = module;
  }

  /** For a table. */
  public String title() {
    return title;
  }

  boolean isPeer() {
    return module != null && this != REPLACED;
  }

  boolean isRelay() {
    return name().startsWith("RELAY");
  }

  /** Whether it starts from an archive of class data, which is made beforehand. */
  boolean isArchived() {
    return name().endsWith(ARCHIVED) || this == RELAY_SMALL || (isTuned() && this != FLOOR_TUNED);
  }

  /** Whether it has the options of the relay's image. */
  boolean isTuned() {
    return name().endsWith(TUNED);
  }

  /** Itself with the options of the relay's image, or itself where there is no such. */
  Candidate tuned() {
    return Arrays.stream(values())
        .filter(one -> one.name().equals(name() + TUNED))
        .findFirst()
        .orElse(this);
  }

  /** What it is but for its archive and options. */
  private String way() {
    return name().replace(ARCHIVED, "").replace(TUNED, "");
  }

  /** Whether latency is asked for: an archive alone changes only the start. */
  boolean hasLatency() {
    return !name().endsWith(ARCHIVED) && this != REPLACED;
  }

  /** How much of a backlog it is given: the slowest would take all day. */
  int share(int events) {
    return this == REPLACED ? events / 5 : events;
  }

  /** Whether it can be started: a peer must have been built. */
  public boolean isBuilt() {
    return module == null || PeerBuild.isThere(module);
  }

  private Path archive(Path scratch) {
    return scratch.resolve(name() + ".jsa");
  }

  /** Whether its archive is there. */
  boolean isTrained(Path scratch) {
    return Files.exists(archive(scratch));
  }

  /** Starts it so that it writes its archive when it ends. */
  MeasuredProcess train(Order order, Path scratch, List<String> jvm) throws IOException {
    return start(order, scratch, jvm, "-XX:ArchiveClassesAtExit=" + archive(scratch));
  }

  /** Starts it. */
  public MeasuredProcess start(Order order, Path scratch, List<String> jvm) throws IOException {
    if (isArchived()) {
      // Fails without it, and when it does not fit.
      return start(order, scratch, jvm, "-Xshare:on", "-XX:SharedArchiveFile=" + archive(scratch));
    }
    return start(order, scratch, jvm, new String[0]);
  }

  private MeasuredProcess start(Order order, Path scratch, List<String> jvm, String... more)
      throws IOException {
    Path log = Files.createTempFile(scratch, name().toLowerCase(Locale.ROOT), ".log");
    List<String> command = new ArrayList<>();
    command.add(MeasuredProcess.java());
    command.addAll(jvm);
    command.addAll(List.of(more));
    if (isTuned()) {
      command.addAll(ImageOptions.JVM);
    }
    if (way().equals(RELAY_SMALL.name())) {
      command.addAll(ImageOptions.JVM);
      command.add("-Xmx64m");
    }
    if (isRelay()) {
      for (String option : System.getProperty("bench.relay.jvm", "").split(" ", 0)) {
        if (!option.isEmpty()) {
          command.add(option);
        }
      }
      Path conf = Files.createTempFile(scratch, "relay", ".json");
      Files.writeString(conf, new JsonObject(settings(order)).encode());
      command.addAll(List.of("-jar", jar()));
      command.addAll(List.of("--role", "svc-bie-kafka", "--conf", conf.toString()));
      return MeasuredProcess.start(command, log, environment());
    }
    Path conf = Files.createTempFile(scratch, "order", ".properties");
    try (var out = Files.newOutputStream(conf)) {
      order.all().store(out, null);
    }
    if (module != null) {
      command.addAll(PeerBuild.command(module, conf, way()));
    } else {
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(RelayFloor.class.getName(), conf.toString()));
      if (this == FLOOR_BARE) {
        command.add("bare");
      }
    }
    return MeasuredProcess.start(command, log, environment());
  }

  private String jar() {
    String own = System.getProperty("bench.jar", "target/bie-relay.jar");
    return this == RELAY_BEFORE_TUNED ? System.getProperty("bench.before", own) : own;
  }

  private Map<String, String> environment() {
    return isTuned() ? ImageOptions.ENVIRONMENT : Map.of();
  }

  private Map<String, Object> settings(Order order) {
    Map<String, Object> settings = relaySettings(order);
    if (this == RELAY_EXACTLY_ONCE) {
      settings.put("notify.delivery", "exactly-once");
    }
    return settings;
  }

  /** What the role svc-bie-kafka is told. */
  public static Map<String, Object> relaySettings(Order order) {
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
    for (String given : System.getProperty("bench.settings", "").split(",", 0)) {
      if (given.contains("=")) {
        settings.put(
            given.substring(0, given.indexOf('=')), given.substring(given.indexOf('=') + 1));
      }
    }
    return settings;
  }
}
