package io.bierelay.sandbox;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;

/** Asks a relay's administration, as a person or a probe would. */
public record AdminClient(String url) {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** The status code of a path; 0 if nobody answers. */
  public int status(String path) {
    return get(path).map(HttpResponse::statusCode).orElse(0);
  }

  /** The body of a path; empty if nobody answers. */
  public String body(String path) {
    return get(path).map(HttpResponse::body).orElse("");
  }

  /** Why a verticle is not ready; empty when it is, or when nothing is known of it. */
  public String reasonOf(String verticle) {
    String body = body("/health/ready");
    if (body.isEmpty()) {
      return "";
    }
    return objects(new JsonObject(body), "checks").stream()
        .filter(check -> verticle.equals(check.getString("name")))
        .map(check -> check.getString("reason", ""))
        .findFirst()
        .orElse("");
  }

  /** The answer to a control: its status code, and its body or problem document. */
  public record Answer(int status, JsonObject body) {}

  /** Posts a control; fails if nobody answers. */
  public Answer post(String path, JsonObject body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build();
    HttpResponse<String> answer =
        send(request).orElseThrow(() -> new IllegalStateException("nobody answers at " + url));
    return new Answer(answer.statusCode(), new JsonObject(answer.body()));
  }

  /** All partitions of the consumer group, and whose they are. */
  public JsonObject group() {
    return new JsonObject(body("/api/subscriptions?scope=group"));
  }

  /** The partitions and queues that are consumed. */
  public List<JsonObject> subscriptions() {
    String body = body("/api/subscriptions");
    return body.isEmpty() ? List.of() : objects(new JsonObject(body), "subscriptions");
  }

  private static List<JsonObject> objects(JsonObject parent, String name) {
    return parent.getJsonArray(name).stream().map(JsonObject.class::cast).toList();
  }

  private Optional<HttpResponse<String>> get(String path) {
    return send(HttpRequest.newBuilder(URI.create(url + path)).build());
  }

  private static Optional<HttpResponse<String>> send(HttpRequest request) {
    try {
      return Optional.of(HTTP.send(request, HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
