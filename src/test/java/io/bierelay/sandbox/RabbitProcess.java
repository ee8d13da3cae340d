package io.bierelay.sandbox;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A RabbitMQ of one's own: Debian's package as a child process, without service or container, so
 * that a test can take it away and bring it back.
 *
 * <p>Ports and messages outlive a stop, a kill and a start. It shares nothing with another broker
 * on this machine, not even Erlang's name server.
 */
public final class RabbitProcess implements AutoCloseable {
  private static final Path HOME = Path.of("/usr/lib/rabbitmq/lib");
  private static final String HOST = "127.0.0.1";
  private static final String NODE = "bierelay@localhost";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(180);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration CTL_TIMEOUT = Duration.ofSeconds(120);

  private final Path programs;
  private final ScratchDirectory scratch = ScratchDirectory.create("rabbitmq");
  private final List<Integer> ports = Ports.free(3);
  private final RabbitAddress address =
      new RabbitAddress(HOST, ports.get(0), "bie-relay", UUID.randomUUID().toString(), "/");
  private Process names;
  private Process broker;

  /**
   * Not started yet; fails where the package is not installed.
   *
   * @param configuration further lines of {@code rabbitmq.conf}
   */
  public RabbitProcess(String... configuration) {
    programs =
        installed()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "RabbitMQ's server is not installed: apt-get install rabbitmq-server"));
    scratch.write("enabled_plugins", "[].\n");
    scratch.write(
        "rabbitmq.conf",
        """
        listeners.tcp.local = %s:%d
        default_user = %s
        default_pass = %s
        loopback_users = none
        log.console = true
        log.console.level = warning
        disk_free_limit.absolute = 50MB
        """
                .formatted(HOST, address.port(), address.username(), address.password())
            + String.join("\n", configuration)
            + "\n");
  }

  /** Has it run plugins of its package; before the first start. */
  public RabbitProcess plugins(String... names) {
    scratch.write("enabled_plugins", "[" + String.join(",", names) + "].\n");
    return this;
  }

  /**
   * Where the package's programs are, if it is installed; or those of another version, in the
   * directory that the system property {@code bierelay.rabbitmq} names.
   */
  static Optional<Path> installed() {
    String other = System.getProperty("bierelay.rabbitmq", "");
    if (!other.isEmpty()) {
      return Optional.of(Path.of(other));
    }
    if (!Files.isDirectory(HOME)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(HOME)) {
      return versions
          .map(version -> version.resolve("sbin"))
          .filter(sbin -> Files.isExecutable(sbin.resolve("rabbitmq-server")))
          .max(Path::compareTo);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it and returns when it takes connections. */
  public synchronized RabbitProcess start() {
    if (broker != null && broker.isAlive()) {
      return this;
    }
    try {
      startNames();
      broker = launch(List.of(programs.resolve("rabbitmq-server").toString()), "broker.log");
      await("RabbitMQ")
          .atMost(START_TIMEOUT)
          .pollInterval(Duration.ofMillis(100))
          .until(() -> !broker.isAlive() || address.takesConnections());
    } catch (IOException e) {
      throw new UncheckedIOException("RabbitMQ did not start", e);
    }
    if (!broker.isAlive()) {
      throw new IllegalStateException("RabbitMQ ended at once:\n" + log());
    }
    return this;
  }

  /** Stops it in good order, as SIGTERM does. */
  public synchronized void stop() {
    end(broker, false);
  }

  /** Ends it as a power failure does, with SIGKILL. */
  public synchronized void kill() {
    end(broker, true);
  }

  @Override
  public synchronized void close() {
    // Nobody needs what it would still write.
    kill();
    end(names, true);
    scratch.close();
  }

  /** Where it is, known even while it is down. */
  public RabbitAddress address() {
    return address;
  }

  /** What it logged so far. */
  public String log() {
    try {
      return Files.readString(scratch.resolve("broker.log"));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  /** Runs {@code rabbitmqctl} and returns what it printed; fails when that fails. */
  public String ctl(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(programs.resolve("rabbitmqctl").toString());
    command.add("--quiet");
    command.addAll(List.of(arguments));
    String name = "ctl-" + UUID.randomUUID();
    try {
      Process ctl = launch(command, name);
      boolean ended = ctl.waitFor(CTL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      if (!ended) {
        ctl.destroyForcibly();
      }
      String output = Files.readString(scratch.resolve(name), StandardCharsets.UTF_8);
      if (!ended || ctl.exitValue() != 0) {
        throw new IllegalStateException(
            "rabbitmqctl %s: %s".formatted(String.join(" ", arguments), output));
      }
      return output.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Erlang's name server, as a child in the foreground. Left alone, the broker would start a daemon
   * that outlives it.
   */
  private void startNames() throws IOException {
    if (names != null && names.isAlive()) {
      return;
    }
    int port = ports.get(2);
    names =
        launch(
            List.of(
                "epmd", "-port", String.valueOf(port), "-address", HOST, "-relaxed_command_check"),
            "epmd.log");
    await("Erlang's name server")
        .atMost(START_TIMEOUT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !names.isAlive() || Ports.answers(HOST, port));
    if (!names.isAlive()) {
      throw new IllegalStateException("Erlang's name server ended at once");
    }
  }

  private Process launch(List<String> command, String log) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(scratch.path().toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(scratch.resolve(log).toFile()));
    builder.redirectInput(new File("/dev/null"));
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(key -> key.startsWith("RABBITMQ_"));
    environment.put("HOME", scratch.path().toString());
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("ERL_EPMD_PORT", String.valueOf(ports.get(2)));
    environment.put("RABBITMQ_CONF_ENV_FILE", "/dev/null");
    environment.put("RABBITMQ_NODENAME", NODE);
    environment.put("RABBITMQ_NODE_IP_ADDRESS", HOST);
    environment.put("RABBITMQ_NODE_PORT", String.valueOf(address.port()));
    environment.put("RABBITMQ_DIST_PORT", String.valueOf(ports.get(1)));
    environment.put("RABBITMQ_MNESIA_BASE", scratch.resolve("data").toString());
    environment.put("RABBITMQ_LOG_BASE", scratch.resolve("log").toString());
    environment.put("RABBITMQ_LOGS", "-");
    environment.put("RABBITMQ_CONFIG_FILE", scratch.resolve("rabbitmq").toString());
    environment.put("RABBITMQ_ENABLED_PLUGINS_FILE", scratch.resolve("enabled_plugins").toString());
    environment.put(
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
    // Makes the script become the broker instead of waiting for it as its child: so a signal to
    // this process is one to the broker.
    environment.put("RUNNING_UNDER_SYSTEMD", "true");
    environment.remove("NOTIFY_SOCKET");
    return builder.start();
  }

  private static void end(Process process, boolean forcibly) {
    if (process == null) {
      return;
    }
    List<ProcessHandle> children = process.descendants().toList();
    if (forcibly) {
      process.destroyForcibly();
    } else {
      process.destroy();
    }
    try {
      if (!process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
