package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Latest schemas and new ones, against a real HTTP server. */
class RegistrySubjectsTest {

  private static final String LATEST = "GET /subjects/a%2Fb/versions/latest";
  private static final String REGISTER = "POST /subjects/a%2Fb/versions";

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private JsonObject configuration = new JsonObject();

  @BeforeEach
  void start() throws Exception {
    HttpServer server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    r -> {
                      String asked = r.method() + " " + r.path();
                      requests.add(asked);
                      String answer = answers.getOrDefault(asked, "503 ");
                      r.bodyHandler(
                          body -> {
                            bodies.add(body.toString());
                            r.response()
                                .setStatusCode(Integer.parseInt(answer.substring(0, 3)))
                                .end(answer.substring(4));
                          });
                    })
                .listen(0, "127.0.0.1"));
    configuration =
        new JsonObject()
            .put("registry.urls", "http://127.0.0.1:" + server.actualPort())
            .put("registry.attempts", 1);
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private SchemaRegistry registry() throws Exception {
    Promise<SchemaRegistry> made = Promise.promise();
    context.runOnContext(v -> made.complete(new SchemaRegistry(vertx, Settings.of(configuration))));
    return await(made.future());
  }

  private <T> T on(SchemaRegistry registry, Function<SchemaRegistry, Future<T>> use)
      throws Exception {
    Promise<T> promise = Promise.promise();
    context.runOnContext(v -> use.apply(registry).onComplete(promise));
    return await(promise.future());
  }

  private static String version(int id, int version, String schema) {
    return "200 "
        + new JsonObject()
            .put("subject", "a/b")
            .put("id", id)
            .put("version", version)
            .put("schema", schema)
            .put("whatever", List.of(1))
            .encode();
  }

  @Test
  void theLatestIsKeptUntilItIsRefreshed() throws Exception {
    answers.put(LATEST, version(7, 1, "\"long\""));
    SchemaRegistry registry = registry();
    List<Future<LatestSchema>> asked = new CopyOnWriteArrayList<>();
    on(
        registry,
        r -> {
          for (int i = 0; i < 1_000; i++) {
            asked.add(r.latest("a/b"));
          }
          return Future.join(asked);
        });
    assertThat(requests).as("one for all").containsExactly(LATEST);
    LatestSchema first = on(registry, r -> r.latest("a/b"));
    assertThat(requests).as("from memory").hasSize(1);
    assertThat(first)
        .isEqualTo(new LatestSchema("a/b", 7, 1, Schema.create(Schema.Type.LONG)))
        .isSameAs(asked.get(0).result());
    answers.put(LATEST, version(8, 2, "\"int\""));
    LatestSchema again = on(registry, r -> r.latest("a/b"));
    assertThat(again).isSameAs(first);
    assertThat(on(registry, r -> r.refresh("a/b")).id()).isEqualTo(8);
    assertThat(on(registry, r -> r.latest("a/b")).version()).isEqualTo(2);
    assertThat(requests).hasSize(2);
  }

  @Test
  void afterItsTimeItIsAskedForAgain() throws Exception {
    configuration.put("registry.latest.ttl", "50ms");
    answers.put(LATEST, version(7, 1, "\"long\""));
    SchemaRegistry registry = registry();
    on(registry, r -> r.latest("a/b"));
    answers.put(LATEST, version(8, 2, "\"int\""));
    Awaitility.await().until(() -> on(registry, r -> r.latest("a/b")).id() == 8);
  }

  @Test
  void aFailureIsNotKeptButAnUnknownSubjectIsForAWhile() throws Exception {
    SchemaRegistry registry = registry();
    assertThatThrownBy(() -> on(registry, r -> r.latest("a/b")))
        .cause()
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("503");
    answers.put(LATEST, "404 {\"error_code\":40401,\"message\":\"Subject not found\"}");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> on(registry, r -> r.latest("a/b")))
          .cause()
          .isInstanceOf(RegistryRefusedException.class)
          .hasMessageContainingAll("a/b", "40401");
    }
    assertThat(requests).hasSize(2);
    answers.put(LATEST, version(7, 1, "\"long\""));
    assertThat(on(registry, r -> r.refresh("a/b")).id()).isEqualTo(7);
  }

  @Test
  void anAnswerThatIsNoVersionIsNoSchema() throws Exception {
    SchemaRegistry registry = registry();
    answers.put(LATEST, "200 {\"schema\":\"\\\"long\\\"\"}");
    assertThatThrownBy(() -> on(registry, r -> r.latest("a/b")))
        .cause()
        .isInstanceOf(RegistryUnavailableException.class);
    answers.put(LATEST, "200 {\"id\":1,\"version\":1,\"schemaType\":\"JSON\",\"schema\":\"{}\"}");
    assertThatThrownBy(() -> on(registry, r -> r.latest("a/b")))
        .cause()
        .isInstanceOf(PoisonException.class);
  }

  @Test
  void aNewSchemaIsRegisteredAndTheLatestForgotten() throws Exception {
    Schema schema = Schema.create(Schema.Type.LONG);
    answers.put(LATEST, version(7, 1, "\"int\""));
    answers.put(REGISTER, "200 {\"id\":8}");
    SchemaRegistry registry = registry();
    on(registry, r -> r.latest("a/b"));
    int id = on(registry, r -> r.register("a/b", schema));
    assertThat(id).isEqualTo(8);
    assertThat(new JsonObject(bodies.get(1)).getString("schema")).isEqualTo("\"long\"");
    answers.put(LATEST, version(8, 2, "\"long\""));
    assertThat(on(registry, r -> r.latest("a/b")).id()).isEqualTo(8);
    answers.put(REGISTER, "409 {\"error_code\":409,\"message\":\"incompatible\"}");
    assertThatThrownBy(() -> on(registry, r -> r.register("a/b", schema)))
        .cause()
        .isInstanceOf(RegistryRefusedException.class)
        .hasMessageContainingAll("incompatible", "compatibility");
    answers.put(REGISTER, "422 {\"error_code\":42201,\"message\":\"Invalid schema\"}");
    assertThatThrownBy(() -> on(registry, r -> r.register("a/b", schema)))
        .cause()
        .hasMessageContaining("42201");
    answers.put(REGISTER, "409 <html>");
    assertThatThrownBy(() -> on(registry, r -> r.register("a/b", schema)))
        .cause()
        .isInstanceOf(RegistryUnavailableException.class);
  }
}
