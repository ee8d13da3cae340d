package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.event.DeadLetterBus;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.Move;
import io.bierelay.event.SubscriptionBus.Partition;
import io.bierelay.event.SubscriptionBus.PauseReply;
import io.bierelay.event.SubscriptionBus.SeekReply;
import io.bierelay.launch.DrainBus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.SchemaRepository;
import io.vertx.openapi.contract.OpenAPIContract;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Drives every operation of {@code openapi.yaml} and holds each answer against it. */
@Timeout(180)
class ContractTest {

  private static final JsonObject PARTITION =
      new JsonObject()
          .put("topic", "T")
          .put("partition", 0)
          .put("state", "running")
          .put("lag", 7)
          .put("lagSeconds", 1.5)
          .put("rate1", 0.1);

  private final SchemaRepository schemas =
      SchemaRepository.create(
          new JsonSchemaOptions()
              .setDraft(Draft.DRAFT202012)
              .setBaseUri("app://")
              .setOutputFormat(OutputFormat.Basic));
  private JsonObject document;
  private Endpoint endpoint;

  @BeforeEach
  void open() throws Exception {
    JsonObject raw = ApiContract.parse(ApiContract.text().toString());
    schemas.dereference(JsonSchema.of(raw));
    document = schemas.resolve(raw);
    endpoint = new Endpoint(new JsonObject());
  }

  @AfterEach
  void close() throws Exception {
    endpoint.close();
  }

  /** What is sent, and which answers the contract has for it besides. */
  private record Call(String method, String path, JsonObject body, int status) {}

  private static Map<String, Call> calls() {
    Map<String, Call> calls = new LinkedHashMap<>();
    for (String path :
        List.of(
            "/openapi.yaml",
            "/health/live",
            "/metrics",
            "/api/me",
            "/api/status",
            "/api/settings",
            "/api/subscriptions",
            "/api/log-level",
            "/api/dead-letters?limit=5&reason=x",
            "/api/dead-letters/counts")) {
      calls.put("get " + path, new Call("GET", path, null, path.equals("/metrics") ? 503 : 200));
    }
    calls.put("started", new Call("GET", "/health/started", null, 200));
    calls.put("ready", new Call("GET", "/health/ready", null, 200));
    calls.put("group", new Call("GET", "/api/subscriptions?scope=group", null, 200));
    JsonObject pause = new JsonObject().put("topic", "T").put("partition", 0).put("why", "test");
    calls.put("pause", new Call("POST", "/api/subscriptions/pause", pause, 200));
    calls.put("resume", new Call("POST", "/api/subscriptions/resume", pause, 200));
    JsonObject seek =
        new JsonObject()
            .put("topic", "T")
            .put("to", "earliest")
            .put("dryRun", true)
            .put("why", "?");
    calls.put("seek", new Call("POST", "/api/subscriptions/seek", seek, 200));
    JsonObject level =
        new JsonObject()
            .put("logger", "io.bierelay.some")
            .put("level", "DEBUG")
            .put("seconds", 60)
            .put("why", "test");
    calls.put("level", new Call("PUT", "/api/log-level", level, 200));
    JsonObject letters =
        new JsonObject().put("filter", new JsonObject().put("reason", "x")).put("why", "old");
    calls.put("replay", new Call("POST", "/api/dead-letters/replay", letters, 200));
    calls.put("discard", new Call("POST", "/api/dead-letters/discard", letters, 200));
    calls.put("drain", new Call("POST", "/api/drain", new JsonObject().put("why", "test"), 200));
    return calls;
  }

