package io.bierelay.bench.both;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.Chart;
import io.bierelay.bench.Machine;
import io.bierelay.bench.Marked;
import io.bierelay.bench.Promised;
import io.bierelay.bench.Rounds;
import io.bierelay.bench.Turns;
import io.bierelay.bench.Verdict;
import io.bierelay.bench.both.BothBench.Crossing;
import io.bierelay.bench.both.BothBench.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What was measured over both hops: as a file, as a part of a page, and as a judgement. */
final class BothReport {

  private static final String SVG = "performance-both.svg";

  private final Map<Pair, List<Crossing>> results;
  private final Turns turns;
  private final Machine machine;
  private final int perSecond;
  private final int seconds;
  private final Verdict verdict = new Verdict();

  BothReport(
      Map<Pair, List<Crossing>> results, Turns turns, Machine machine, int perSecond, int seconds) {
    this.results = results;
    this.turns = turns;
    this.machine = machine;
    this.perSecond = perSecond;
    this.seconds = seconds;
  }

  /** Writes, prints and judges: 0 if all that is needed was reached, else 3. */
  int finish(Path file, Path docs) throws IOException {
    save(file);
    String table = table();
    System.out.println("\n" + table);
    if (docs != null) {
      Files.writeString(docs.resolve(SVG), chart());
      Marked.write(
          docs.resolve("performance.md"),
          "both",
          "%s\n![Milliseconds from the producer to the row](%s)\n\n%s%s"
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
    json.put("perSecond", perSecond);
    json.put("seconds", seconds);
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
         %,d events a second for %d s; medians of %d rounds in turns, in brackets the least and the most.

        | produce to committed row, ms | p50 | p99 | p99.9 | CPU µs per event, Kafka to exchange / queue to row | without a row |
        | --- | ---: | ---: | ---: | ---: | ---: |
        """
            .formatted(
                perSecond,
                seconds,
                results.values().stream().mapToInt(List::size).max().orElse(0)));
    results.forEach(
        (pair, all) ->
            text.append(
                "| %s | %s | %s | %s | %s / %s | %d |\n"
                    .formatted(
                        pair.title(),
                        Rounds.spread(all, Crossing::p50, "%.1f"),
                        Rounds.spread(all, Crossing::p99, "%.1f"),
                        Rounds.spread(all, Crossing::p999, "%.1f"),
                        Rounds.spread(all, Crossing::relayMicros, "%.0f"),
                        Rounds.spread(all, Crossing::workflowMicros, "%.0f"),
                        all.stream().mapToInt(Crossing::missing).sum())));
    return text.toString();
  }

  private String chart() {
    Chart chart = new Chart();
    List<Chart.Bar> middle = new ArrayList<>();
    List<Chart.Bar> late = new ArrayList<>();
    results.forEach(
        (pair, all) -> {
          boolean ours = pair.isOurs();
          middle.add(new Chart.Bar(pair.title(), Rounds.median(all, Crossing::p50), ours));
          late.add(new Chart.Bar(pair.title(), Rounds.median(all, Crossing::p99), ours));
        });
    chart.part("produce to committed row, p50, ms", middle);
    chart.part("produce to committed row, p99, ms", late);
    return chart.toString();
  }

  /** Ours as the manifests run it decides, if it was measured, and is told of without it, too. */
  private void judge() {
    boolean manifests = results.containsKey(Pair.RELAY_TUNED);
    if (manifests) {
      judge("manifests", Pair.RELAY_TUNED, true);
    }
    judge("JVM's choice", Pair.RELAY, !manifests);
  }

  private void judge(String whose, Pair ours, boolean decides) {
    String floors = Pair.FLOORS.title();
    verdict.on(whose, Promised.BOTH_FLOOR, decides);
    verdict.most(floors, "p50, both hops", ratio(ours, Crossing::p50, Pair.FLOORS), 1.5);
    verdict.most(floors, "p99, both hops", ratio(ours, Crossing::p99, Pair.FLOORS), 1.5);
    verdict.on(whose, Promised.BOTH_PEERS, decides);
    for (Pair pair : List.of(Pair.SPRING, Pair.CAMEL)) {
      verdict.most(pair.title(), "p50, both hops", ratio(ours, Crossing::p50, pair), 0.25);
      verdict.most(pair.title(), "p99, both hops", ratio(ours, Crossing::p99, pair), 0.25);
    }
  }

  /** Beside the better of the other's two forms. */
  private double ratio(Pair ours, ToDoubleFunction<Crossing> figure, Pair other) {
    double theirs =
        Stream.of(other, other.tuned())
            .filter(results::containsKey)
            .mapToDouble(form -> Rounds.median(results.get(form), figure))
            .min()
            .orElse(Double.NaN);
    return Rounds.median(results.getOrDefault(ours, List.of()), figure) / theirs;
  }
}
