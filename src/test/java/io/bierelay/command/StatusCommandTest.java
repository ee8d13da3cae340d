package io.bierelay.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.bierelay.Main;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * What a terminal shows and which code a script gets, from an endpoint that says what it should.
 */
@Timeout(60)
class StatusCommandTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path directory;

  private final JsonArray checks = new JsonArray();
  private final JsonArray rows = new JsonArray();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer server;
  private volatile String wanted = "";

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    JsonObject facts =
        new JsonObject()
            .put("instance", "host:1")
            .put("version", "1")
            .put("roles", new JsonArray().add("svc-bie-kafka"))
            .put("ready", true);
    server.createContext(
        "/api/",
        exchange -> {
          String given = exchange.getRequestHeaders().getFirst("authorization");
          boolean in = wanted.isEmpty() || wanted.equals(given);
          JsonObject body =
              !in
                  ? new JsonObject().put("detail", "credentials are needed")
                  : exchange.getRequestURI().getPath().equals("/api/status")
                      ? facts.copy().put("checks", checks)
                      : facts.copy().put("subscriptions", rows).put("degraded", new JsonArray());
          byte[] bytes = body.encode().getBytes(UTF_8);
          exchange.sendResponseHeaders(in ? 200 : 401, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private int run(String... more) {
    String[] all = new String[more.length + 3];
    all[0] = "status";
    all[1] = "--url";
    all[2] = "http://127.0.0.1:" + server.getAddress().getPort();
    System.arraycopy(more, 0, all, 3, more.length);
    return execute(all);
  }

  private int execute(String... arguments) {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static JsonObject partition(int number, String state, Instant since) {
    return new JsonObject()
        .put("kind", "partition")
        .put("topic", "T")
        .put("partition", number)
        .put("state", state)
        .put("since", since.toString())
        .put("lag", 12)
        .put("lagSeconds", 75)
        .put("reason", "RabbitMQ is\u001b[31m away");
  }

  @Test
  void whatGoesOnOrIsPausedIsFine() {
    Instant old = Instant.now().minusSeconds(3600);
    rows.add(partition(0, "running", old)).add(partition(1, "paused", old));
    rows.add(partition(2, "held", Instant.now()));
    rows.add(new JsonObject().put("kind", "queue").put("queue", "q").put("messages", 3));
    assertThat(run()).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("host:1", "T-0", "1 min", "queue q", "nothing is stuck")
        .doesNotContain("\u001b");
  }

  @Test
  void whatIsHeldForLongIsStuckAndComesFirst() {
    rows.add(partition(0, "running", Instant.now()));
    rows.add(partition(1, "held", Instant.now().minusSeconds(40)));
    assertThat(run()).isEqualTo(1);
    assertThat(out.toString()).contains("1 stuck");
    assertThat(out.toString().indexOf("T-1")).isLessThan(out.toString().indexOf("T-0"));
    assertThat(run("--stuck-after", "60")).isZero();
  }

  @Test
  void whatNobodyOwnsAndWhatIsDownIsStuck() {
    rows.add(partition(0, "unassigned", Instant.now()).putNull("since").putNull("owner"));
    checks.add(
        new JsonObject()
            .put("name", "V")
            .put("status", "DOWN")
            .put("state", "WAITING")
            .put("reason", "Kafka is away"));
    assertThat(run("--json", "--group")).isEqualTo(1);
    assertThat(new JsonObject(out.toString()).getJsonArray("stuck")).hasSize(2);
  }

  @Test
  void credentialsComeFromAFile() throws IOException {
    wanted = "Bearer secret";
    assertThat(run()).isEqualTo(4);
    assertThat(err.toString()).contains("401", "credentials are needed");
    Path file = Files.writeString(directory.resolve("token"), "secret\n");
    assertThat(run("--token-file", file.toString())).isZero();
  }

  @Test
  void aPasswordIsSentWithItsName() throws IOException {
    wanted = "Basic " + Base64.getEncoder().encodeToString("anna:geheim:ä".getBytes(UTF_8));
    Path file = Files.writeString(directory.resolve("password"), "geheim:ä\n");
    assertThat(run("--token-file", file.toString())).isEqualTo(4);
    assertThat(run("--user", "anna", "--token-file", file.toString())).isZero();
  }

  /** It shows what changes, and waits for an instance that is away for a while. */
  @Test
  void watchingShowsWhatChangesUntilItIsInterrupted() throws Exception {
    rows.add(partition(0, "running", Instant.now()));
    AtomicInteger code = new AtomicInteger(-1);
    Thread watching = new Thread(() -> code.set(run("--watch", "--json")));
    watching.start();
    await().atMost(LIMIT).until(() -> out.toString().lines().count() >= 1);
    wanted = "nobody has this";
    await().atMost(LIMIT).until(() -> err.toString().contains("credentials are needed"));
    rows.add(partition(1, "held", Instant.now().minusSeconds(40)));
    wanted = "";
    await().atMost(LIMIT).until(() -> out.toString().contains("T-1"));
    watching.interrupt();
    watching.join();
    assertThat(code).hasValue(0);
    // The last line may be half written.
    String whole = out.toString().substring(0, out.toString().lastIndexOf('\n'));
    List<JsonObject> shown = whole.lines().map(JsonObject::new).toList();
    assertThat(shown.get(0).getJsonArray("stuck")).isEmpty();
    assertThat(shown.get(shown.size() - 1).getJsonArray("stuck")).hasSize(1);
  }

  @Test
  void whoDoesNotAnswerIsNamed() {
    server.stop(0);
    assertThat(run()).isEqualTo(4);
    assertThat(err.toString()).contains("nobody answers at", "--url");
  }

  @Test
  void aCredentialIsALineAndATokenShownOnce() {
    assertThat(execute("credential", "--name", "bot", "--role", "viewer")).isZero();
    assertThat(out.toString()).startsWith("bot:viewer:sha256:");
    assertThat(err.toString()).startsWith("token: bie_");
    assertThat(execute("credential", "--name", "b t", "--role", "viewer")).isEqualTo(2);
  }

  @Test
  void aRoleIsStillRequiredToRun() {
    assertThat(execute("config")).isEqualTo(2);
    assertThat(execute()).isEqualTo(2);
    assertThat(err.toString()).contains("Missing required option: '--role=ROLE'");
  }
}
