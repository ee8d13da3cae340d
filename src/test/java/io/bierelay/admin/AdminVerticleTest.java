package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.launch.LaunchFacts;
import io.bierelay.launch.LaunchFacts.Expected;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.VertxPrometheusOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint over real HTTP, with verticles that are only their reports. */
@Timeout(60)
class AdminVerticleTest {

  private static final String HOSTILE =
      "</script><img src=x onerror=alert(1)>\"\r\nX-Evil: 1\u2028";

  private final HttpClient client = HttpClient.newHttpClient();
  private Vertx vertx = Vertx.vertx();
  private String url = "";

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void deploy(Expected... expected) throws Exception {
    JsonObject config =
        new LaunchFacts(List.of("workflow"), Arrays.asList(expected)).putInto(new JsonObject());
    config.put("admin.port", 0).put("admin.silence.limit", "2s");
    await(vertx.deployVerticle(new AdminVerticle(), config(config)));
    url =
        vertx
            .sharedData()
            .<String, String>getLocalMap(AdminVerticle.LOCAL_MAP)
            .get(AdminVerticle.URL);
  }

  private static DeploymentOptions config(JsonObject config) {
    return new DeploymentOptions().setConfig(config);
  }

  private void report(String verticle, State state, String reason, JsonObject... subscriptions) {
    JsonArray list = new JsonArray(Arrays.asList((Object[]) subscriptions));
    vertx
        .eventBus()
        .publish(
            VerticleStatus.ADDRESS,
            new VerticleStatus(verticle, "i-1", state, reason, Instant.now(), list).toJson());
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(URI.create(url + path)));
  }

  /** The check of one verticle, once readiness says what is awaited of it. */
  private JsonObject awaitCheck(String verticle, String state) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> check(verticle), found -> state.equals(found.getString("state")));
  }

  private JsonObject check(String verticle) {
    JsonArray checks = new JsonObject(get("/health/ready").body()).getJsonArray("checks");
    return checks.stream()
        .map(JsonObject.class::cast)
        .filter(check -> check.getString("name").equals(verticle))
        .findFirst()
        .orElseGet(JsonObject::new);
  }

  @Test
  void readinessNamesWhatIsMissingWaitingAndSilent() throws Exception {
    deploy(new Expected("AdminVerticle", 1), new Expected("Ingest", 1));
    awaitCheck("AdminVerticle", "READY");
    JsonObject missing = awaitCheck("Ingest", "MISSING");
    assertThat(missing.getString("reason")).isEqualTo("not deployed yet");
    assertThat(missing.getString("status")).isEqualTo("DOWN");
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/health/started").statusCode()).isEqualTo(503);

    report("Ingest", State.WAITING, "Kafka at localhost:9092 does not answer");
    JsonObject waiting = awaitCheck("Ingest", "WAITING");
    assertThat(waiting.getString("reason")).isEqualTo("Kafka at localhost:9092 does not answer");
    assertThat(waiting.getString("instance")).isEqualTo("i-1");
    assertThat(Instant.parse(waiting.getString("since"))).isBefore(Instant.now());
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/health/started").statusCode()).isEqualTo(200);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);

    report("Ingest", State.READY, "");
    awaitCheck("Ingest", "READY");
    HttpResponse<String> ready = get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(ready.body()).getString("status")).isEqualTo("UP");

    JsonObject silent = awaitCheck("Ingest", "SILENT");
    assertThat(silent.getString("reason")).startsWith("no report for 2 s");
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/health/started").statusCode()).isEqualTo(200);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(check("AdminVerticle").getString("state")).isEqualTo("READY");
  }

  @Test
  void aTakenPortIsSaidWithTheRemedy() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      JsonObject config = new JsonObject().put("admin.port", taken.getLocalPort());
      Future<String> deployed = vertx.deployVerticle(new AdminVerticle(), config(config));
      Awaitility.await().until(deployed::isComplete);

      assertThat(deployed.cause())
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("http://127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("admin.port")
          .hasMessageContaining("BIE_ADMIN_PORT");
    }
  }

  @Test
  void anAddressOfAnotherMachineIsSaidWithTheRemedy() throws Exception {
    JsonObject config = new JsonObject().put("admin.port", 0).put("admin.host", "192.0.2.1");
    Future<String> deployed = vertx.deployVerticle(new AdminVerticle(), config(config));
    Awaitility.await().until(deployed::isComplete);
    assertThat(deployed.cause())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("192.0.2.1")
        .hasMessageContaining("admin.host");
  }

  @Test
  void aStoppedEndpointGivesItsPortBack() throws Exception {
    deploy();
    int port = URI.create(url).getPort();
    await(vertx.undeploy(vertx.deploymentIDs().iterator().next()));
    try (ServerSocket again = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
      assertThat(again.isBound()).isTrue();
    }
  }

  @Test
  void aHostileReasonArrivesAsPlainData() throws Exception {
    deploy(new Expected("Ingest", 1));
    report("Ingest", State.WAITING, HOSTILE, new JsonObject().put("reason", HOSTILE));
    assertThat(awaitCheck("Ingest", "WAITING").getString("reason")).isEqualTo(HOSTILE);
    HttpResponse<String> ready = get("/health/ready");
    assertThat(ready.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(ready.headers().firstValue("x-content-type-options")).hasValue("nosniff");
    assertThat(ready.headers().firstValue("x-evil")).isEmpty();
    JsonObject subscription =
        new JsonObject(get("/api/subscriptions").body())
            .getJsonArray("subscriptions")
            .getJsonObject(0);
    assertThat(subscription.getString("reason")).isEqualTo(HOSTILE);
  }

  @Test
  void thePageWritesTextOnlyAsText() throws Exception {
    deploy();
    String script = get("/assets/admin.js").body();
    assertThat(script)
        .contains("textContent")
        .doesNotContainPattern(
            "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function|srcdoc");
    assertThat(get("/").body())
        .doesNotContainPattern("(?i)<style|style=|\\son[a-z]+=|<script(?![^>]*src=)|https?://");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/",
        "/%00"
      })
  void unknownPathsAreProblems(String path) throws Exception {
    deploy();
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    JsonObject problem = new JsonObject(answer.body());
    assertThat(problem.getInteger("status")).isEqualTo(404);
    assertThat(problem.getString("title")).isEqualTo("Not Found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"})
  void nothingCanBeChanged(String method) throws Exception {
    deploy();
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/health/live"))
                .header("Origin", "https://elsewhere.example")
                .method(method, BodyPublishers.noBody()));
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).hasValue("GET, HEAD");
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(answer.headers().firstValue("access-control-allow-origin")).isEmpty();
  }

  @Test
  void aLongBodyIsRefused() throws Exception {
    deploy();
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/health/live"))
                .POST(BodyPublishers.ofString("x".repeat(17 * 1024))));
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/assets/admin.css", "/health/ready", "/metrics", "/nothing"})
  void everyAnswerCarriesTheSecurityHeaders(String path) throws Exception {
    deploy();
    HttpResponse<String> answer =
        send(HttpRequest.newBuilder(URI.create(url + path)).header("Origin", "https://x.example"));
    assertThat(answer.headers().firstValue("content-security-policy").orElse(""))
        .contains("default-src 'none'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(answer.headers().firstValue("x-content-type-options")).hasValue("nosniff");
    assertThat(answer.headers().firstValue("referrer-policy")).hasValue("no-referrer");
    assertThat(answer.headers().firstValue("access-control-allow-origin")).isEmpty();
  }

  @Test
  void headAnswersWithoutABody() throws Exception {
    deploy();
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/health/live"))
                .method("HEAD", BodyPublishers.noBody()));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void thePageAndAllItsFilesAreThere() throws Exception {
    deploy();
    HttpResponse<String> page = get("/");
    assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
    assertThat(page.body()).contains("assets/admin.js", "assets/admin.css", "assets/icon.svg");
    for (String asset : List.of("admin.js", "admin.css", "icon.svg")) {
      assertThat(get("/assets/" + asset).statusCode()).as(asset).isEqualTo(200);
    }
    // The second time it comes from memory, and must be the same.
    assertThat(get("/").body()).isEqualTo(page.body());
  }

  @Test
  void withoutARegistryMetricsSayWhy() throws Exception {
    deploy();
    HttpResponse<String> answer = get("/metrics");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("no metrics");
  }

  @Test
  void metricsComeAsPrometheusText() throws Exception {
    await(vertx.close());
    vertx =
        Vertx.builder()
            .with(
                new VertxOptions()
                    .setMetricsOptions(
                        new MicrometerMetricsOptions()
                            .setPrometheusOptions(new VertxPrometheusOptions().setEnabled(true))
                            .setEnabled(true)))
            .build();
    deploy(new Expected("AdminVerticle", 1), new Expected("Ingest", 2));
    awaitCheck("AdminVerticle", "READY");

    HttpResponse<String> text = get("/metrics");
    assertThat(text.statusCode()).isEqualTo(200);
    assertThat(text.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
    assertThat(text.body()).contains("# TYPE bie_verticles_down gauge", "bie_verticles_down 2.0");

    HttpResponse<String> open =
        send(
            HttpRequest.newBuilder(URI.create(url + "/metrics"))
                .header("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"));
    assertThat(open.headers().firstValue("content-type").orElse("")).contains("openmetrics");
    assertThat(open.body()).endsWith("# EOF\n");
  }

  @Test
  void subscriptionsOfAllVerticlesAreMerged() throws Exception {
    deploy();
    report(
        "Ingest",
        State.READY,
        "",
        new JsonObject().put("topic", "T").put("partition", 0).put("lag", 7),
        new JsonObject().put("topic", "T").put("partition", 1).put("lag", 0));
    report("Persist", State.READY, "", new JsonObject().put("queue", "q"));
    awaitCheck("Persist", "READY");

    JsonObject body = new JsonObject(get("/api/subscriptions").body());
    assertThat(body.getJsonArray("roles")).containsExactly("workflow");
    assertThat(body.getString("instance")).endsWith(":" + ProcessHandle.current().pid());
    assertThat(Instant.parse(body.getString("at"))).isBeforeOrEqualTo(Instant.now());
    List<JsonObject> subscriptions =
        body.getJsonArray("subscriptions").stream().map(JsonObject.class::cast).toList();
    assertThat(subscriptions)
        .extracting(one -> one.getString("verticle"))
        .containsExactly("Ingest", "Ingest", "Persist");
    assertThat(subscriptions.get(0).getInteger("lag")).isEqualTo(7);
    assertThat(subscriptions)
        .allSatisfy(one -> assertThat(one.getLong("ageMs")).isBetween(0L, 20_000L));
  }

  @Test
  void settingsDocumentContainersAndBounds() {
    assertThat(AdminSettings.HOST.sentence()).contains("0.0.0.0").contains("containers");
    assertThat(AdminSettings.PORT.parse("0")).isZero();
  }
}
