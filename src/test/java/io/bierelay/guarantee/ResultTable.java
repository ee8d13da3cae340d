package io.bierelay.guarantee;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All outcomes of a run, as the one table that is printed and kept. */
final class ResultTable {

  private static final String ROW = "%-44s %9s %6s %9s %10s %10s %8s  %s%n";

  private final List<Outcome> outcomes = new ArrayList<>();
  private final long seed;

  ResultTable(long seed) {
    this.seed = seed;
  }

  synchronized void add(Outcome outcome) {
    outcomes.add(outcome);
  }

  /** The middle one of all times from a server's return to the next confirm. */
  synchronized Optional<Duration> medianRecovery() {
    return median(outcomes.stream().flatMap(one -> one.recoveries().stream()).toList());
  }

  synchronized String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        ROW.formatted(
            "scenario",
            "events",
            "lost",
            "disorder",
            "duplicates",
            "recovery",
            "seconds",
            "verdict"));
    for (Outcome one : outcomes) {
      text.append(
          ROW.formatted(
              one.scenario(),
              String.format(Locale.ROOT, "%,d", one.events()),
              one.lost(),
              one.outOfOrder(),
              one.duplicates(),
              seconds(median(one.recoveries())),
              String.format(Locale.ROOT, "%.0f", one.took().toMillis() / 1e3),
              one.passed() ? "held" : "BROKEN"));
    }
    long broken = outcomes.stream().filter(one -> !one.passed()).count();
    text.append(
        "%d scenarios, %d broken; median recovery %s; seed %d%n"
            .formatted(outcomes.size(), broken, seconds(medianRecovery()), seed));
    for (Outcome one : outcomes) {
      one.problems().forEach(p -> text.append("  %s: %s%n".formatted(one.scenario(), p)));
    }
    return text.toString();
  }

  /** Writes {@code guarantee.txt} and {@code guarantee.json}. */
  synchronized void write(Path directory) {
    JsonArray array = new JsonArray();
    outcomes.forEach(one -> array.add(one.toJson()));
    JsonObject json = new JsonObject().put("seed", seed).put("scenarios", array);
    medianRecovery().ifPresent(m -> json.put("medianRecoverySeconds", m.toMillis() / 1e3));
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("guarantee.txt"), text());
      Files.writeString(directory.resolve("guarantee.json"), json.encodePrettily() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String seconds(Optional<Duration> time) {
    return time.map(t -> String.format(Locale.ROOT, "%.1f s", t.toMillis() / 1e3)).orElse("–");
  }

  private static Optional<Duration> median(List<Duration> times) {
    List<Duration> sorted = times.stream().sorted().toList();
    return sorted.isEmpty() ? Optional.empty() : Optional.of(sorted.get(sorted.size() / 2));
  }
}
