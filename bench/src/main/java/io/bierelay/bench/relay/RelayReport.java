package io.bierelay.bench.relay;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.Chart;
import io.bierelay.bench.Marked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What was measured: as a file, as a table for docs/performance.md, and as a judgement. */
final class RelayReport {

  private static final String SVG = "performance-relay.svg";

  private final Map<Candidate, List<Drain>> drains;
  private final Map<Candidate, List<Latency>> latencies;
  private final int events;
  private boolean reached = true;

  RelayReport(
      Map<Candidate, List<Drain>> drains, Map<Candidate, List<Latency>> latencies, int events) {
    this.drains = drains;
    this.latencies = latencies;
    this.events = events;
  }

  /**
   * Writes the results and prints the medians.
   *
   * @param docs the directory of performance.md, whose part it writes; null to leave it
   * @return 0 if all that is needed was reached, else 3
   */
  int finish(Path file, Path docs) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("events", events);
    json.put("java", System.getProperty("java.vm.version"));
    json.put("processor", processor());
    json.put("processors", Runtime.getRuntime().availableProcessors());
    json.put("load", load());
    json.put("drains", drains);
    json.put("latencies", latencies);
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
    String table = table();
    System.out.println("\n" + table);
    if (docs != null) {
      Files.writeString(docs.resolve(SVG), chart());
      Marked.write(
          docs.resolve("performance.md"),
          "relay",
          "%s\n![Events per second and processor time per event](%s)\n".formatted(table, SVG));
    }
    judge();
    return reached ? 0 : 3;
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        %,d events, medians of %d rounds in turns, in brackets the least and the most; %d processors, %s, Java %s.

        | Kafka to exchange | events/s | CPU µs per event, all / warm | RSS MiB | first event after s / CPU s | RabbitMQ µs |
        | --- | ---: | ---: | ---: | ---: | ---: |
        """
            .formatted(
                events,
                drains.values().stream().mapToInt(List::size).max().orElse(0),
                Runtime.getRuntime().availableProcessors(),
                processor(),
                System.getProperty("java.vm.version")));
    for (Candidate candidate : drains.keySet()) {
      text.append(
          "| %s | %s | %s / %s | %.0f | %.1f / %.1f | %.0f |\n"
              .formatted(
                  candidate.title(),
                  spread(candidate, Drain::eventsPerSecond, "%,.0f"),
                  spread(candidate, Drain::cpuMicros, "%.1f"),
                  spread(candidate, Drain::warmCpuMicros, "%.1f"),
                  median(candidate, Drain::rssMib),
                  median(candidate, Drain::startMs) / 1e3,
                  median(candidate, Drain::startCpuMs) / 1e3,
                  median(candidate, Drain::brokerMicros)));
    }
    if (!latencies.isEmpty()) {
      text.append("\n| produce to delivery, ms |");
      List<Integer> rates =
          latencies.values().iterator().next().stream().map(Latency::perSecond).toList();
      rates.forEach(rate -> text.append(" %,d/s: p50 / p99 / p99.9 |".formatted(rate)));
      text.append(" CPU µs per event |\n| --- |");
      rates.forEach(rate -> text.append(" ---: |"));
      text.append(" ---: |\n");
      latencies.forEach(
          (candidate, all) -> {
            text.append("| %s |".formatted(candidate.title()));
            all.forEach(
                one ->
                    text.append(
                        " %.1f / %.1f / %.1f |".formatted(one.p50(), one.p99(), one.p999())));
            text.append(
                " %s |\n"
                    .formatted(
                        String.join(
                            ", ",
                            all.stream().map(o -> "%.0f".formatted(o.cpuMicros())).toList())));
          });
    }
    return text.toString();
  }

  private String spread(Candidate candidate, ToDoubleFunction<Drain> figure, String format) {
    var all = drains.get(candidate).stream().mapToDouble(figure).summaryStatistics();
    String middle = format.formatted(median(candidate, figure));
    return all.getCount() == 1
        ? middle
        : "%s (%s–%s)"
            .formatted(middle, format.formatted(all.getMin()), format.formatted(all.getMax()));
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

  private void judge() {
    if (!drains.containsKey(Candidate.RELAY) || !drains.containsKey(Candidate.FLOOR)) {
      return;
    }
    System.out.println("medians, BIE Relay at least once against the floor:");
    judge("events per second", ratio(Drain::eventsPerSecond, Candidate.FLOOR), 0.95, true);
    judge("CPU per event, warm", ratio(Drain::warmCpuMicros, Candidate.FLOOR), 1.15, false);
    judge("CPU per event, start included", ratio(Drain::cpuMicros, Candidate.FLOOR), 1.15, false);
    latency("p50 at 500/s", Latency::p50, Candidate.FLOOR, 1.2);
    latency("p99 at 500/s", Latency::p99, Candidate.FLOOR, 1.2);
    for (Candidate peer : drains.keySet()) {
      if (peer.isPeer()) {
        System.out.println("against " + peer.title() + ":");
        judge("events per second", ratio(Drain::eventsPerSecond, peer), 1, true);
        judge("CPU per event, start included", ratio(Drain::cpuMicros, peer), 0.6, false);
        judge("CPU per event, warm", ratio(Drain::warmCpuMicros, peer), 1, false);
        judge("greatest resident set", ratio(Drain::rssMib, peer), 0.6, false);
        judge("CPU to start", ratio(Drain::startCpuMs, peer), 0.3, false);
        latency("p99 at 500/s", Latency::p99, peer, 1);
      }
    }
  }

  private double ratio(ToDoubleFunction<Drain> figure, Candidate other) {
    return median(Candidate.RELAY, figure) / median(other, figure);
  }

  private void latency(
      String what, ToDoubleFunction<Latency> figure, Candidate other, double most) {
    double ours = at500(Candidate.RELAY, figure);
    double theirs = at500(other, figure);
    if (!Double.isNaN(ours) && !Double.isNaN(theirs)) {
      judge(what, ours / theirs, most, false);
    }
  }

  private double at500(Candidate candidate, ToDoubleFunction<Latency> figure) {
    return latencies.getOrDefault(candidate, List.of()).stream()
        .filter(one -> one.perSecond() == 500)
        .mapToDouble(figure)
        .findFirst()
        .orElse(Double.NaN);
  }

  private void judge(String what, double ratio, double bound, boolean least) {
    boolean good = least ? ratio >= bound : ratio <= bound;
    reached &= good;
    System.out.printf(
        Locale.ROOT,
        "  %-34s %6.2f   needed at %s %.2f%s%n",
        what,
        ratio,
        least ? "least" : "most",
        bound,
        good ? "" : "   NOT reached");
  }

  private double median(Candidate candidate, ToDoubleFunction<Drain> figure) {
    double[] sorted = drains.get(candidate).stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.replaceAll(".*: ", ""))
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor";
    }
  }

  private static String load() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }
}
