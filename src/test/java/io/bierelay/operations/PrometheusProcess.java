package io.bierelay.operations;

import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.ScratchDirectory;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A Prometheus of one's own, from Debian's package, that scrapes every second. */
final class PrometheusProcess implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/prometheus");

  private final ScratchDirectory scratch = ScratchDirectory.create("prometheus");
  private final int port = Ports.free();
  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;

  /**
   * Starts it, with the project's alert rules.
   *
   * @param targets host and port of each instance, by its role
   */
  PrometheusProcess(Map<String, String> targets) {
    if (!Files.isExecutable(PROGRAM)) {
      throw new IllegalStateException(
          "Prometheus is not installed: run ./dev/test, or: apt-get install prometheus");
    }
    String instances =
        targets.entrySet().stream()
            .map(
                target ->
                    "{targets: ['%s'], labels: {role: '%s', namespace: 'it'}}"
                        .formatted(target.getValue(), target.getKey()))
            .collect(Collectors.joining(", "));
    Path configuration =
        scratch.write(
            "prometheus.yml",
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: ['%s']
            scrape_configs:
              - job_name: bie-relay
                static_configs: [%s]
            """
                .formatted(Alerts.RULES.toAbsolutePath(), instances));
    try {
      process =
          new ProcessBuilder(
                  PROGRAM.toString(),
                  "--config.file=" + configuration,
                  "--storage.tsdb.path=" + scratch.resolve("data"),
                  "--web.listen-address=127.0.0.1:" + port)
              .redirectErrorStream(true)
              .redirectOutput(scratch.resolve("log").toFile())
              .redirectInput(new File("/dev/null"))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await("Prometheus").atMost(Duration.ofSeconds(180)).until(() -> answers("/-/ready"));
  }

  private boolean answers(String path) {
    try {
      return get(path).statusCode() == 200;
    } catch (UncheckedIOException notYet) {
      return false;
    }
  }

  private java.net.http.HttpResponse<String> get(String path) {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    try {
      return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What an expression is now: one object a series; fails if Prometheus refuses it. */
  List<JsonObject> query(String expression) {
    String encoded = URLEncoder.encode(expression, StandardCharsets.UTF_8);
    JsonObject answer = new JsonObject(get("/api/v1/query?query=" + encoded).body());
    if (!answer.getString("status").equals("success")) {
      throw new IllegalStateException(expression + ": " + answer.encode());
    }
    return Alerts.objects(answer.getJsonObject("data").getJsonArray("result")).toList();
  }

  /** The rules, as it sees them: {@code name}, {@code health}, {@code state}, …. */
  List<JsonObject> rules() {
    JsonObject answer = new JsonObject(get("/api/v1/rules").body());
    return Alerts.objects(answer.getJsonObject("data").getJsonArray("groups"))
        .flatMap(group -> Alerts.objects(group.getJsonArray("rules")))
        .toList();
  }

  /** Whether an alert is pending or fires. */
  boolean isRaised(String alert) {
    return rules().stream()
        .anyMatch(
            rule ->
                rule.getString("name").equals(alert)
                    && !rule.getString("state", "").equals("inactive"));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    scratch.close();
  }
}
