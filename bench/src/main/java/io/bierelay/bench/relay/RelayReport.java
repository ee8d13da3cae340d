package io.bierelay.bench.relay;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What was measured, as a file and as a judgement. */
final class RelayReport {

  private final Map<Candidate, List<Drain>> drains;
  private final Map<Candidate, List<Latency>> latencies;

  RelayReport(Map<Candidate, List<Drain>> drains, Map<Candidate, List<Latency>> latencies) {
    this.drains = drains;
    this.latencies = latencies;
  }

  /** Writes the file, prints the medians; returns 0 if all that is needed was reached, else 3. */
  int finish(Path file) throws Exception {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("java", System.getProperty("java.vm.version"));
    json.put("processors", Runtime.getRuntime().availableProcessors());
    json.put("drains", drains);
    json.put("latencies", latencies);
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
    for (Candidate candidate : drains.keySet()) {
      System.out.printf(
          "%-18s %7.0f/s, CPU us/event %6.1f (warm %6.1f), RSS %4.0f MiB%n",
          candidate,
          median(candidate, Drain::eventsPerSecond),
          median(candidate, Drain::cpuMicros),
          median(candidate, Drain::warmCpuMicros),
          median(candidate, Drain::rssMib));
    }
    return 0;
  }

  private double median(Candidate candidate, ToDoubleFunction<Drain> figure) {
    double[] sorted = drains.get(candidate).stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
