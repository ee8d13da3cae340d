package io.bierelay.bench.workflow;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.Chart;
import io.bierelay.bench.Machine;
import io.bierelay.bench.Marked;
import io.bierelay.bench.Promised;
import io.bierelay.bench.Rounds;
import io.bierelay.bench.Turns;
import io.bierelay.bench.Verdict;
import io.bierelay.bench.workflow.Contestant.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** What was measured: as a file, as a part of docs/performance.md, and as a judgement. */
final class WorkflowReport {

  private static final String SVG = "performance-workflow.svg";

  private final Map<Kind, List<Stored>> results;
  private final Turns turns;
  private final Machine machine;
  private final Verdict verdict = new Verdict();

  WorkflowReport(Map<Kind, List<Stored>> results, Turns turns, Machine machine) {
    this.results = results;
    this.turns = turns;
    this.machine = machine;
  }

  /**
   * Writes the results and prints the medians.
   *
   * @param docs the directory of performance.md, whose part it writes; null to leave it
   * @return 0 if all that is needed was reached, else 3
   */
  int finish(Path file, Path docs) throws IOException {
    save(file);
    String table = table();
    System.out.println("\n" + table);
    if (docs != null) {
      Files.writeString(docs.resolve(SVG), chart());
      Marked.write(
          docs.resolve("performance.md"),
          "workflow",
          "%s\n![Rows per second and processor time per row](%s)\n\n%s%s"
              .formatted(table, SVG, verdict.markdown(), turns.markdown()));
    }
    verdict.print();
    return turns.code(verdict);
  }

  /** Writes the results and what they show. */
  void save(Path file) throws IOException {
    judge();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", machine.facts());
    json.put("results", results);
    json.put("failures", turns.failures());
    json.put("judged", verdict.lines());
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append(machine.sentence());
    text.append(
        """
         Medians of %d rounds in turns, in brackets the least and the most.

        | queue to PostgreSQL | rows/s, warm | CPU µs per row, all / warm | RSS MiB | first row after s / CPU s | latency at 100/s, ms: p50 / p99 | rows each |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: |
        """
            .formatted(results.values().stream().mapToInt(List::size).max().orElse(0)));
    results.forEach(
        (kind, all) ->
            text.append(
                "| %s | %s | %s / %s | %s | %.1f / %s | %s / %s | %,d |\n"
                    .formatted(
                        kind.title(),
                        Rounds.spread(all, Stored::rowsPerSecond, "%,.0f"),
                        Rounds.spread(all, Stored::cpuMicros, "%.1f"),
                        Rounds.spread(all, Stored::warmCpuMicros, "%.1f"),
                        Rounds.spread(all, Stored::rssMib, "%.0f"),
                        Rounds.median(all, Stored::startMs) / 1e3,
                        Rounds.spread(all, s -> s.startCpuMs() / 1e3, "%.1f"),
                        Rounds.spread(all, Stored::p50, "%.1f"),
                        Rounds.spread(all, Stored::p99, "%.1f"),
                        all.get(0).rows())));
    return text.toString();
  }

  private String chart() {
    Chart chart = new Chart();
    List<Chart.Bar> rates = new ArrayList<>();
    List<Chart.Bar> costs = new ArrayList<>();
    results.forEach(
        (kind, all) -> {
          boolean ours = kind.isRelay();
          rates.add(new Chart.Bar(kind.title(), Rounds.median(all, Stored::rowsPerSecond), ours));
          costs.add(new Chart.Bar(kind.title(), Rounds.median(all, Stored::warmCpuMicros), ours));
        });
    chart.part("rows per second", rates);
    chart.part("processor time per row once warm, µs", costs);
    return chart.toString();
  }

  /** Ours as the manifest runs it decides, if it was measured, and is told of without it, too. */
  private void judge() {
    boolean manifest = results.containsKey(Kind.RELAY_TUNED);
    if (manifest) {
      judge("manifest", Kind.RELAY_TUNED, true);
    }
    if (results.containsKey(Kind.RELAY)) {
      judge("JVM's choice", Kind.RELAY, !manifest);
    }
  }

  private void judge(String whose, Kind ours, boolean decides) {
    Figures own = new Figures(ours);
    String floor = Kind.FLOOR.title();
    verdict.on(whose, Promised.WORKFLOW_FLOOR, decides);
    verdict.least(floor, "rows per second", own.gain(Stored::rowsPerSecond, Kind.FLOOR), 0.9);
    verdict.most(floor, "CPU per row, warm", own.cost(Stored::warmCpuMicros, Kind.FLOOR), 1.4);
    verdict.most(floor, "CPU per row, all", own.cost(Stored::cpuMicros, Kind.FLOOR), 1.4);
    verdict.on(whose, null, decides);
    verdict.most(floor, "p99 at 100/s", own.cost(Stored::p99, Kind.FLOOR), 1.5);
    verdict.most("25 ms", "p99 at 100/s", own.median(Stored::p99) / 25, 1);
    for (Kind kind : results.keySet()) {
      String title = kind.title();
      if (kind.isSlow()) {
        verdict.on(whose, kind.isPeer() ? Promised.WORKFLOW_EACH : null, decides);
        verdict.least(title, "rows per second", own.gain(Stored::rowsPerSecond, kind), 7);
      } else if (kind.isPeer() && !kind.isTuned()) {
        verdict.on(whose, Promised.WORKFLOW_PEERS, decides);
        verdict.least(title, "rows per second", own.gain(Stored::rowsPerSecond, kind), 1.3);
        verdict.most(title, "CPU per row, warm", own.cost(Stored::warmCpuMicros, kind), 0.5);
        verdict.most(title, "CPU per row, all", own.toPlain(Stored::cpuMicros, kind), 0.5);
      }
      verdict.on(whose, null, decides);
      if (kind.isPeer() && !kind.isTuned()) {
        verdict.most(title, "greatest resident set", own.toPlain(Stored::rssMib, kind), Double.NaN);
        verdict.most(title, "CPU to start", own.toPlain(Stored::startCpuMs, kind), Double.NaN);
        verdict.most(title, "p99 at 100/s", own.cost(Stored::p99, kind), Double.NaN);
      }
    }
  }

  /** One of ours beside another's figures. */
  private final class Figures {

    private final Kind ours;

    Figures(Kind ours) {
      this.ours = ours;
    }

    double median(ToDoubleFunction<Stored> figure) {
      return Rounds.median(results.get(ours), figure);
    }

    /** What the manifest's options buy: beside the other as its own documentation has it. */
    double toPlain(ToDoubleFunction<Stored> figure, Kind other) {
      return median(figure) / Rounds.median(results.get(other), figure);
    }

    /** Beside the better of the other's two forms. */
    double gain(ToDoubleFunction<Stored> figure, Kind other) {
      return median(figure) / forms(figure, other).max().orElse(Double.NaN);
    }

    /** Beside the better of the other's two forms. */
    double cost(ToDoubleFunction<Stored> figure, Kind other) {
      return median(figure) / forms(figure, other).min().orElse(Double.NaN);
    }

    private DoubleStream forms(ToDoubleFunction<Stored> figure, Kind other) {
      return Stream.of(other, other.tuned())
          .distinct()
          .filter(results::containsKey)
          .mapToDouble(one -> Rounds.median(results.get(one), figure));
    }
  }
}
