package io.bierelay.sandbox;

import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The fat JAR as a process of its own, which can be killed. */
public final class RelayProcess implements AutoCloseable {

  private final ScratchDirectory scratch = ScratchDirectory.create("relay");
  private final Process process;
  private final String adminUrl;

  private RelayProcess(
      List<String> roles,
      Map<String, Object> settings,
      String adminUrl,
      List<String> jvmOptions,
      Map<String, String> environment,
      List<String> arguments,
      Path jar) {
    this.adminUrl = adminUrl;
    Path conf = scratch.write("relay.json", new JsonObject(settings).encode());
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.addAll(jvmOptions);
    command.addAll(List.of("-jar", jar.toString()));
    command.addAll(List.of("--role", String.join(",", roles), "--conf", conf.toString()));
    command.addAll(arguments);
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile());
      builder.environment().putAll(environment);
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it and returns at once. */
  public static RelayProcess start(
      List<String> roles, Map<String, Object> settings, String adminUrl) {
    return start(roles, settings, adminUrl, List.of());
  }

  /** With further options of the JVM, which by default has a heap of 256 MiB. */
  public static RelayProcess start(
      List<String> roles, Map<String, Object> settings, String adminUrl, List<String> jvmOptions) {
    return start(roles, settings, adminUrl, jvmOptions, List.of(), jar());
  }

  /** With further options of the JVM, further arguments, and of another JAR than the build's. */
  public static RelayProcess start(
      List<String> roles,
      Map<String, Object> settings,
      String adminUrl,
      List<String> jvmOptions,
      List<String> arguments,
      Path jar) {
    return new RelayProcess(roles, settings, adminUrl, jvmOptions, Map.of(), arguments, jar);
  }

  /** As {@link #start(List, Map, String)}, with more in its environment. */
  public static RelayProcess start(
      List<String> roles,
      Map<String, Object> settings,
      String adminUrl,
      Map<String, String> environment) {
    return new RelayProcess(roles, settings, adminUrl, List.of(), environment, List.of(), jar());
  }

  /** As {@link #start(List, Map, String)}, with other verticles than those in the JAR. */
  public static RelayProcess start(
      List<String> roles, Map<String, Object> settings, String adminUrl, Path verticles) {
    List<String> arguments = List.of("--verticles", verticles.toString());
    return new RelayProcess(roles, settings, adminUrl, List.of(), Map.of(), arguments, jar());
  }

  /** The JAR that the build has made. */
  public static Path jar() {
    Path jar = Path.of(System.getProperty("bierelay.jar", "target/bie-relay.jar"));
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " does not exist; build it: ./mvnw package");
    }
    return jar;
  }

  /** Waits until every verticle is ready. */
  public RelayProcess awaitReady() {
    await()
        .atMost(Duration.ofSeconds(60))
        .failFast(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException("the process ended:\n" + readLog());
              }
            })
        .until(() -> new AdminClient(adminUrl).status("/health/ready") == 200);
    return this;
  }

  /** Where its administration listens. */
  public String adminUrl() {
    return adminUrl;
  }

  /** What it has printed so far. */
  public String readLog() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How much processor time it has used so far; what a busy machine falsifies least. */
  public Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** SIGKILL: no hook runs, nothing is drained, nothing committed. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM; returns the exit code. */
  public int terminate() {
    process.destroy();
    return awaitEnd();
  }

  /** SIGSTOP: it stands still, its connections stay, and it knows nothing of it. */
  public void freeze() {
    Signals.send(pid(), "STOP");
  }

  /** SIGCONT: it goes on where it stood. */
  public void thaw() {
    Signals.send(pid(), "CONT");
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Its id in the operating system. */
  public long pid() {
    return process.pid();
  }

  /** The most memory it had at once so far, in KiB (VmHWM in /proc); 0 when it is gone. */
  public long peakMemoryKiB() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  private int awaitEnd() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("still running 30 s after the signal:\n" + readLog());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private Path log() {
    return scratch.resolve("relay.log");
  }

  @Override
  public void close() {
    process.destroyForcibly();
    scratch.close();
  }
}
