package io.bierelay.bench.relay;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.Chart;
import io.bierelay.bench.Machine;
import io.bierelay.bench.Marked;
import io.bierelay.bench.Promised;
import io.bierelay.bench.Rounds;
import io.bierelay.bench.Turns;
import io.bierelay.bench.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What was measured: as a file, as a table for docs/performance.md, and as a judgement. */
final class RelayReport {

  private static final String SVG = "performance-relay.svg";

  private final Map<Candidate, List<Drain>> drains;
  private final Map<Candidate, List<Latency>> latencies;
  private final int events;
  private final Turns turns;
  private final Machine machine;
  private final Verdict verdict = new Verdict();

  RelayReport(
      Map<Candidate, List<Drain>> drains,
      Map<Candidate, List<Latency>> latencies,
      int events,
      Turns turns,
      Machine machine) {
    this.drains = drains;
    this.latencies = latencies;
    this.events = events;
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
          "relay",
          "%s\n![Events per second and processor time per event](%s)\n\n%s%s"
              .formatted(table, SVG, verdict.markdown(), turns.markdown()));
    }
    verdict.print();
    return turns.code(verdict);
  }

  /** Writes the results and what they show. */
  void save(Path file) throws IOException {
    judge();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("events", events);
    json.put("machine", machine.facts());
    json.put("drains", drains);
    json.put("latencies", latencies);
    json.put("failures", turns.failures());
    json.put("judged", verdict.lines());
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append(machine.sentence());
    text.append(
        """
         A backlog of %,d events (the replaced service's way: %,d); medians of %d rounds in turns, in brackets the least and the most.

        | Kafka to exchange | events/s | CPU µs per event, all / warm | RSS MiB | first event after s / CPU s | RabbitMQ µs |
        | --- | ---: | ---: | ---: | ---: | ---: |
        """
            .formatted(
                events,
                Candidate.REPLACED.share(events),
                drains.values().stream().mapToInt(List::size).max().orElse(0)));
    for (Candidate candidate : drains.keySet()) {
      text.append(
          "| %s | %s | %s / %s | %.0f | %.1f / %s | %.0f |\n"
              .formatted(
                  candidate.title(),
                  spread(candidate, Drain::eventsPerSecond, "%,.0f"),
                  spread(candidate, Drain::cpuMicros, "%.1f"),
                  spread(candidate, Drain::warmCpuMicros, "%.1f"),
                  median(candidate, Drain::rssMib),
                  median(candidate, Drain::startMs) / 1e3,
                  spread(candidate, d -> d.startCpuMs() / 1e3, "%.1f"),
                  median(candidate, Drain::brokerMicros)));
    }
    if (!latencies.isEmpty()) {
      text.append("\n| produce to delivery, ms |");
      List<String> rates =
          latencies.values().stream().flatMap(List::stream).map(Latency::rate).distinct().toList();
      rates.forEach(rate -> text.append(" %s: p50 / p99 / p99.9 |".formatted(named(rate))));
      text.append(" CPU µs per event |\n| --- |");
      rates.forEach(rate -> text.append(" ---: |"));
      text.append(" ---: |\n");
      for (Candidate candidate : latencies.keySet()) {
        text.append("| %s |".formatted(candidate.title()));
        List<String> costs = new ArrayList<>();
        for (String rate : rates) {
          List<Latency> all = at(candidate, rate);
          if (all.isEmpty()) {
            text.append(" – |");
            continue;
          }
          text.append(
              " %s / %s / %s%s |"
                  .formatted(
                      Rounds.spread(all, Latency::p50, "%.1f"),
                      Rounds.spread(all, Latency::p99, "%.1f"),
                      Rounds.spread(all, Latency::p999, "%.1f"),
                      rate.contains("%")
                          ? " at %,.0f/s".formatted(Rounds.median(all, Latency::perSecond))
                          : ""));
          costs.add("%.0f".formatted(Rounds.median(all, Latency::cpuMicros)));
        }
        text.append(" %s |\n".formatted(String.join(", ", costs)));
      }
    }
    return text.toString();
  }

  private static String named(String rate) {
    return rate.contains("%") ? rate : rate + "/s";
  }

  private List<Latency> at(Candidate candidate, String rate) {
    return latencies.getOrDefault(candidate, List.of()).stream()
        .filter(one -> one.rate().equals(rate))
        .toList();
  }

  private String spread(Candidate candidate, ToDoubleFunction<Drain> figure, String format) {
    return Rounds.spread(drains.get(candidate), figure, format);
  }

  private double median(Candidate candidate, ToDoubleFunction<Drain> figure) {
    return Rounds.median(drains.getOrDefault(candidate, List.of()), figure);
  }

  private String chart() {
    Chart chart = new Chart();
    List<Chart.Bar> rates = new ArrayList<>();
    List<Chart.Bar> costs = new ArrayList<>();
    for (Candidate candidate : drains.keySet()) {
      rates.add(
          new Chart.Bar(
              candidate.title(), median(candidate, Drain::eventsPerSecond), candidate.isRelay()));
      costs.add(
          new Chart.Bar(
              candidate.title(), median(candidate, Drain::warmCpuMicros), candidate.isRelay()));
    }
    chart.part("events per second", rates);
    chart.part("processor time per event once warm, µs", costs);
    return chart.toString();
  }

  /** Who takes part without the options of our image; docs/peers.md tells which form counts. */
  private List<Candidate> peers() {
    return drains.keySet().stream()
        .filter(one -> one.isPeer() && !one.isArchived())
        .sorted()
        .toList();
  }

  /** Ours as the image runs it decides, if it was measured, and is told of without it, too. */
  private void judge() {
    boolean image = drains.containsKey(Candidate.RELAY_TUNED);
    if (image) {
      judge("image", Candidate.RELAY_TUNED, true);
    }
    judge("JVM's choice", Candidate.RELAY, !image);
    String floor = Candidate.FLOOR.title();
    verdict.on("64 MiB", Promised.RELAY_HEAP, true);
    verdict.least(
        floor,
        "events per second",
        median(Candidate.RELAY_SMALL, Drain::eventsPerSecond)
            / most(Drain::eventsPerSecond, Candidate.FLOOR),
        0.95);
    verdict.on(Candidate.RELAY_ARCHIVE.title(), null, false);
    for (Candidate peer : peers()) {
      verdict.most(
          peer.title(),
          "CPU to start",
          median(Candidate.RELAY_ARCHIVE, Drain::startCpuMs) / least(Drain::startCpuMs, peer),
          Double.NaN);
    }
  }

  private void judge(String name, Candidate ours, boolean decides) {
    Candidate floor = Candidate.FLOOR;
    String bare = floor.title();
    double rate = median(ours, Drain::eventsPerSecond);
    double cpu = median(ours, Drain::cpuMicros);
    double warm = median(ours, Drain::warmCpuMicros);
    double p50 = at500(ours, Latency::p50);
    double p99 = at500(ours, Latency::p99);
    verdict.on(name, Promised.RELAY_FLOOR, decides);
    verdict.least(bare, "events per second", rate / most(Drain::eventsPerSecond, floor), 0.95);
    verdict.most(bare, "CPU per event, warm", warm / least(Drain::warmCpuMicros, floor), 1.15);
    verdict.most(bare, "CPU per event, all", cpu / least(Drain::cpuMicros, floor), 1.15);
    verdict.on(name, Promised.RELAY_LATENCY, decides);
    verdict.most(bare, "p50 at 500/s", p50 / best500(Latency::p50, floor), 1.2);
    verdict.most(bare, "p99 at 500/s", p99 / best500(Latency::p99, floor), 1.2);
    for (Candidate peer : peers()) {
      String title = peer.title();
      verdict.on(name, Promised.RELAY_PEERS, decides);
      verdict.least(title, "events per second", rate / most(Drain::eventsPerSecond, peer), 1);
      // Start and memory are what the options of our image buy; a peer has its documentation's.
      verdict.most(title, "CPU per event, all", cpu / median(peer, Drain::cpuMicros), 0.6);
      verdict.most(title, "CPU per event, warm", warm / least(Drain::warmCpuMicros, peer), 1);
      verdict.most(
          title,
          "greatest resident set",
          median(ours, Drain::rssMib) / median(peer, Drain::rssMib),
          0.6);
      // Only Spring's documentation tells of an archive.
      double theirs =
          peer == Candidate.SPRING_BATCH
              ? best(
                  median(peer, Drain::startCpuMs),
                  median(Candidate.SPRING_BATCH_ARCHIVE, Drain::startCpuMs),
                  false)
              : median(peer, Drain::startCpuMs);
      verdict.most(title, "CPU to start", median(ours, Drain::startCpuMs) / theirs, 0.3);
      alike(title, "CPU per event, all", peer, Drain::cpuMicros);
      alike(title, "greatest resident set", peer, Drain::rssMib);
      alike(title, "CPU to start", peer, Drain::startCpuMs);
      verdict.on(name, Promised.RELAY_LATENCY, decides);
      verdict.most(title, "p50 at 500/s", p50 / best500(Latency::p50, peer), Double.NaN);
      verdict.most(title, "p99 at 500/s", p99 / best500(Latency::p99, peer), 1);
    }
    verdict.on(name, Promised.RELAY_REPLACED, decides);
    verdict.least(
        Candidate.REPLACED.title(),
        "events per second, both warm",
        median(ours, Drain::warmEventsPerSecond)
            / median(Candidate.REPLACED, Drain::warmEventsPerSecond),
        10);
  }

  /** What remains of it when both have the options of our image: told, without a bound. */
  private void alike(String title, String what, Candidate peer, ToDoubleFunction<Drain> figure) {
    verdict.most(
        title,
        what + ", both with our image's options",
        median(Candidate.RELAY_TUNED, figure)
            / (peer.tuned() == peer ? Double.NaN : median(peer.tuned(), figure)),
        Double.NaN);
  }

  private double most(ToDoubleFunction<Drain> figure, Candidate one) {
    return best(median(one, figure), median(one.tuned(), figure), true);
  }

  private double least(ToDoubleFunction<Drain> figure, Candidate one) {
    return best(median(one, figure), median(one.tuned(), figure), false);
  }

  private double best500(ToDoubleFunction<Latency> figure, Candidate one) {
    return best(at500(one, figure), at500(one.tuned(), figure), false);
  }

  private static double best(double one, double other, boolean most) {
    if (Double.isNaN(one) || Double.isNaN(other)) {
      return Double.isNaN(one) ? other : one;
    }
    return most ? Math.max(one, other) : Math.min(one, other);
  }

  private double at500(Candidate candidate, ToDoubleFunction<Latency> figure) {
    return Rounds.median(at(candidate, "500"), figure);
  }
}
