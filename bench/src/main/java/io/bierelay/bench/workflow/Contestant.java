package io.bierelay.bench.workflow;

import io.bierelay.bench.ImageOptions;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.PeerBuild;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RabbitAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** One process that drains the queues, whatever it is made of; its CPU time can be asked. */
public final class Contestant implements AutoCloseable {

  /** Alike for all of them. */
  static final int BATCH_SIZE = 500;

  static final int LINGER_MS = 5;

  /** Of all but the relay, which has a default of its own. */
  static final int PREFETCH = 1000;

  private final MeasuredProcess process;

  /** Who takes part. */
  public enum Kind {
    /** Raw clients, rows that are known beforehand. */
    FLOOR("floor: raw clients, unnested arrays, no extraction", null),
    /** The fat JAR. */
    RELAY("BIE Relay", null),
    /** Raw clients with the options of the relay's manifest. */
    FLOOR_TUNED("floor, options of our manifest", null),
    /** The fat JAR with the options of its manifest, and an archive of its class data. */
    RELAY_TUNED("BIE Relay, as its manifest runs it", null),
    /** Raw clients again, but each message by itself. */
    INSERT_PER_MESSAGE("raw clients, one insert per message", null),
    /** Spring AMQP's batch listener, Hibernate's batches. */
    SPRING_JPA_BATCH("Spring AMQP and JPA, batches", "springjpa"),
    /** Camel's aggregation, Camel's SQL batches. */
    CAMEL_SQL("Apache Camel, SQL batches", "camelsql"),
    /** The same with the options of the relay's manifest. */
    SPRING_JPA_BATCH_TUNED("Spring AMQP and JPA, batches, options of our manifest", "springjpa"),
    /** Camel with them. */
    CAMEL_SQL_TUNED("Apache Camel, SQL batches, options of our manifest", "camelsql"),
    /** A listener and a transaction for each message. */
    SPRING_JPA_EACH("Spring AMQP and JPA, per message", "springjpa");

    private final String title;
    private final String module;

    Kind(String title, String module) {
      this.title = title;
      this.module = module;
    }

    /** For a table. */
    public String title() {
      return title;
    }

    boolean isPeer() {
      return module != null;
    }

    boolean isRelay() {
      return this == RELAY || isArchived();
    }

    /** Whether it starts from an archive of class data, which is made beforehand. */
    boolean isArchived() {
      return this == RELAY_TUNED;
    }

    /** Whether it has the options of the relay's manifest. */
    boolean isTuned() {
      return name().endsWith(TUNED);
    }

    /** Itself with the options of the relay's manifest, or itself where there is no such. */
    Kind tuned() {
      return Arrays.stream(values())
          .filter(one -> one.name().equals(name() + TUNED))
          .findFirst()
          .orElse(this);
    }

    private String way() {
      return name().replace(TUNED, "");
    }

    private Path archive(Path directory) {
      return directory.resolve(name() + ".jsa");
    }

    /** Whether it needs a transaction for each message: such are given fewer. */
    boolean isSlow() {
      return this == INSERT_PER_MESSAGE || this == SPRING_JPA_EACH;
    }

    /** Whether it can be started. */
    public boolean isBuilt() {
      return module == null || PeerBuild.isThere(module);
    }
  }

  private static final String TUNED = "_TUNED";

  private final String ready;

  private Contestant(MeasuredProcess process, String ready) {
    this.process = process;
    this.ready = ready;
  }

  /** As {@link #start}, and it writes its archive of class data when it ends. */
  static Contestant train(
      Kind kind, RabbitAddress rabbit, PostgresAddress postgres, Path directory, List<String> jvm)
      throws Exception {
    return launch(
        kind,
        rabbit,
        postgres,
        directory,
        jvm,
        "-XX:ArchiveClassesAtExit=" + kind.archive(directory));
  }

  /** Returns at once; the arguments behind are the JVM's. */
  public static Contestant start(
      Kind kind, RabbitAddress rabbit, PostgresAddress postgres, Path directory, String... jvm)
      throws Exception {
    List<String> given = List.of(jvm);
    return kind.isArchived()
        ? launch(
            kind,
            rabbit,
            postgres,
            directory,
            given,
            "-Xshare:on",
            "-XX:SharedArchiveFile=" + kind.archive(directory))
        : launch(kind, rabbit, postgres, directory, given);
  }

