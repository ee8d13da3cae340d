package io.bierelay.bench.workflow;

import io.bierelay.bench.Descendants;
import io.bierelay.bench.Machine;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.Turns;
import io.bierelay.bench.workflow.Contestant.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Drains queues into PostgreSQL with the relay, with the floor, and with what people would use
 * instead, in turns on one machine, and compares.
 *
 * <p>Each runs as a process of its own against real servers with fsync on. It is warmed up first;
 * then a lock on the table holds it while the queues are filled, and the clock runs from the lock's
 * release to the last row.
 */
public final class WorkflowBench {

  /** Enough for all classes to be loaded. */
  private static final int TRAINING = 5_000;

  private final Arena arena;
  private final Path scratch;
  private final int rows;
  private final int warmUp;
  private final int samples;

  private WorkflowBench(Arena arena, Path scratch, int rows, int warmUp, int samples) {
    this.arena = arena;
    this.scratch = scratch;
    this.rows = rows;
    this.warmUp = warmUp;
    this.samples = samples;
  }

  /**
   * Arguments: rows; rounds; {@code drain}, {@code million}, {@code relay} or {@code floor}; the
   * file for the results; the contestants, with commas between them; the directory of
   * performance.md, if its part shall be written.
   */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    int rows = Integer.parseInt(arguments[0]);
    int rounds = Integer.parseInt(arguments[1]);
    Path scratch = Files.createTempDirectory("bench-workflow");
    int code = 1;
    try (Arena arena = new Arena()) {
      WorkflowBench bench = new WorkflowBench(arena, scratch, rows, 2 * rows, rows / 100);
      code =
          switch (arguments[2]) {
            case "million" -> bench.memory();
            case "relay" -> bench.only(Kind.RELAY, rounds);
            case "floor" -> bench.only(Kind.FLOOR, rounds);
            default -> bench.compare(rounds, arguments);
          };
    } finally {
      try (var files = Files.list(scratch)) {
        files.forEach(file -> file.toFile().delete());
      }
      Files.delete(scratch);
    }
    System.exit(code);
  }

  /** For whoever looks for what costs, with a profiler for example. */
  private int only(Kind kind, int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      measure(kind, rows, warmUp);
    }
    return 0;
  }

  private int compare(int rounds, String[] arguments) throws Exception {
    List<Kind> kinds = Arrays.stream(arguments[4].split(",", 0)).map(Kind::valueOf).toList();
    for (Kind kind : kinds) {
      if (!kind.isBuilt()) {
        throw new IllegalStateException(kind + " is not built: bench/run workflow --peers");
      }
    }
    Map<Kind, List<Stored>> results = new EnumMap<>(Kind.class);
    Turns turns = new Turns();
    Path file = Path.of(arguments[3]);
    for (Kind kind : kinds) {
      if (kind.isArchived()) {
        turns.attempt("training", kind, this::train);
      }
    }
    turns.take(
        "drain and latency",
        rounds,
        kinds,
        kind -> {
          int count = kind.isSlow() ? rows / 10 : rows;
          Stored stored = measure(kind, count, kind.isSlow() ? rows / 10 : warmUp);
          results.computeIfAbsent(kind, any -> new ArrayList<>()).add(stored);
        },
        () -> report(results, turns).save(file));
    return report(results, turns).finish(file, arguments.length > 5 ? Path.of(arguments[5]) : null);
  }

  private WorkflowReport report(Map<Kind, List<Stored>> results, Turns turns) throws Exception {
    Machine machine =
        new Machine()
            .with("RabbitMQ", arena.broker())
            .with("PostgreSQL", arena.postgres().version());
    return new WorkflowReport(results, turns, machine);
  }

  /** Lets it store a little and end in good order, which writes its archive. */
  private void train(Kind kind) throws Exception {
    arena.renew();
    arena.publish(0, TRAINING);
    try (Contestant contestant = arena.train(kind, scratch, jvm())) {
      arena.awaitStored(TRAINING, contestant);
      contestant.process().stop(Duration.ofMinutes(3L * MeasuredProcess.PATIENCE));
    }
    System.out.println(kind + " has an archive");
  }

  private static List<String> jvm() {
    return List.of(System.getProperty("bench.jvm", "-Xmx256m").trim().split(" +", 0));
  }

  private Stored measure(Kind kind, int count, int warm) throws Exception {
    arena.renew();
    int few = BenchMessages.TYPES.size();
    arena.publish(0, few);
    long begun = System.nanoTime();
    try (Contestant contestant = arena.start(kind, scratch, jvm().toArray(String[]::new))) {
      arena.awaitStored(1, contestant);
      double startMs = (System.nanoTime() - begun) / 1e6;
      double startCpuMs = contestant.cpu().toNanos() / 1e6;
      contestant.awaitReady();
      arena.publish(few, warm);
      arena.awaitStored(warm, contestant);
      Duration cpu;
      Map<String, Long> before;
      long started;
      try (java.sql.Connection lock = arena.postgres().lock()) {
        arena.publish(warm, warm + count);
        before = contestant.cpuByThread();
        cpu = contestant.cpu();
        started = System.nanoTime();
      }
      arena.awaitStored(warm + count, contestant);
      double seconds = (System.nanoTime() - started) / 1e9;
      double micros = contestant.cpu().minus(cpu).toNanos() / 1e3 / count;
      double all = contestant.cpu().toNanos() / 1e3 / (warm + count);
      double rss = contestant.peakKib() / 1024.0;
      Map<String, Long> after = contestant.cpuByThread();
      arena.postgres().settle();
      // The first ones see a compiler that has just been busy with something else.
      int first = warm + count;
      arena.latencies(first, samples / 4, 100, contestant);
      List<Double> latencies = arena.latencies(first + samples / 4, samples, 100, contestant);
      Stored result =
          new Stored(
              count / seconds,
              all,
              micros,
              rss,
              startMs,
              startCpuMs,
              percentile(latencies, 0.5),
              percentile(latencies, 0.99),
              warm + count);
      System.out.printf(
          "%-20s %9.0f rows/s  CPU us/row %6.1f (warm %6.1f)  RSS %4.0f MiB"
              + "  first after %5.0f ms and %5.0f ms of CPU  latency p50 %5.1f ms, p99 %5.1f ms%n",
          kind,
          result.rowsPerSecond(),
          all,
          micros,
          rss,
          startMs,
          startCpuMs,
          result.p50(),
          result.p99());
      System.out.println("  where its CPU time went, us/row: " + shares(before, after, count));
      return result;
    }
  }

  private static String shares(Map<String, Long> before, Map<String, Long> after, int count) {
    return after.entrySet().stream()
        .map(e -> Map.entry(e.getKey(), e.getValue() - before.getOrDefault(e.getKey(), 0L)))
        .filter(e -> e.getValue() > 0)
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(6)
        .map(e -> "%s %.1f".formatted(e.getKey(), e.getValue() * 1e3 / count))
        .collect(java.util.stream.Collectors.joining(", "));
  }

  private static double percentile(List<Double> sorted, double part) {
    return sorted.isEmpty() ? Double.NaN : sorted.get((int) ((sorted.size() - 1) * part));
  }

  /** Drains very many with a small heap, and prints what the heap holds after each collection. */
  private int memory() throws Exception {
    arena.renew();
    Path gc = scratch.resolve("gc.log");
    try (Contestant relay =
        arena.start(Kind.RELAY, scratch, "-Xmx256m", "-Xlog:gc:file=" + gc + ":uptime")) {
      relay.awaitReady();
      int count = rows * 5;
      long started;
      try (java.sql.Connection lock = arena.postgres().lock()) {
        arena.publish(0, count);
        started = System.nanoTime();
      }
      arena.awaitStored(count, relay);
      System.out.printf(
          "%,d rows in %.1f s with -Xmx256m; greatest resident set %d MiB%n",
          count, (System.nanoTime() - started) / 1e9, relay.peakKib() / 1024);
      List<Integer> after = heapAfterCollections(Files.readAllLines(gc));
      int part = Math.max(1, after.size() / 5);
      for (int from = 0; from < after.size(); from += part) {
        List<Integer> some = after.subList(from, Math.min(after.size(), from + part));
        System.out.printf(
            "  collections %5d to %5d: heap afterwards %d to %d MiB%n",
            from,
            from + some.size() - 1,
            some.stream().min(Integer::compare).orElse(0),
            some.stream().max(Integer::compare).orElse(0));
      }
      return relay.isAlive() && !relay.log().contains("OutOfMemoryError") ? 0 : 3;
    }
  }

  private static List<Integer> heapAfterCollections(List<String> lines) {
    List<Integer> heaps = new ArrayList<>();
    var pattern = java.util.regex.Pattern.compile("->(\\d+)M\\(");
    for (String line : lines) {
      var matcher = pattern.matcher(line);
      if (matcher.find()) {
        heaps.add(Integer.parseInt(matcher.group(1)));
      }
    }
    return heaps;
  }
}
