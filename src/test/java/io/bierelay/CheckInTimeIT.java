package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.sandbox.RelayProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command {@code check} as a process, where it gets no answer: it ends, in time, and says so.
 */
@Timeout(180)
class CheckInTimeIT {

  private static final String HOST = "127.0.0.1";

  /** What its help promises for the whole. */
  private static final Duration PROMISED = Duration.ofSeconds(10);

  @TempDir private Path directory;

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  /** Takes connections and never says anything. */
  private String silent() throws IOException {
    ServerSocket server = new ServerSocket(0, 200, InetAddress.getByName(HOST));
    open.add(server);
    return HOST + ":" + server.getLocalPort();
  }

  /** Takes no more connections: the system drops what comes. */
  private String full() throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName(HOST));
    open.add(server);
    for (int i = 0; i < 20; i++) {
      Socket socket = new Socket();
      open.add(socket);
      try {
        socket.connect(new InetSocketAddress(HOST, server.getLocalPort()), 300);
      } catch (SocketTimeoutException e) {
        return HOST + ":" + server.getLocalPort();
      }
    }
    throw new IllegalStateException("the system takes more connections than it was told to");
  }

  private record Ended(int code, String out, Duration after) {}

  private Ended run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-jar", RelayProcess.jar().toAbsolutePath().toString()));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("BIE_"));
    long began = System.nanoTime();
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended at all").isTrue();
      return new Ended(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Duration.ofNanos(System.nanoTime() - began));
    } finally {
      process.destroyForcibly();
    }
  }

  private Path settings(String address, String more) throws IOException {
    String host = address.replaceAll(":\\d+$", "");
    String port = address.replaceAll(".*:", "");
    return Files.writeString(
        directory.resolve("relay.yaml"),
        """
        kafka:
          bootstrap.servers: %1$s,localhost:%3$s
          security.protocol: plaintext
          group.id: g
          topic.infix: TST
        registry.urls: http://%1$s
        rabbitmq: {host: %2$s, port: %3$s, username: u, password: p}
        postgres: {host: %2$s, port: %3$s, username: u, password: p, database: d}
        %4$s
        """
            .formatted(address, host, port, more));
  }

  private static TreeSet<String> failed(Ended ended) {
    JsonArray findings = new JsonObject(ended.out()).getJsonArray("findings");
    TreeSet<String> servers = new TreeSet<>();
    for (Object one : findings) {
      JsonObject finding = (JsonObject) one;
      if (finding.getString("outcome").equals("failed")) {
        servers.add(finding.getString("server"));
      }
    }
    return servers;
  }

  @ParameterizedTest
  @ValueSource(strings = {"full", "silent", "unroutable"})
  void withinTenSecondsWhateverTheServersDo(String kind) throws Exception {
    String address =
        switch (kind) {
          case "full" -> full();
          case "silent" -> silent();
          default -> "192.0.2.1:9999"; // RFC 5737: nobody's.
        };
    Path conf = settings(address, "");
    // What starting a JVM takes on this machine at this moment is not the check's.
    Duration start = run("--version").after();
    Ended ended =
        run("check", "--role", "svc-bie-kafka,workflow", "--conf", conf.toString(), "--json");
    System.out.printf(
        "check, %s: %d ms, of which a JVM's start %d ms%n",
        kind, ended.after().toMillis(), start.toMillis());
    assertThat(ended.code()).as(ended.out()).isEqualTo(1);
    assertThat(failed(ended)).contains("Kafka", "Schema registry", "RabbitMQ", "PostgreSQL");
    if (!kind.equals("unroutable")) {
      assertThat(ended.out())
          .contains(Map.of("full", "dropped", "silent", "said nothing").get(kind));
    }
    assertThat(ended.after().minus(start)).isLessThan(PROMISED);
  }

  @Test
  void withBothRolesRabbitIsTriedOnce() throws Exception {
    Path conf = settings(silent(), "");
    Ended ended =
        run("check", "--role", "svc-bie-kafka,workflow", "--conf", conf.toString(), "--json");
    assertThat(new JsonObject(ended.out()).getJsonArray("findings"))
        .map(JsonObject.class::cast)
        .filteredOn(one -> one.getString("server").equals("RabbitMQ"))
        .extracting(one -> one.getString("step"))
        .containsOnlyOnce("name");
  }
}