  private static Contestant launch(
      Kind kind,
      RabbitAddress rabbit,
      PostgresAddress postgres,
      Path directory,
      List<String> jvm,
      String... archive)
      throws Exception {
    String name = kind.name().toLowerCase(java.util.Locale.ROOT);
    Path log = Files.createTempFile(directory, name, ".log");
    List<String> command = new ArrayList<>();
    command.add(MeasuredProcess.java());
    command.addAll(jvm);
    command.addAll(List.of(archive));
    if (kind.isTuned()) {
      command.addAll(ImageOptions.WORKFLOW);
    }
    String ready = kind.way().equals(Kind.CAMEL_SQL.name()) ? null : "ready";
    if (kind.isRelay()) {
      for (String option : System.getProperty("bench.relay.jvm", "").split(" ", 0)) {
        if (!option.isEmpty()) {
          command.add(option);
        }
      }
      Path conf = Files.createTempFile(directory, name, ".json");
      Files.writeString(conf, json(relaySettings(rabbit, postgres)));
      command.addAll(List.of("-jar", System.getProperty("bench.jar", "target/bie-relay.jar")));
      command.addAll(List.of("--role", "workflow", "--conf", conf.toString()));
      ready = "EventPersistVerticle is ready";
    } else if (kind.isPeer()) {
      Path order = Files.createTempFile(directory, name, ".properties");
      try (var out = Files.newOutputStream(order)) {
        order(rabbit, postgres).store(out, null);
      }
      command.addAll(PeerBuild.command(kind.module, order, kind.way()));
    } else {
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      boolean each = kind == Kind.INSERT_PER_MESSAGE;
      command.add(each ? InsertPerMessage.class.getName() : Floor.class.getName());
      command.addAll(
          List.of(
              uri(rabbit),
              postgres.jdbcUrl(),
              postgres.username(),
              postgres.password(),
              Integer.toString(BATCH_SIZE),
              Integer.toString(LINGER_MS),
              Integer.toString(PREFETCH)));
    }
    Map<String, String> environment = kind.isTuned() ? ImageOptions.ENVIRONMENT : Map.of();
    return new Contestant(MeasuredProcess.start(command, log, environment), ready);
  }

  private static Properties order(RabbitAddress rabbit, PostgresAddress postgres) {
    Properties order = new Properties();
    order.put("rabbit.host", rabbit.host());
    order.put("rabbit.port", Integer.toString(rabbit.port()));
    order.put("rabbit.username", rabbit.username());
    order.put("rabbit.password", rabbit.password());
    order.put("rabbit.vhost", rabbit.virtualHost());
    order.put("postgres.url", postgres.jdbcUrl());
    order.put("postgres.username", postgres.username());
    order.put("postgres.password", postgres.password());
    order.put(
        "queues",
        String.join(",", BenchMessages.TYPES.stream().map(BenchMessages::queue).toList()));
    order.put("batch.size", Integer.toString(BATCH_SIZE));
    order.put("batch.linger", Integer.toString(LINGER_MS));
    order.put("prefetch", Integer.toString(PREFETCH));
    return order;
  }

  /** Returns when it says that it is ready; Camel says nothing, and is asked for rows. */
  Contestant awaitReady() {
    if (ready != null) {
      process.awaitLine(ready);
    }
    return this;
  }

  /** What the role workflow is told. */
  public static Map<String, Object> relaySettings(RabbitAddress rabbit, PostgresAddress postgres) {
    Map<String, Object> settings = new TreeMap<>(rabbit.settings());
    settings.putAll(postgres.settings());
    settings.put("admin.port", 0);
    settings.put("persist.batch.size", BATCH_SIZE);
    settings.put("persist.batch.linger", LINGER_MS + "ms");
    // The benchmark holds a lock on the table while it fills the queues.
    settings.put("postgres.statement.timeout", "10m");
    for (String given : System.getProperty("bench.settings", "").split(",", 0)) {
      if (given.contains("=")) {
        settings.put(
            given.substring(0, given.indexOf('=')), given.substring(given.indexOf('=') + 1));
      }
    }
    return settings;
  }

  private static String json(Map<String, Object> settings) {
    return new io.vertx.core.json.JsonObject(settings).encode();
  }

  /** For amqp-client. */
  public static String uri(RabbitAddress rabbit) {
    return "amqp://%s:%s@%s:%d/%s"
        .formatted(
            rabbit.username(),
            rabbit.password(),
            rabbit.host(),
            rabbit.port(),
            rabbit.virtualHost());
  }

  /** The process itself. */
  public MeasuredProcess process() {
    return process;
  }

  long pid() {
    return process.pid();
  }

  /** CPU time since its start, all threads. */
  Duration cpu() {
    return process.cpu();
  }

  /**
   * CPU time since its start in milliseconds, by the threads' names without numbers; Linux only.
   */
  Map<String, Long> cpuByThread() throws IOException {
    return process.cpuByThread();
  }

  /** The greatest resident set so far, in KiB. */
  long peakKib() throws IOException {
    return process.peakKib();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String log() {
    return process.log();
  }

  @Override
  public void close() {
    process.close();
  }
}
