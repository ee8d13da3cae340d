package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.DeadLetterBus;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What comes over HTTP goes to the bus, and its answers and failures come back. */
@Timeout(120)
class DeadLetterRoutesTest {

  private Endpoint endpoint;

  @BeforeEach
  void listen() throws Exception {
    endpoint = new Endpoint(new JsonObject());
  }

  @AfterEach
  void close() throws Exception {
    endpoint.close();
  }

  private void echo(String address) {
    endpoint
        .vertx
        .eventBus()
        .<JsonObject>consumer(
            address, asked -> asked.reply(new JsonObject().put("asked", asked.body())));
  }

  private HttpResponse<String> get(String path) {
    return endpoint.get("/api/dead-letters" + path);
  }

  private HttpResponse<String> post(String path, String type, String body) {
    return endpoint.send(
        endpoint
            .request("/api/dead-letters" + path)
            .header("content-type", type)
            .POST(BodyPublishers.ofString(body)));
  }

  private static JsonObject asked(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body()).getJsonObject("asked");
  }

  @Test
  void requestsAndAnswersPass() {
    echo(DeadLetterBus.LIST);
    echo(DeadLetterBus.REPLAY);
    assertThat(asked(get("?reason=not-json&limit=7&offset=3")))
        .isEqualTo(
            new JsonObject()
                .put("filter", new JsonObject().put("reason", "not-json"))
                .put("offset", 3)
                .put("limit", 7));
    JsonObject replay = asked(post("/replay", "application/json", "{\"limit\":3}"));
    assertThat(replay).isEqualTo(new JsonObject().put("limit", 3).put("by", "anonymous"));
    assertThat(asked(post("/replay", "application/json", "{\"by\":\"on call\"}")).getString("by"))
        .isEqualTo("on call");
  }

  @Test
  void failuresHaveTheirStatusAndWhatDoesNotFitIsNotPassedOn() {
    assertThat(get("").statusCode()).as("no such role").isEqualTo(404);
    endpoint.refuse(DeadLetterBus.COUNT, DeadLetterBus.BUSY, "ask again");
    endpoint.refuse(DeadLetterBus.LIST, DeadLetterBus.BAD_REQUEST, "limit");
    endpoint.refuse(DeadLetterBus.DISCARD, DeadLetterBus.UNAVAILABLE, "away");
    assertThat(get("/counts").statusCode()).isEqualTo(409);
    assertThat(get("").body()).contains("400", "limit");
    assertThat(post("/discard", "application/json", "{\"why\":\"old\"}").statusCode())
        .isEqualTo(503);
    for (String body : new String[] {"", "[1]", "no json", "{}", "{\"why\":1}"}) {
      assertThat(post("/discard", "application/json", body).statusCode()).as(body).isEqualTo(400);
    }
    assertThat(post("/discard", "text/plain", "{}").statusCode()).isEqualTo(415);
    assertThat(get("/discard").statusCode()).isEqualTo(405);
    assertThat(get("?limit=x").statusCode()).isEqualTo(400);
    assertThat(get("?limit=0").statusCode()).isEqualTo(400);
  }
}
