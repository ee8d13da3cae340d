package io.bierelay.sandbox;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How many bytes a piece of work allocates, the same on each machine: in a JVM that only
 * interprets, where no compiler removes an allocation in one run and not in the next.
 */
public final class Allocation {

  private static final int WARM = 200;
  private static final int COUNT = 1_000;
  private static final long LIMIT_S = 120;

  private Allocation() {}

  /** Runs a main class that prints what {@link #perCall} returned, and returns it. */
  public static long of(Class<?> main) {
    List<String> command =
        List.of(
            ProcessHandle.current().info().command().orElse("java"),
            "-Xint",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName());
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(main.getSimpleName() + ": " + output);
      }
      String[] lines = output.strip().split("\n", 0);
      return Long.parseLong(lines[lines.length - 1]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** How many bytes one call allocates on this thread, on average over many. */
  public static long perCall(Runnable call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().getId();
    for (int i = 0; i < WARM; i++) {
      call.run();
    }
    long before = threads.getThreadAllocatedBytes(id);
    for (int i = 0; i < COUNT; i++) {
      call.run();
    }
    return (threads.getThreadAllocatedBytes(id) - before) / COUNT;
  }
}