  private void everybodyAnswers() {
    JsonArray rows = new JsonArray().add(PARTITION.copy());
    endpoint.report("Ingest", State.READY, "", rows);
    endpoint.answer(
        SubscriptionBus.GROUP,
        new JsonObject()
            .put("subscriptions", new JsonArray().add(PARTITION.copy().putNull("owner")))
            .put("degraded", new JsonArray()));
    JsonObject paused =
        new PauseReply(List.of(new Partition("T", 0)), false, "until the process ends").toJson();
    endpoint.answer(SubscriptionBus.PAUSE, paused);
    endpoint.answer(SubscriptionBus.RESUME, paused);
    endpoint.answer(
        SubscriptionBus.SEEK,
        new SeekReply(true, "e", List.of(new Move("T", 0, 9, 0)), List.of()).toJson());
    endpoint.answer(
        DeadLetterBus.LIST,
        new JsonObject()
            .put("letters", new JsonArray().add(letter()))
            .put("matching", 1)
            .put("total", 1)
            .put("complete", true));
    endpoint.answer(
        DeadLetterBus.COUNT,
        new JsonObject()
            .put("total", 1)
            .put("byReason", new JsonObject().put("x", 1))
            .put("complete", true));
    JsonObject done =
        new JsonObject().put("done", 1).put("refused", new JsonObject()).put("complete", true);
    endpoint.answer(DeadLetterBus.REPLAY, done);
    endpoint.answer(DeadLetterBus.DISCARD, done);
    endpoint.answer(
        DrainBus.ADDRESS,
        new JsonObject().put("drained", new JsonArray().add("Ingest")).put("clean", true));
  }

  private static JsonObject letter() {
    return new JsonObject().put("id", "i").put("reason", "x").putNull("partition").put("size", 3);
  }

  private HttpResponse<String> send(Call call) {
    return call.body() == null
        ? endpoint.get(call.path())
        : endpoint.json(call.method(), call.path(), call.body());
  }

  /** Fails unless the contract has this answer, in this form. */
  private void fits(Call call, HttpResponse<String> answer) {
    String path = call.path().replaceFirst("\\?.*", "");
    JsonObject operation =
        document
            .getJsonObject("paths")
            .getJsonObject(path)
            .getJsonObject(call.method().toLowerCase(java.util.Locale.ROOT));
    JsonObject responses = operation.getJsonObject("responses");
    JsonObject response =
        responses.getJsonObject(
            String.valueOf(answer.statusCode()), responses.getJsonObject("default"));
    String type = answer.headers().firstValue("content-type").orElse("").replaceFirst(";.*", "");
    JsonObject media = response.getJsonObject("content").getJsonObject(type);
    assertThat(media).as("%s %s answers with %s", call.method(), path, type).isNotNull();
    if (type.endsWith("json")) {
      OutputUnit unit =
          schemas
              .validator(JsonSchema.of(media.getJsonObject("schema")))
              .validate(new JsonObject(answer.body()));
      assertThat(unit.getValid())
          .as("%s %s: %s%n%s", call.method(), path, errors(unit), answer.body())
          .isTrue();
    }
  }

  private static List<String> errors(OutputUnit unit) {
    return unit.getErrors() == null
        ? List.of()
        : unit.getErrors().stream()
            .map(one -> one.getInstanceLocation() + ": " + one.getError())
            .toList();
  }

