package io.bierelay.admin;

import io.bierelay.launch.LaunchFacts;
import io.bierelay.launch.LaunchFacts.Expected;
import io.bierelay.settings.EffectiveSettings;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An admin endpoint over real HTTP, with others on the event bus that are only their answers. */
final class Endpoint implements AutoCloseable {

  final Vertx vertx = Vertx.vertx();
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final String url;

  Endpoint(JsonObject settings) throws Exception {
    JsonObject config =
        new LaunchFacts(
                List.of("svc-bie-kafka", "workflow"),
                List.of(new Expected("AdminVerticle", 1), new Expected("Ingest", 1)),
                List.of(
                    new EffectiveSettings.Line("kafka.group.id", "g", "default"),
                    new EffectiveSettings.Line("rabbitmq.password", "******", "environment")),
                Map.of("service", "bie-relay"))
            .putInto(new JsonObject().put("admin.port", 0).mergeIn(settings));
    await(vertx.deployVerticle(new AdminVerticle(), new DeploymentOptions().setConfig(config)));
    url =
        vertx
            .sharedData()
            .<String, String>getLocalMap(AdminVerticle.LOCAL_MAP)
            .get(AdminVerticle.URL);
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  int port() {
    return URI.create(url).getPort();
  }

  /** Has somebody answer on an address. */
  void answer(String address, JsonObject answer) {
    vertx.eventBus().<JsonObject>consumer(address, asked -> asked.reply(answer));
  }

  /** Has somebody refuse on an address. */
  void refuse(String address, int code, String why) {
    vertx.eventBus().<JsonObject>consumer(address, asked -> asked.fail(code, why));
  }

  void report(String verticle, State state, String reason, JsonArray subscriptions) {
    vertx
        .eventBus()
        .publish(
            VerticleStatus.ADDRESS,
            new VerticleStatus(verticle, "i-1", state, reason, Instant.now(), subscriptions)
                .toJson());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(30));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> get(String path) {
    return send(request(path));
  }

  HttpResponse<String> json(String method, String path, JsonObject body) {
    return send(
        request(path)
            .header("content-type", "application/json")
            .method(method, BodyPublishers.ofString(body.encode())));
  }

  @Override
  public void close() throws Exception {
    await(vertx.close());
  }
}
