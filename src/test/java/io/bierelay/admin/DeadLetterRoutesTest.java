package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.DeadLetterBus;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes over HTTP goes to the bus, and its answers and failures come back. */
class DeadLetterRoutesTest {

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  @BeforeEach
  void listen() throws Exception {
    Router router = Router.router(vertx);
    router.route().handler(BodyHandler.create(false));
    new DeadLetterRoutes(vertx).addTo(router);
    port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS)
            .actualPort();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private HttpResponse<String> send(String path, String type, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/dead-letters" + path));
    if (body != null) {
      request.header("content-type", type).POST(HttpRequest.BodyPublishers.ofString(body));
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private void answer(String address, int code, String why) {
    vertx
        .eventBus()
        .<JsonObject>consumer(
            address,
            asked -> {
              if (code == 0) {
                asked.reply(new JsonObject().put("asked", asked.body()));
              } else {
                asked.fail(code, why);
              }
            });
  }

  @Test
  void requestsAndAnswersPass() throws Exception {
    answer(DeadLetterBus.LIST, 0, "");
    answer(DeadLetterBus.REPLAY, 0, "");
    HttpResponse<String> list = send("?reason=not-json&limit=7&offset=x", "", null);
    assertThat(list.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(list.body()).getJsonObject("asked"))
        .isEqualTo(
            new JsonObject()
                .put("filter", new JsonObject().put("reason", "not-json"))
                .put("offset", -1)
                .put("limit", 7));
    HttpResponse<String> replay = send("/replay", "application/json", "{\"limit\":3}");
    assertThat(new JsonObject(replay.body()).getJsonObject("asked").getInteger("limit"))
        .isEqualTo(3);
  }

  @Test
  void failuresHaveTheirStatusAndWhatIsNoJsonIsNotPassedOn() throws Exception {
    assertThat(send("", "", null).statusCode()).as("no such role").isEqualTo(404);
    answer(DeadLetterBus.COUNT, DeadLetterBus.BUSY, "ask again");
    answer(DeadLetterBus.LIST, DeadLetterBus.BAD_REQUEST, "limit");
    answer(DeadLetterBus.DISCARD, DeadLetterBus.UNAVAILABLE, "away");
    assertThat(send("/counts", "", null).statusCode()).isEqualTo(409);
    assertThat(send("", "", null).body()).contains("400", "limit");
    assertThat(send("/discard", "application/json", "{}").statusCode()).isEqualTo(503);
    for (String body : new String[] {"", "[1]", "no json"}) {
      assertThat(send("/discard", "application/json", body).statusCode()).as(body).isEqualTo(400);
    }
    assertThat(send("/discard", "text/plain", "{}").statusCode()).isEqualTo(415);
    assertThat(send("/discard", "", null).statusCode()).isEqualTo(405);
  }
}
