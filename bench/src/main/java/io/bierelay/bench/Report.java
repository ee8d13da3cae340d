package io.bierelay.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Prints JMH's results as a table with ratios, and judges them. */
public final class Report {

  private record Figures(double throughput, double error, double allocated) {}

  private static final String OURS = "relay";

  private Report() {}

  /**
   * Ends with 3 when a ratio is missed.
   *
   * @param arguments JMH's JSON, which is written again without this machine's paths; the least
   *     throughput ratio; the greatest allocation ratio, 0 for none
   */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    double faster = Double.parseDouble(arguments[1]);
    double leaner = Double.parseDouble(arguments[2]);
    ObjectMapper mapper = new ObjectMapper();
    JsonNode results = mapper.readTree(file.toFile());
    Map<String, Figures> all = new LinkedHashMap<>();
    for (JsonNode result : results) {
      ((ObjectNode) result)
          .put("jvm", Path.of(result.get("jvm").asText()).getFileName().toString());
      String name = result.get("benchmark").asText();
      all.put(name.substring(name.lastIndexOf('.') + 1), figures(result));
    }
    Files.writeString(
        file, mapper.writerWithDefaultPrettyPrinter().writeValueAsString(results) + "\n");
    Figures ours = all.remove(OURS);
    System.out.printf("%n%-16s %14s %9s %9s %9s%n", "", "ops/ms", "± 99.9 %", "ns/op", "B/op");
    if (ours == null) {
      // Pieces, each with a figure of its own, and nothing that they are compared with.
      all.forEach(Report::print);
      return;
    }
    print(OURS, ours);
    boolean reached = true;
    for (Map.Entry<String, Figures> other : all.entrySet()) {
      Figures theirs = other.getValue();
      print(other.getKey(), theirs);
      double speed = ours.throughput() / theirs.throughput();
      double memory = ours.allocated() / theirs.allocated();
      System.out.printf("%nthroughput: %.2f times, needed at least %.2f%n", speed, faster);
      System.out.printf("allocation: %.3f of it", memory);
      System.out.println(leaner == 0 ? "" : ", needed at most " + leaner);
      reached &= speed >= faster && (leaner == 0 || memory <= leaner);
    }
    if (!reached) {
      System.out.println("NOT reached");
      System.exit(3);
    }
  }

  private static Figures figures(JsonNode result) {
    JsonNode primary = result.get("primaryMetric");
    // NaN, which is a string in JMH's JSON, when there is but one measurement.
    double error = primary.get("scoreError").asDouble(Double.NaN);
    JsonNode secondary = result.get("secondaryMetrics");
    // Some versions of JMH put a dot in front of it.
    JsonNode allocated =
        secondary.has("gc.alloc.rate.norm")
            ? secondary.get("gc.alloc.rate.norm")
            : secondary.get("·gc.alloc.rate.norm");
    return new Figures(primary.get("score").asDouble(), error, allocated.get("score").asDouble());
  }

  private static void print(String name, Figures figures) {
    System.out.printf(
        "%-16s %14.1f %9.1f %9.0f %9.0f%n",
        name,
        figures.throughput(),
        figures.error(),
        1e6 / figures.throughput(),
        figures.allocated());
  }
}
