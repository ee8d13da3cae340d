package io.bierelay.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The first part of docs/performance.md: each promised row, whether it holds by the newest results
 * of each benchmark, and what is known about what limits it where it does not.
 */
public final class MustShow {

  private static final int THREADS = 5;
  private static final String UNTUNED = "JVM's choice";

  private final Path results;
  private final Path docs;
  private final Map<String, Optional<JsonNode>> read = new LinkedHashMap<>();

  private MustShow(Path results, Path docs) {
    this.results = results;
    this.docs = docs;
  }

  /** Arguments: the directory of the results; that of performance.md, whose part it writes. */
  public static void main(String[] arguments) throws IOException {
    MustShow shown = new MustShow(Path.of(arguments[0]), Path.of(arguments[1]));
    String text = shown.text();
    System.out.println("\n" + text);
    Marked.write(shown.docs.resolve("performance.md"), "must", text);
  }

  private String text() throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("| what | needed | measured | holds |\n| --- | --- | --- | --- |\n");
    List<String> limits = new ArrayList<>();
    for (Promised row : Promised.values()) {
      Map<String, List<JsonNode>> byOurs = lines(row);
      if (byOurs.isEmpty()) {
        text.append("| %s | %s | not measured | |%n".formatted(row.title(), row.needed()));
      }
      byOurs.forEach(
          (ours, lines) -> {
            boolean holds = lines.stream().allMatch(MustShow::reached);
            List<String> figures = worst(lines);
            boolean all = figures.size() >= row.figures();
            text.append(
                "| %s%s | %s | %s | %s |%n"
                    .formatted(
                        row.title(),
                        ours.isEmpty() ? "" : " (" + ours + ")",
                        row.needed(),
                        String.join("; ", figures),
                        !holds ? "no" : all ? "**yes**" : "so far; not all was measured"));
            if (!holds) {
              limits.add(limit(row, ours));
            }
          });
    }
    text.append("\nRatios of medians, ours to theirs; of several peers the one that does best. ");
    text.append(sources()).append('\n');
    if (!limits.isEmpty()) {
      text.append("\nWhat limits what does not hold:\n\n");
      limits.forEach(one -> text.append("- ").append(one).append('\n'));
    }
    return text.toString();
  }

  private Optional<JsonNode> result(String benchmark) throws IOException {
    Optional<JsonNode> known = read.get(benchmark);
    if (known == null) {
      try (Stream<Path> files = Files.list(results)) {
        Optional<Path> newest =
            files
                .filter(file -> file.getFileName().toString().endsWith("-" + benchmark + ".json"))
                .max(Comparator.comparing(file -> file.getFileName().toString()));
        known =
            newest.isEmpty()
                ? Optional.empty()
                : Optional.of(new ObjectMapper().readTree(newest.get().toFile()));
      }
      read.put(benchmark, known);
    }
    return known;
  }

  private Map<String, List<JsonNode>> lines(Promised row) throws IOException {
    Map<String, List<JsonNode>> all = new LinkedHashMap<>();
    Optional<JsonNode> result = result(row.benchmark());
    if (result.isPresent()) {
      for (JsonNode line : result.get().path("judged")) {
        if (line.path("promised").asText().equals(row.name())
            && !Double.isNaN(line.path("needed").asDouble(Double.NaN))) {
          all.computeIfAbsent(line.path("ours").asText(), any -> new ArrayList<>()).add(line);
        }
      }
    }
    return all;
  }

  private static boolean reached(JsonNode line) {
    double figure = line.path("figure").asDouble();
    double needed = line.path("needed").asDouble();
    return line.path("least").asBoolean() ? figure >= needed : figure <= needed;
  }

  /** Of all who were compared by the same figure the one beside whom ours looks worst. */
  private static List<String> worst(List<JsonNode> lines) {
    Map<String, JsonNode> worst = new LinkedHashMap<>();
    for (JsonNode line : lines) {
      // Of the floor and of peers there may be different bounds for the same figure.
      worst.merge(
          line.path("what").asText() + line.path("needed").asText(),
          line,
          (one, other) ->
              one.path("figure").asDouble() < other.path("figure").asDouble()
                      == one.path("least").asBoolean()
                  ? one
                  : other);
    }
    return worst.values().stream()
        .map(
            line ->
                "%s %.2f (%s %s, %s)"
                    .formatted(
                        line.path("what").asText(),
                        line.path("figure").asDouble(),
                        line.path("least").asBoolean() ? "≥" : "≤",
                        line.path("needed").asText(),
                        line.path("against").asText()))
        .toList();
  }

  private String limit(Promised row, String ours) {
    String text = row.title() + (ours.isEmpty() ? "" : " (" + ours + ")") + ": ";
    if (row == Promised.RELAY_FLOOR || row == Promised.RELAY_PEERS) {
      text +=
          "CPU µs per event once warm, by thread: ours %s; the floor's %s. "
              .formatted(
                  threads(ours.equals(UNTUNED) ? "RELAY" : "RELAY_TUNED"),
                  threads(ours.equals(UNTUNED) ? "FLOOR" : "FLOOR_TUNED"));
    }
    List<String> profiles = new ArrayList<>();
    for (String role : List.of("relay", "workflow")) {
      boolean concerned = row.benchmark().equals("both") || row.benchmark().equals(role);
      String file = "profile-" + role + ".svg";
      if (concerned && Files.exists(docs.resolve(file))) {
        profiles.add("[profile of the %s](%s)".formatted(role, file));
      }
    }
    text += profiles.isEmpty() ? "no profile was taken" : String.join(", ", profiles);
    return text
        + ", [the figures](#%s)"
            .formatted(
                switch (row.benchmark()) {
                  case "both" -> "both-hops-from-the-producer-to-the-row";
                  case "workflow" -> "workflow-queues-into-postgresql";
                  default -> "relay-kafka-to-exchanges";
                })
        + ".";
  }

  private String threads(String candidate) {
    Map<String, List<Double>> all = new TreeMap<>();
    JsonNode drains =
        read.get("relay").map(result -> result.path("drains").path(candidate)).orElseThrow();
    for (JsonNode drain : drains) {
      drain
          .path("warmThreads")
          .fields()
          .forEachRemaining(
              one ->
                  all.computeIfAbsent(one.getKey(), any -> new ArrayList<>())
                      .add(one.getValue().asDouble()));
    }
    if (all.isEmpty()) {
      return "not measured";
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    all.forEach((name, values) -> medians.put(name, Rounds.median(values, value -> value)));
    return medians.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .limit(THREADS)
        .map(one -> "%s %.1f".formatted(one.getKey().strip(), one.getValue()))
        .collect(java.util.stream.Collectors.joining(", "));
  }

  private String sources() throws IOException {
    List<String> parts = new ArrayList<>();
    for (String benchmark : List.of("relay", "both", "workflow")) {
      Optional<JsonNode> result = result(benchmark);
      if (result.isPresent()) {
        JsonNode machine = result.get().path("machine");
        int failed = result.get().path("failures").size();
        parts.add(
            "`bench/run %s` of %s, commit %s, load before %s%s"
                .formatted(
                    benchmark,
                    machine.path("date").asText("an unknown day"),
                    machine.path("commit").asText("unknown"),
                    machine.path("loadBefore").asText("unknown"),
                    failed == 0 ? "" : ", " + failed + " turns failed"));
      }
    }
    return parts.isEmpty() ? "Nothing was measured yet." : "By " + String.join("; ", parts) + ".";
  }
}
