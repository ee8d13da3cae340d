package io.bierelay.sandbox;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A Redis of one's own: Debian's package as a child process, so that a test can take it away and
 * bring it back. Port and data outlive a stop and a start; it refuses whoever has no password.
 */
public final class RedisProcess implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/redis-server");
  private static final String HOST = "127.0.0.1";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

  private final ScratchDirectory scratch = ScratchDirectory.create("redis");
  private final int port = Ports.free();
  private final String password = UUID.randomUUID().toString();
  private final String further;
  private Process process;

  /**
   * Not started yet; fails where the package is not installed.
   *
   * @param configuration further lines of {@code redis.conf}
   */
  public RedisProcess(String... configuration) {
    further = String.join("\n", configuration);
    if (!Files.isExecutable(PROGRAM)) {
      throw new IllegalStateException(
          "Redis is not installed: run ./dev/test, or: apt-get install redis-server");
    }
  }

  /** Starts it and returns when it takes connections. */
  public RedisProcess start() {
    // By a file, since arguments can be seen by everybody on the machine.
    Path configuration =
        scratch.write(
            "redis.conf",
            """
            bind %s
            port %d
            requirepass %s
            dir %s
            save ""
            appendonly yes
            %s
            """
                .formatted(HOST, port, password, scratch.path(), further));
    File log = scratch.resolve("redis.log").toFile();
    try {
      process =
          new ProcessBuilder(List.of(PROGRAM.toString(), configuration.toString()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
              .redirectInput(new File("/dev/null"))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await("Redis")
        .atMost(START_TIMEOUT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !process.isAlive() || Ports.answers(HOST, port));
    if (!process.isAlive()) {
      throw new IllegalStateException("Redis ended at once; see " + log);
    }
    return this;
  }

  /** Stops it in good order, as SIGTERM does. */
  public void stop() {
    if (process == null) {
      return;
    }
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** The settings by which the relay finds it. */
  public Map<String, Object> settings() {
    return Map.of("redis.url", "redis://%s:%d/0".formatted(HOST, port), "redis.password", password);
  }

  @Override
  public void close() {
    stop();
    scratch.close();
  }
}
