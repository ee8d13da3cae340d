package io.bierelay.bench.workflow;

import io.bierelay.bench.MeasuredProcess;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RabbitAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One process that drains the queues, whatever it is made of; its CPU time can be asked. */
final class Contestant implements AutoCloseable {

  /** Alike for all of them. */
  static final int BATCH_SIZE = 500;

  static final int LINGER_MS = 5;
  static final int PREFETCH = 1000;

  private final MeasuredProcess process;

  /** Who takes part. */
  enum Kind {
    FLOOR,
    RELAY,
    INSERT_PER_MESSAGE
  }

  private Contestant(MeasuredProcess process) {
    this.process = process;
  }

  static Contestant start(
      Kind kind, RabbitAddress rabbit, PostgresAddress postgres, Path directory, String... jvm)
      throws Exception {
    String name = kind.name().toLowerCase(java.util.Locale.ROOT);
    Path log = Files.createTempFile(directory, name, ".log");
    List<String> command = new ArrayList<>();
    command.add(MeasuredProcess.java());
    command.addAll(List.of(jvm));
    String ready = "ready";
    if (kind == Kind.RELAY) {
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
    } else {
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add(kind == Kind.FLOOR ? Floor.class.getName() : InsertPerMessage.class.getName());
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
    return new Contestant(MeasuredProcess.start(command, log).awaitLine(ready));
  }

  private static Map<String, Object> relaySettings(RabbitAddress rabbit, PostgresAddress postgres) {
    Map<String, Object> settings = new TreeMap<>(rabbit.settings());
    settings.putAll(postgres.settings());
    settings.put("admin.port", 0);
    settings.put("persist.batch.size", BATCH_SIZE);
    settings.put("persist.batch.linger", LINGER_MS + "ms");
    settings.put("persist.prefetch", PREFETCH);
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

  static String uri(RabbitAddress rabbit) {
    return "amqp://%s:%s@%s:%d/%s"
        .formatted(
            rabbit.username(),
            rabbit.password(),
            rabbit.host(),
            rabbit.port(),
            rabbit.virtualHost());
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
