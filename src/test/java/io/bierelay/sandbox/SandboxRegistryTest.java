package io.bierelay.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The registry answers as Confluent's does. */
class SandboxRegistryTest {
  private static final String FIRST = ContentionSchemas.of(ContentionType.DELETED).toString();
  private static final String SECOND = ContentionSchemas.of(ContentionType.UPDATED).toString();

  private final HttpClient http = HttpClient.newHttpClient();
  private final SandboxRegistry registry = new SandboxRegistry().start();

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void aSchemaHasOneIdWhereverItIsRegistered() throws Exception {
    assertThat(register("a-value", FIRST)).isEqualTo(1);
    assertThat(register("a-value", SECOND)).isEqualTo(2);
    assertThat(register("a-value", FIRST)).isEqualTo(1);
    assertThat(register("b-value", SECOND)).isEqualTo(2);
    assertThat(get("/subjects").body()).isEqualTo("[\"a-value\",\"b-value\"]");
    assertThat(get("/subjects/a-value/versions").body()).isEqualTo("[1,2]");
    assertThat(get("/subjects/b-value/versions").body()).isEqualTo("[1]");
  }

  @Test
  void answersLookLikeTheRealOnes() throws Exception {
    register("a-value", FIRST);
    register("a-value", SECOND);
    HttpResponse<String> byId = get("/schemas/ids/2");
    assertThat(byId.statusCode()).isEqualTo(200);
    assertThat(byId.headers().firstValue("Content-Type"))
        .contains("application/vnd.schemaregistry.v1+json");
    assertThat(json(byId)).isEqualTo(new JsonObject().put("schema", SECOND));
    JsonObject latest = json(get("/subjects/a-value/versions/latest"));
    assertThat(latest)
        .isEqualTo(
            new JsonObject()
                .put("subject", "a-value")
                .put("version", 2)
                .put("id", 2)
                .put("schema", SECOND));
    assertThat(json(get("/subjects/a-value/versions/1")).getInteger("id")).isEqualTo(1);
    assertThat(json(post("/subjects/a-value", FIRST)).getInteger("version")).isEqualTo(1);
  }

  @Test
  void errorsCarryTheRegistrysCodes() throws Exception {
    register("a-value", FIRST);
    assertRefused(get("/schemas/ids/99"), 404, 40403);
    assertRefused(get("/subjects/none/versions"), 404, 40401);
    assertRefused(get("/subjects/a-value/versions/7"), 404, 40402);
    assertRefused(get("/subjects/a-value/versions/x"), 422, 42202);
    assertRefused(post("/subjects/a-value", SECOND), 404, 40403);
    assertRefused(post("/subjects/none", FIRST), 404, 40401);
    assertRefused(post("/subjects/a-value/versions", "{\"type\":\"nonsense\"}"), 422, 42201);
    assertRefused(get("/elsewhere"), 404, 404);
  }

  @Test
  void itComesBackOnTheSamePortWithItsSchemas() throws Exception {
    register("a-value", FIRST);
    registry.stop();
    registry.start();
    assertThat(get("/schemas/ids/1").statusCode()).isEqualTo(200);
    registry.answerOnly(503);
    assertThat(get("/schemas/ids/1").statusCode()).isEqualTo(503);
    registry.recover();
    assertThat(get("/schemas/ids/1").statusCode()).isEqualTo(200);
    assertThat(registry.requests()).isEqualTo(4);
  }

  @Test
  void withAUserItWantsBasicAuthentication() throws Exception {
    try (var closed = new SandboxRegistry(Ports.free(), "user", "secret").start()) {
      var request = HttpRequest.newBuilder(URI.create(closed.url() + "/subjects"));
      assertRefused(http.send(request.build(), BodyHandlers.ofString()), 401, 401);
      String basic = Base64.getEncoder().encodeToString("user:secret".getBytes(UTF_8));
      request.header("Authorization", "Basic " + basic);
      var answer = http.send(request.build(), BodyHandlers.ofString());
      assertThat(new JsonArray(answer.body())).isEmpty();
    }
  }

  private int register(String subject, String schema) throws Exception {
    return json(post("/subjects/" + subject + "/versions", schema)).getInteger("id");
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(registry.url() + path)).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String schema) throws Exception {
    String body = new JsonObject().put("schema", schema).encode();
    return http.send(
        HttpRequest.newBuilder(URI.create(registry.url() + path))
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static JsonObject json(HttpResponse<String> response) {
    return new JsonObject(response.body());
  }

  private static void assertRefused(HttpResponse<String> response, int status, int code) {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(json(response).getInteger("error_code")).isEqualTo(code);
    assertThat(json(response).getString("message")).isNotEmpty();
  }
}
