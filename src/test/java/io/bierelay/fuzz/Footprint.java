package io.bierelay.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a Java process holds just now.
 *
 * @param heap bytes of objects that are alive, after a full garbage collection
 * @param descriptors open files, sockets and pipes
 * @param classes bytes by class
 */
record Footprint(long heap, int descriptors, int threads, Map<String, Long> classes) {

  private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
  private static final Pattern CLASS =
      Pattern.compile("(?m)^\\s*\\d+:\\s+\\d+\\s+(\\d+)\\s+(\\S+)");

  /**
   * Has the process collect its garbage twice, so that what references hold weakly goes as well.
   */
  static Footprint of(long pid) {
    jcmd(pid, "GC.run");
    // Collects once more, and counts only what is alive.
    String histogram = jcmd(pid, "GC.class_histogram");
    Matcher total = TOTAL.matcher(histogram);
    if (!total.find()) {
      throw new IllegalStateException("jcmd names no total for process " + pid);
    }
    Map<String, Long> classes = new HashMap<>();
    CLASS
        .matcher(histogram)
        .results()
        .forEach(line -> classes.merge(line.group(2), Long.valueOf(line.group(1)), Long::sum));
    return new Footprint(
        Long.parseLong(total.group(1)), entries(pid, "fd"), entries(pid, "task"), classes);
  }

  /** Whose objects there are most more of, in KiB. */
  String growthSince(Footprint before) {
    return classes.entrySet().stream()
        .map(
            one ->
                Map.entry(
                    one.getKey(),
                    (one.getValue() - before.classes.getOrDefault(one.getKey(), 0L)) / 1024))
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(10)
        .map(one -> one.getKey() + " +" + one.getValue())
        .collect(Collectors.joining(", "));
  }

  private static int entries(long pid, String directory) {
    try (Stream<Path> all = Files.list(Path.of("/proc", String.valueOf(pid), directory))) {
      return (int) all.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String jcmd(long pid, String command) {
    Path program = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    try {
      Process process =
          new ProcessBuilder(program.toString(), String.valueOf(pid), command)
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("jcmd %d %s: %s".formatted(pid, command, said));
      }
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return "heap %.1f MiB, %d descriptors, %d threads"
        .formatted(heap / 1_048_576.0, descriptors, threads);
  }
}
