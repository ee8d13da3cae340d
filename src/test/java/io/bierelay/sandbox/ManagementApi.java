package io.bierelay.sandbox;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/** The few {@code rabbitmqctl} commands that tests need, over a broker's management plugin. */
final class ManagementApi implements RabbitServer.Ctl {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final String base;
  private final String authorization;

  ManagementApi(String base, RabbitAddress broker) {
    this.base = base;
    this.authorization =
        "Basic "
            + Base64.getEncoder()
                .encodeToString(
                    (broker.username() + ":" + broker.password()).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void run(String... arguments) {
    switch (arguments[0]) {
      case "add_vhost" -> send("PUT", "/api/vhosts/" + encode(arguments[1]), "{}");
      case "delete_vhost" -> send("DELETE", "/api/vhosts/" + encode(arguments[1]), "");
      case "set_permissions" ->
          send(
              "PUT",
              "/api/permissions/" + encode(arguments[2]) + "/" + encode(arguments[3]),
              "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}");
      default -> throw new IllegalArgumentException(arguments[0] + " is not known here");
    }
  }

  private void send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(TIMEOUT)
            .header("Authorization", authorization)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    String answer;
    try {
      var response = http.send(request, BodyHandlers.ofString());
      if (response.statusCode() < 300) {
        return;
      }
      answer = "HTTP " + response.statusCode();
    } catch (IOException e) {
      answer = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer = e.toString();
    }
    throw new IllegalStateException(
        "%s %s%s: %s. Tests make virtual hosts of their own; for that the broker needs its"
                .formatted(method, base, path, answer)
            + " management plugin (address in BIERELAY_TEST_RABBITMQ_MANAGEMENT, by default"
            + " port 15672) and the user the tag administrator.");
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
