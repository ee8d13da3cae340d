package io.bierelay.bench.workflow;

import static org.awaitility.Awaitility.await;

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

  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  /** Alike for all of them. */
  static final int BATCH_SIZE = 500;

  static final int LINGER_MS = 5;
  static final int PREFETCH = 1000;

  private final Process process;
  private final Path log;

  /** Who takes part. */
  enum Kind {
    FLOOR,
    RELAY,
    INSERT_PER_MESSAGE
  }

  private Contestant(List<String> command, Path log) throws IOException {
    this.log = log;
    this.process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  static Contestant start(
      Kind kind, RabbitAddress rabbit, PostgresAddress postgres, Path directory, String... jvm)
      throws Exception {
    String name = kind.name().toLowerCase(java.util.Locale.ROOT);
    Path log = Files.createTempFile(directory, name, ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
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
    Contestant started = new Contestant(command, log);
    started.awaitLine(ready);
    return started;
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

  private void awaitLine(String part) {
    await()
        .atMost(START_LIMIT)
        .failFast(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException("did not start:\n" + log());
              }
            })
        .until(() -> log().contains(part));
  }

  long pid() {
    return process.pid();
  }

  /** CPU time since its start, all threads. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /** CPU time since its start in milliseconds, by the threads' names without numbers; Linux only. */
  Map<String, Long> cpuByThread() throws IOException {
    Map<String, Long> times = new TreeMap<>();
    Path tasks = Path.of("/proc", Long.toString(pid()), "task");
    if (!Files.isDirectory(tasks)) {
      return times;
    }
    try (var all = Files.list(tasks)) {
      for (Path task : (Iterable<Path>) all::iterator) {
        String stat;
        try {
          stat = Files.readString(task.resolve("stat"));
        } catch (IOException e) {
          continue; // It has just ended.
        }
        int end = stat.lastIndexOf(')');
        String name = stat.substring(stat.indexOf('(') + 1, end).replaceAll("[#-]*[0-9]+$", "");
        String[] fields = stat.substring(end + 2).split(" ", 0);
        // Ticks are hundredths of a second on every Linux that Java runs on (USER_HZ).
        times.merge(name, (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10, Long::sum);
      }
    }
    return times;
  }

  /** The greatest resident set so far, in KiB. */
  long peakKib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return -1;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
