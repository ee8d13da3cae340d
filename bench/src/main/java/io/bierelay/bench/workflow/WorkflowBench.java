package io.bierelay.bench.workflow;

import io.bierelay.bench.workflow.Contestant.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Drains queues into PostgreSQL with the relay, with the floor, and with one insert per message, in
 * turns on one machine, and compares.
 *
 * <p>Each runs as a process of its own against real servers with fsync on. It is warmed up first;
 * then a lock on the table holds it while the queues are filled, and the clock runs from the lock's
 * release to the last row.
 */
public final class WorkflowBench {

  private record Result(double rowsPerSecond, double cpuMicros, double p50, double p99) {}

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
   * file for the results.
   */
  public static void main(String[] arguments) throws Exception {
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
            default -> bench.compare(rounds, Path.of(arguments[3]));
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

  private int compare(int rounds, Path file) throws Exception {
    Map<Kind, List<Result>> results = new EnumMap<>(Kind.class);
    for (int round = 0; round < rounds; round++) {
      for (Kind kind : List.of(Kind.FLOOR, Kind.RELAY)) {
        results.computeIfAbsent(kind, any -> new ArrayList<>()).add(measure(kind, rows, warmUp));
      }
    }
    Kind usual = Kind.INSERT_PER_MESSAGE;
    results.put(usual, List.of(measure(usual, rows / 10, rows / 10)));
    return report(results, file);
  }

  private Result measure(Kind kind, int count, int warm) throws Exception {
    arena.renew();
    try (Contestant contestant = arena.start(kind, scratch)) {
      arena.publish(0, warm);
      arena.awaitStored(warm, contestant);
      Duration cpu;
      Map<String, Long> before;
      long started;
      try (java.sql.Connection lock = arena.lock()) {
        arena.publish(warm, warm + count);
        before = contestant.cpuByThread();
        cpu = contestant.cpu();
        started = System.nanoTime();
      }
      arena.awaitStored(warm + count, contestant);
      double seconds = (System.nanoTime() - started) / 1e9;
      double micros = contestant.cpu().minus(cpu).toNanos() / 1e3 / count;
      Map<String, Long> after = contestant.cpuByThread();
      arena.settle();
      // The first ones see a compiler that has just been busy with something else.
      int first = warm + count;
      arena.latencies(first, samples / 4, 100);
      List<Double> latencies = arena.latencies(first + samples / 4, samples, 100);
      Result result =
          new Result(
              count / seconds, micros, percentile(latencies, 0.5), percentile(latencies, 0.99));
      System.out.printf(
          "%-20s %9.0f rows/s %8.1f us CPU/row   latency p50 %5.1f ms, p99 %5.1f ms%n",
          kind, result.rowsPerSecond(), micros, result.p50(), result.p99());
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

  private static double median(List<Result> results, ToDoubleFunction<Result> figure) {
    double[] sorted = results.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private int report(Map<Kind, List<Result>> results, Path file) throws Exception {
    List<Result> ours = results.get(Kind.RELAY);
    List<Result> floor = results.get(Kind.FLOOR);
    double rate = median(ours, Result::rowsPerSecond) / median(floor, Result::rowsPerSecond);
    double cpu = median(ours, Result::cpuMicros) / median(floor, Result::cpuMicros);
    double usual =
        median(ours, Result::rowsPerSecond)
            / median(results.get(Kind.INSERT_PER_MESSAGE), Result::rowsPerSecond);
    double p99 = median(ours, Result::p99);
    double latency = p99 / median(floor, Result::p99);
    System.out.printf("%nmedians of the rounds, the relay against the floor:%n");
    boolean reached = judge("rows per second, of the floor's", rate, rate >= 0.9, "at least 0.9");
    reached &= judge("CPU per row, of the floor's", cpu, cpu <= 1.4, "at most 1.4");
    reached &= judge("rows per second, of one insert each", usual, usual >= 7, "at least 7");
    reached &= judge("latency p99 at 100/s, ms", p99, p99 <= 25, "at most 25");
    reached &= judge("latency p99, of the floor's", latency, latency <= 1.5, "at most 1.5");
    write(results, file);
    return reached ? 0 : 3;
  }

  private static boolean judge(String what, double figure, boolean reached, String needed) {
    System.out.printf(
        "  %-40s %8.2f   needed %s%s%n", what, figure, needed, reached ? "" : "   NOT reached");
    return reached;
  }

  private void write(Map<Kind, List<Result>> results, Path file) throws Exception {
    Map<String, Object> json = new java.util.LinkedHashMap<>();
    json.put("rows", rows);
    json.put("warmUp", warmUp);
    json.put("java", System.getProperty("java.vm.version"));
    json.put("processors", Runtime.getRuntime().availableProcessors());
    json.put("results", results);
    new com.fasterxml.jackson.databind.ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(file.toFile(), json);
  }

  /** Drains very many with a small heap, and prints what the heap holds after each collection. */
  private int memory() throws Exception {
    arena.renew();
    Path gc = scratch.resolve("gc.log");
    try (Contestant relay =
        arena.start(Kind.RELAY, scratch, "-Xmx256m", "-Xlog:gc:file=" + gc + ":uptime")) {
      int count = rows * 5;
      long started;
      try (java.sql.Connection lock = arena.lock()) {
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
