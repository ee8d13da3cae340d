package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.bierelay.Main;
import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.launch.DrainBus;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SelfSignedCertificate;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * What the settings about access do, what is written to the audit, and what a person can change.
 */
@Timeout(120)
class AdminAccessTest {

  private static final Duration SOON = Duration.ofSeconds(40);

  @TempDir Path directory;

  private final ListAppender<ILoggingEvent> audit = new ListAppender<>();
  private Endpoint endpoint;

  @AfterEach
  void close() throws Exception {
    ((Logger) LoggerFactory.getLogger(Audit.LOGGER)).detachAppender(audit);
    if (endpoint != null) {
      endpoint.close();
    }
  }

  private void start(JsonObject settings) throws Exception {
    endpoint = new Endpoint(settings);
    audit.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Audit.LOGGER);
    logger.setLevel(Level.INFO);
    logger.addAppender(audit);
  }

  private static List<String> problems(JsonObject settings) {
    return AccessRules.problems(Settings.of(settings));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1,true",
    "127.9.9.9,true",
    "::1,true",
    "localhost,true",
    "0.0.0.0,false",
    "::,false",
    "10.0.0.1,false",
    "some.name,false",
    "127.0.0.1.evil.example,false"
  })
  void anAddressThatOthersReachNeedsCredentialsOrAWord(String host, boolean loopback) {
    JsonObject settings = new JsonObject().put("admin.host", host);
    if (loopback) {
      assertThat(problems(settings)).isEmpty();
    } else {
      assertThat(problems(settings))
          .singleElement()
          .asString()
          .contains(host, "admin.credentials.files", "BIE_ADMIN_INSECURE_ROLE");
      assertThat(problems(settings.copy().put("admin.insecure.role", "viewer"))).isEmpty();
    }
  }

  @Test
  void filesThatHelpNobodyAreSaid() throws Exception {
    Path empty = Files.writeString(directory.resolve("empty"), "# nobody\n");
    assertThat(problems(new JsonObject().put("admin.credentials.files", empty.toString())))
        .singleElement()
        .asString()
        .contains("nobody is in");
    assertThat(problems(new JsonObject().put("admin.credentials.files", "/nowhere/x")))
        .singleElement()
        .asString()
        .contains("/nowhere/x");
    assertThat(problems(new JsonObject().put("admin.tls.key.location", empty.toString())))
        .singleElement()
        .asString()
        .contains("go together");
    assertThatThrownBy(() -> start(new JsonObject().put("admin.host", "0.0.0.0")))
        .hasRootCauseInstanceOf(ConfigurationException.class);
  }

  @Test
  void insecureMeansNoMoreThanItsRole() throws Exception {
    start(new JsonObject().put("admin.host", "0.0.0.0").put("admin.insecure.role", "viewer"));
    String local = endpoint.url.replace("0.0.0.0", "127.0.0.1");
    assertThat(get(local + "/api/me")).contains("\"anonymous\"", "\"mayChange\":false");
    HttpResponse<String> drain =
        endpoint.client.send(
            java.net.http.HttpRequest.newBuilder(java.net.URI.create(local + "/api/drain"))
                .header("content-type", "application/json")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"why\":\"x\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(drain.statusCode()).isEqualTo(403);
    assertThat(drain.body()).contains("admin.insecure.role");
  }

  private String get(String url) throws Exception {
    return endpoint
        .client
        .send(
            java.net.http.HttpRequest.newBuilder(java.net.URI.create(url)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void theAuditSaysWhoWhatFromWhereAndTheResult() throws Exception {
    String token = Credential.newToken();
    Path file =
        Files.writeString(
            directory.resolve("c"), Credential.lineForToken("anna", Role.OPERATOR, token));
    start(new JsonObject().put("admin.credentials.files", file.toString()));
    endpoint.refuse(SubscriptionBus.PAUSE, SubscriptionBus.NOT_FOUND, "no topic 'T'");
    JsonObject body = new JsonObject().put("topic", "T").put("why", "a\nb");
    endpoint.json("POST", "/api/subscriptions/pause", body);
    endpoint.send(
        endpoint
            .request("/api/subscriptions/pause")
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body.encode())));
    await().atMost(SOON).until(() -> audit.list.size() == 2);
    assertThat(audit.list.get(0).getFormattedMessage())
        .startsWith("pause by 'anonymous' (anonymous) from 127.0.0.1: - -> 401 ");
    assertThat(audit.list.get(1).getFormattedMessage())
        .isEqualTo(
            "pause by 'anna' (operator) from 127.0.0.1: {\"topic\":\"T\",\"why\":\"a\\nb\"} -> 404"
                + " no topic 'T'");
    assertThat(audit.list.toString()).doesNotContain(token);
  }

  @Test
  void aLevelIsSetForAWhileAndTheAuditStays() throws Exception {
    start(new JsonObject());
    Logger logger = (Logger) LoggerFactory.getLogger("io.bierelay.some.thing");
    JsonObject body =
        new JsonObject()
            .put("logger", "io.bierelay.some.thing")
            .put("level", "TRACE")
            .put("seconds", 3);
    assertThat(endpoint.json("PUT", "/api/log-level", body).statusCode()).isEqualTo(200);
    assertThat(logger.getLevel()).isEqualTo(Level.TRACE);
    assertThat(endpoint.get("/api/log-level").body()).contains("io.bierelay.some.thing", "TRACE");
    await().atMost(SOON).until(() -> logger.getLevel() == null);
    assertThat(endpoint.get("/api/log-level").body()).contains("\"levels\":[]");
    for (String refused : List.of(Audit.LOGGER, "org.postgresql", "io.bierelayed", "ROOT")) {
      HttpResponse<String> answer =
          endpoint.json("PUT", "/api/log-level", body.copy().put("logger", refused));
      assertThat(answer.statusCode()).as(refused).isEqualTo(422);
    }
  }

  @Test
  void aDrainedInstanceIsReadyAndSaysSo() throws Exception {
    start(new JsonObject().put("admin.silence.limit", "2s"));
    endpoint.answer(
        DrainBus.ADDRESS,
        new JsonObject().put("drained", new JsonArray().add("Ingest")).put("clean", true));
    endpoint.report("Ingest", State.WAITING, "Kafka is away", new JsonArray());
    await()
        .atMost(SOON)
        .until(() -> endpoint.get("/health/ready").body().contains("Kafka is away"));
    assertThat(
            endpoint.json("POST", "/api/drain", new JsonObject().put("why", "node")).statusCode())
        .isEqualTo(200);
    endpoint.report("Ingest", State.STOPPING, "stopping", new JsonArray());
    await().atMost(SOON).until(() -> endpoint.get("/health/ready").statusCode() == 200);
    assertThat(endpoint.get("/health/ready").body()).contains("drained by anonymous: node");
  }

  @Test
  void anEventThatWaitsTooLongIsACheck() throws Exception {
    start(new JsonObject().put("admin.oldest.event.limit", "60s"));
    JsonObject row =
        new JsonObject()
            .put("topic", "T")
            .put("partition", 4)
            .put("state", "held")
            .put("reason", "RabbitMQ is away")
            .put("lagSeconds", 61.5)
            .put("rate1", 0);
    assertReady(row.copy().put("lagSeconds", 59), true);
    assertReady(row, false);
    assertThat(endpoint.get("/health/ready").body())
        .contains("OVERDUE", "partition T-4", "61 s", "RabbitMQ is away");
    assertReady(row.copy().put("rate1", 0.1), true);
    assertReady(row, false);
    assertReady(row.copy().put("state", "paused"), true);
  }

  private void assertReady(JsonObject row, boolean ready) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              endpoint.report("Ingest", State.READY, "", new JsonArray().add(row));
              return endpoint.get("/health/ready").statusCode() == (ready ? 200 : 503);
            });
  }

  @Test
  void withACertificateItSpeaksTlsOnly() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    start(
        new JsonObject()
            .put("admin.tls.certificate.location", certificate.certificatePath())
            .put("admin.tls.key.location", certificate.privateKeyPath()));
    assertThat(endpoint.url).startsWith("https://");
    endpoint.report("Ingest", State.READY, "", new JsonArray());
    WebClient client =
        WebClient.create(
            endpoint.vertx,
            new WebClientOptions()
                .setSsl(true)
                .setVerifyHost(false)
                .setTrustOptions(certificate.trustOptions()));
    assertThat(
            Endpoint.await(client.get(endpoint.port(), "localhost", "/health/live").send())
                .statusCode())
        .isEqualTo(200);
    assertThatThrownBy(() -> get("http://127.0.0.1:" + endpoint.port() + "/health/live"))
        .isInstanceOf(java.io.IOException.class);
    String url = "https://localhost:" + endpoint.port();
    assertThat(status("--url", url, "--ca", certificate.certificatePath())).startsWith("0");
    assertThat(status("--url", url)).startsWith("4").contains("nobody answers at " + url);
    String key = certificate.privateKeyPath();
    assertThat(status("--url", url, "--ca", key)).startsWith("4").contains("--ca " + key);
    certificate.delete();
  }

  /** What the command {@code status} ends with: its exit code, and what it complains of. */
  private static String status(String... options) {
    StringWriter err = new StringWriter();
    String[] all =
        Stream.concat(Stream.of("status"), Arrays.stream(options)).toArray(String[]::new);
    int code =
        new CommandLine(new Main())
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err, true))
            .execute(all);
    return code + " " + err;
  }

  @Test
  void settingsAreShownMasked() throws Exception {
    start(new JsonObject());
    assertThat(new JsonObject(endpoint.get("/api/settings").body()).getJsonArray("settings"))
        .contains(
            new JsonObject()
                .put("key", "rabbitmq.password")
                .put("value", "******")
                .put("source", "environment"));
  }
}
