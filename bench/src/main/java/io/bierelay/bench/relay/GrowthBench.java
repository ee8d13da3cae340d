package io.bierelay.bench.relay;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.Chart;
import io.bierelay.bench.Descendants;
import io.bierelay.bench.Machine;
import io.bierelay.bench.Marked;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.Patience;
import io.bierelay.bench.Rounds;
import io.bierelay.bench.Turns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How the relay's throughput changes with partitions, instances, the size of events and the heap,
 * beside the floor where the floor has such a thing.
 */
public final class GrowthBench {

  /**
   * One drain.
   *
   * @param cpuMicros of all instances per event of the second half
   * @param rssMib of the largest instance
   */
  record Grown(double eventsPerSecond, double cpuMicros, double rssMib) {}

  /** What was varied, to what, and whose it is. */
  record Point(String what, String value, Candidate candidate) {}

  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final int PARTITIONS = 4;

  private final Path scratch;
  private final int events;
  private final int rounds;
  private final List<String> wanted;
  private final Map<Point, List<Grown>> results = new LinkedHashMap<>();
  private final Turns turns = new Turns();
  private Machine machine;

  private GrowthBench(Path scratch) {
    this.scratch = scratch;
    this.events = Integer.getInteger("bench.events", 200_000);
    this.rounds = Integer.getInteger("bench.rounds", 3);
    this.wanted =
        Arrays.asList(
            System.getProperty("bench.growth", "partitions,instances,size,heap").split(",", 0));
  }

