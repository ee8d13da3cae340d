package io.bierelay.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a figure was measured on, for without it nobody can judge it. */
public final class Machine {

  private static final String LOAD_AT_START = load();

  private final Map<String, Object> facts = new LinkedHashMap<>();

  /** Has the load from before the first process be remembered, by being called. */
  static void noteLoad() {}

  /** This machine, as it is now. */
  public Machine() {
    facts.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    facts.put("commit", commit());
    facts.put("processor", processor());
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("memoryGiB", memory());
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("java", System.getProperty("java.vm.version"));
    facts.put("loadBefore", LOAD_AT_START);
    facts.put("loadAfter", load());
  }

  /** A server or a library that took part. */
  public Machine with(String name, Object version) {
    facts.put(name, String.valueOf(version));
    return this;
  }

  /** For a file. */
  public Map<String, Object> facts() {
    return facts;
  }

  /** One paragraph of a page. */
  public String sentence() {
    String versions =
        facts.entrySet().stream()
            .filter(e -> !STANDING.contains(e.getKey()))
            .map(e -> ", " + e.getKey() + " " + e.getValue())
            .collect(Collectors.joining());
    return "Measured on %s, %s processors (%s), %s GiB, %s, Java %s%s, commit %s; load before %s, after %s."
        .formatted(
            facts.get("date"),
            facts.get("processors"),
            facts.get("processor"),
            facts.get("memoryGiB"),
            facts.get("system"),
            facts.get("java"),
            versions,
            facts.get("commit"),
            facts.get("loadBefore"),
            facts.get("loadAfter"));
  }

  private static final Set<String> STANDING =
      Set.of(
          "date",
          "commit",
          "processor",
          "processors",
          "memoryGiB",
          "system",
          "java",
          "loadBefore",
          "loadAfter");

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

  private static long memory() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
      return lines
          .filter(line -> line.startsWith("MemTotal"))
          .mapToLong(line -> Math.round(Long.parseLong(line.replaceAll("[^0-9]", "")) / 1048576.0))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private static String load() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).strip().split(" ", 0)[0];
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String commit() {
    try {
      Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").start();
      git.getOutputStream().close();
      String out = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return out.isEmpty() ? "unknown" : out;
    } catch (IOException e) {
      return "unknown";
    }
  }
}
