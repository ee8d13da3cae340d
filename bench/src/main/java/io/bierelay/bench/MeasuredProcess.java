package io.bierelay.bench;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A process that takes part in a benchmark, whatever it is made of: what it says, its CPU time and
 * its memory can be asked. Linux only, by {@code /proc}.
 */
public final class MeasuredProcess implements AutoCloseable {

  /** By how much waiting may be longer than on a machine that does nothing else. */
  public static final int PATIENCE = Integer.getInteger("bierelay.patience", 1);

  private static final Duration START_LIMIT = Duration.ofSeconds(120L * PATIENCE);
  private static final int STOP_SECONDS = 20;

  static {
    Machine.noteLoad();
  }

  private final Process process;
  private final Path log;

  private MeasuredProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts it and returns at once; what it prints goes to the file. */
  public static MeasuredProcess start(List<String> command, Path log) throws IOException {
    return start(command, log, Map.of());
  }

  /** The same, with further variables. */
  public static MeasuredProcess start(
      List<String> command, Path log, Map<String, String> environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new MeasuredProcess(
        builder.redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
  }

  /** The Java that this process runs on. */
  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Returns when it has printed that; fails when it ends before, or takes too long. */
  public MeasuredProcess awaitLine(String part) {
    await("'" + part + "' in " + log)
        .pollInSameThread()
        .pollInterval(Duration.ofMillis(20))
        .atMost(START_LIMIT)
        .until(
            () -> {
              requireAlive();
              return log().contains(part);
            });
    return this;
  }

  /** Fails with what it printed if it has ended. */
  public void requireAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException("it ended:\n" + log());
    }
  }

  /** Its id in the operating system. */
  public long pid() {
    return process.pid();
  }

  /** CPU time since its start, all threads, in steps of 10 ms. */
  public Duration cpu() {
    return cpu(process.toHandle());
  }

  /** CPU time of any process since its start, all threads. */
  public static Duration cpu(ProcessHandle process) {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /** CPU time since its start in milliseconds, by the threads' names without numbers. */
  public Map<String, Long> cpuByThread() throws IOException {
    Map<String, Long> times = new TreeMap<>();
    Path tasks = Path.of("/proc", Long.toString(pid()), "task");
    if (!Files.isDirectory(tasks)) {
      return times;
    }
    try (var all = Files.list(tasks)) {
      for (Path task : (Iterable<Path>) all::iterator) {
        String stat;
        try {
          stat = Files.readString(task.resolve("stat"));
        } catch (IOException e) {
          continue; // It has just ended.
        }
        int end = stat.lastIndexOf(')');
        String name = stat.substring(stat.indexOf('(') + 1, end).replaceAll("[#-]*[0-9]+$", "");
        String[] fields = stat.substring(end + 2).split(" ", 0);
        // Ticks are hundredths of a second on every Linux that Java runs on (USER_HZ).
        times.merge(
            name, (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10, Long::sum);
      }
    }
    return times;
  }

  /** The greatest resident set so far, in KiB; -1 when it is gone. */
  public long peakKib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return -1;
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed so far. */
  public String log() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it in good order, for as long as that may take; fails when it takes longer. */
  public void stop(Duration limit) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("it did not end:\n" + log());
    }
  }

  /** Lets it end by itself, as it does when nobody has anything more to say to it. */
  public void endInput() {
    try {
      process.getOutputStream().close();
      process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it as a power failure does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Open files and sockets; 0 when it is gone. */
  public int descriptors() {
    String[] all = Path.of("/proc", Long.toString(pid()), "fd").toFile().list();
    return all == null ? 0 : all.length;
  }

  /** Threads of the operating system; 0 when it is gone. */
  public int threads() {
    String[] all = Path.of("/proc", Long.toString(pid()), "task").toFile().list();
    return all == null ? 0 : all.length;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