  /**
   * Arguments: the file for the results; the directory of performance.md, if its part shall be
   * written. System properties: {@code bench.events}, {@code bench.rounds}, {@code bench.growth}
   * for what to vary.
   */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    Path scratch = Files.createTempDirectory("bench-growth");
    int code = 1;
    try {
      GrowthBench bench = new GrowthBench(scratch);
      bench.run();
      bench.finish(Path.of(arguments[0]), arguments.length > 1 ? Path.of(arguments[1]) : null);
      code = bench.turns.failures().isEmpty() ? 0 : 1;
    } finally {
      try (Stream<Path> files = Files.walk(scratch)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
    System.exit(code);
  }

  private void run() throws Exception {
    List<Candidate> both = List.of(Candidate.FLOOR, Candidate.RELAY);
    if (wanted.contains("partitions")) {
      for (int partitions : List.of(1, 4, 16)) {
        try (Stage stage = new Stage(scratch, partitions).start()) {
          stage.fill(events);
          String value = partitions + " of each topic, " + 5 * partitions + " in all";
          inTurns(stage, "partitions", value, both, 1, "-Xmx256m", events);
        }
      }
    }
    if (wanted.contains("instances") || wanted.contains("heap")) {
      try (Stage stage = new Stage(scratch, PARTITIONS).start()) {
        stage.fill(events);
        if (wanted.contains("instances")) {
          for (int instances : List.of(1, 2, 3)) {
            inTurns(stage, "instances", "" + instances, both, instances, "-Xmx256m", events);
          }
        }
        if (wanted.contains("heap")) {
          for (int heap : List.of(64, 128, 256)) {
            List<Candidate> ours = List.of(Candidate.RELAY);
            inTurns(stage, "heap", heap + " MiB", ours, 1, "-Xmx" + heap + "m", events);
          }
        }
      }
    }
    if (wanted.contains("size")) {
      for (int bytes : List.of(200, 2_000, 20_000)) {
        // As many as keep the disk from being what is measured.
        int count = Math.max(2_000, (int) Math.min(events, events * 2_000L / bytes));
        try (Stage stage = new Stage(scratch, PARTITIONS).start()) {
          stage.fill(count, bytes);
          inTurns(stage, "size of an event", bytes + " bytes", both, 1, "-Xmx256m", count);
        }
      }
    }
  }

  private void inTurns(
      Stage stage,
      String what,
      String value,
      List<Candidate> candidates,
      int instances,
      String heap,
      int count)
      throws Exception {
    List<Point> points = candidates.stream().map(one -> new Point(what, value, one)).toList();
    turns.take(
        what + ": " + value,
        rounds,
        points,
        point -> {
          Grown grown = drain(stage, point.candidate(), instances, heap, count);
          results.computeIfAbsent(point, any -> new ArrayList<>()).add(grown);
          System.out.printf(
              "%-16s %-28s %-8s %8.0f/s  CPU us/event %6.1f  RSS %4.0f MiB%n",
              what,
              value,
              point.candidate(),
              grown.eventsPerSecond(),
              grown.cpuMicros(),
              grown.rssMib());
        },
        () -> machine = stage.machine());
  }

  private Grown drain(Stage stage, Candidate candidate, int instances, String heap, int count)
      throws Exception {
    stage.renew();
    List<MeasuredProcess> all = new ArrayList<>();
    try {
      for (int i = 0; i < instances; i++) {
        all.add(candidate.start(stage.order(), scratch, List.of(heap)));
      }
      reach(stage, all, 1);
      long begun = System.nanoTime();
      long first = stage.depth();
      reach(stage, all, count / 2);
      long half = stage.depth();
      double cpu = cpu(all);
      reach(stage, all, count);
      long last = stage.depth();
      double seconds = (System.nanoTime() - begun) / 1e9;
      double most = 0;
      for (MeasuredProcess one : all) {
        most = Math.max(most, one.peakKib() / 1024.0);
      }
      return new Grown((last - first) / seconds, (cpu(all) - cpu) / (last - half), most);
    } finally {
      all.forEach(MeasuredProcess::close);
    }
  }

  private static double cpu(List<MeasuredProcess> all) {
    return all.stream().mapToDouble(one -> one.cpu().toNanos() / 1e3).sum();
  }

  private static void reach(Stage stage, List<MeasuredProcess> all, long events) {
    Patience patience = new Patience();
    await(events + " events")
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .atMost(LIMIT)
        .until(
            () -> {
              all.forEach(MeasuredProcess::requireAlive);
              long depth = stage.depth();
              patience.see(depth, all.get(0));
              return depth >= events;
            });
  }

  private void finish(Path file, Path docs) throws Exception {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", machine.facts());
    json.put("events", events);
    json.put("failures", turns.failures());
    List<Map<String, Object>> points = new ArrayList<>();
    results.forEach(
        (point, all) ->
            points.add(
                Map.of(
                    "what",
                    point.what(),
                    "value",
                    point.value(),
                    "candidate",
                    point.candidate(),
                    "rounds",
                    all)));
    json.put("points", points);
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
    String table = table();
    System.out.println("\n" + table);
    if (docs != null) {
      String svg = "performance-growth.svg";
      Files.writeString(docs.resolve(svg), chart());
      Marked.write(
          docs.resolve("performance.md"),
          "growth",
          "%s\n![Events per second by what was varied](%s)\n%s"
              .formatted(table, svg, turns.markdown()));
    }
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append(machine.sentence());
    text.append(
        """
         Up to %,d events; medians of %d rounds in turns, in brackets the least and the most.

        | varied | to | whose | events/s | CPU µs per event, warm, all instances | RSS MiB, the largest | events/s of the floor's |
        | --- | --- | --- | ---: | ---: | ---: | ---: |
        """
            .formatted(events, rounds));
    results.forEach(
        (point, all) ->
            text.append(
                "| %s | %s | %s | %s | %s | %s | %s |\n"
                    .formatted(
                        point.what(),
                        point.value(),
                        point.candidate() == Candidate.RELAY ? "BIE Relay" : "floor",
                        Rounds.spread(all, Grown::eventsPerSecond, "%,.0f"),
                        Rounds.spread(all, Grown::cpuMicros, "%.1f"),
                        Rounds.spread(all, Grown::rssMib, "%.0f"),
                        ratio(point, all))));
    return text.toString();
  }

  private String ratio(Point point, List<Grown> all) {
    List<Grown> floor = results.get(new Point(point.what(), point.value(), Candidate.FLOOR));
    return point.candidate() == Candidate.FLOOR || floor == null
        ? ""
        : "%.2f"
            .formatted(
                Rounds.median(all, Grown::eventsPerSecond)
                    / Rounds.median(floor, Grown::eventsPerSecond));
  }

  private String chart() {
    Chart chart = new Chart();
    Map<String, List<Chart.Bar>> parts = new LinkedHashMap<>();
    results.forEach(
        (point, all) -> {
          boolean ours = point.candidate() == Candidate.RELAY;
          String name = (ours ? "BIE Relay, " : "floor, ") + point.value();
          parts
              .computeIfAbsent(point.what(), any -> new ArrayList<>())
              .add(new Chart.Bar(name, Rounds.median(all, Grown::eventsPerSecond), ours));
        });
    parts.forEach((what, bars) -> chart.part("events per second by " + what, bars));
    return chart.toString();
  }
}