  @Test
  void everyOperationAnswersAsTheContractSays() {
    everybodyAnswers();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> endpoint.get("/health/ready").statusCode() == 200);
    Set<String> driven = new TreeSet<>(Set.of("GET /api/subscriptions/stream"));
    calls()
        .forEach(
            (name, call) -> {
              HttpResponse<String> answer = send(call);
              assertThat(answer.statusCode())
                  .as(name + " " + answer.body())
                  .isEqualTo(call.status());
              if (call.status() == 200) {
                fits(call, answer);
              }
              driven.add(call.method() + " " + call.path().replaceFirst("\\?.*", ""));
            });
    assertThat(driven).isEqualTo(operations());
  }

  /** Without what the library adds when it resolves references. */
  private List<Map.Entry<String, Object>> paths() {
    return document.getJsonObject("paths").stream()
        .filter(path -> path.getKey().startsWith("/"))
        .toList();
  }

  private Set<String> operations() {
    Set<String> all = new TreeSet<>();
    for (Map.Entry<String, Object> path : paths()) {
      for (String method : ((JsonObject) path.getValue()).fieldNames()) {
        if (method.startsWith("__")) {
          continue;
        }
        all.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey());
      }
    }
    return all;
  }

  @Test
  void whereNobodyAnswersTheProblemsFitToo() {
    Stream.of("pause", "resume", "seek", "replay", "discard", "drain")
        .map(calls()::get)
        .forEach(
            call -> {
              HttpResponse<String> answer = send(call);
              assertThat(answer.statusCode()).as(call.path()).isIn(404, 409);
              fits(call, answer);
            });
    Call group = calls().get("group");
    HttpResponse<String> degraded = send(group);
    fits(group, degraded);
    assertThat(new JsonObject(degraded.body()).getJsonArray("degraded").getString(0))
        .contains("svc-bie-kafka");
  }

  @Test
  void whatDoesNotFitIsSaidWithItsPlace() {
    Call pause = calls().get("pause");
    for (String key : List.of("topic", "why")) {
      JsonObject body = pause.body().copy();
      body.remove(key);
      Call without = new Call("POST", pause.path(), body, 400);
      HttpResponse<String> answer = send(without);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains(key);
      fits(without, answer);
    }
    Call wrong = new Call("POST", pause.path(), pause.body().copy().put("partition", "seven"), 400);
    HttpResponse<String> answer = send(wrong);
    fits(wrong, answer);
    assertThat(new JsonObject(answer.body()).getJsonArray("errors").encode())
        .contains("/partition");
    Call seek = calls().get("seek");
    for (JsonObject body :
        List.of(
            seek.body().copy().put("to", "offset"),
            seek.body().copy().put("offset", 3),
            seek.body().copy().put("to", "timestamp").put("timestamp", "yesterday"),
            seek.body().copy().put("to", "nowhere"))) {
      Call call = new Call("POST", seek.path(), body, 400);
      HttpResponse<String> refused = send(call);
      assertThat(refused.statusCode()).as(body.encode()).isEqualTo(400);
      fits(call, refused);
    }
  }

  @Test
  void failuresOfTheBusKeepTheirStatus() {
    int[] codes = {404, 409, 422, 503, 400};
    for (int code : codes) {
      var consumer =
          endpoint
              .vertx
              .eventBus()
              .<JsonObject>consumer(
                  SubscriptionBus.SEEK, asked -> asked.fail(code, "valid is 3 to 9"));
      Call seek = calls().get("seek");
      HttpResponse<String> answer = send(seek);
      assertThat(answer.statusCode()).isEqualTo(code);
      assertThat(answer.body()).contains("valid is 3 to 9");
      fits(seek, answer);
      consumer.unregister().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** At run time this is left out, for the sake of the first answer. */
  @Test
  void theContractIsValidOpenApi() throws Exception {
    JsonObject raw = ApiContract.parse(ApiContract.text().toString());
    raw.remove("servers");
    String supported = raw.encode().replaceAll("application/problem\\+json", "application/json");
    JsonObject plain = new JsonObject(supported);
    for (String path : List.of("/openapi.yaml", "/metrics", "/api/subscriptions/stream")) {
      plain
          .getJsonObject("paths")
          .getJsonObject(path)
          .getJsonObject("get")
          .put(
              "responses",
              new JsonObject().put("200", new JsonObject().put("description", "as it is")));
    }
    OpenAPIContract contract = Endpoint.await(OpenAPIContract.from(endpoint.vertx, plain));
    assertThat(contract.operations()).hasSize(operations().size());
  }

  @Test
  void healthAndMetricsAreRoutedAsTheContractHasThem() {
    for (Map.Entry<String, Object> path : paths()) {
      if (!path.getKey().startsWith("/api/")) {
        assertThat(endpoint.get(path.getKey()).statusCode()).as(path.getKey()).isNotEqualTo(404);
      }
    }
  }
}
