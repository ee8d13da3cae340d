package io.bierelay.operations;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files that Prometheus and Grafana get: alert rules, their tests, the dashboard. */
final class Alerts {

  static final Path PROJECT = Path.of(System.getProperty("basedir", "."));
  static final Path RULES = PROJECT.resolve("docs/alerts/bie-relay.rules.yaml");
  static final Path TESTS = PROJECT.resolve("docs/alerts/bie-relay.rules.test.yaml");
  static final Path MANIFEST = PROJECT.resolve("k8s/components/monitoring/prometheusrule.yaml");
  static final Path DASHBOARD = PROJECT.resolve("docs/dashboards/bie-relay.json");

  private Alerts() {}

  /** One rule of the file. */
  record Alert(String name, String expression, JsonObject labels, JsonObject annotations) {}

  static List<Alert> all() {
    return objects(yaml(RULES).getJsonArray("groups"))
        .flatMap(group -> objects(group.getJsonArray("rules")))
        .map(
            rule ->
                new Alert(
                    rule.getString("alert"),
                    rule.getString("expr"),
                    rule.getJsonObject("labels"),
                    rule.getJsonObject("annotations")))
        .toList();
  }

  /** Every expression of the dashboard, its variables replaced by what fits all. */
  static List<String> ofDashboard() {
    return text(new JsonObject(read(DASHBOARD)))
        .map(
            expression ->
                expression
                    .replaceAll("\\$(namespace|role|topic)", ".*")
                    .replace("$__rate_interval", "1m"))
        .toList();
  }

  /** All values of the key {@code expr}, however deep. */
  private static Stream<String> text(Object node) {
    if (node instanceof JsonObject object) {
      return object.stream()
          .flatMap(
              entry ->
                  entry.getKey().equals("expr")
                      ? Stream.of((String) entry.getValue())
                      : text(entry.getValue()));
    }
    return node instanceof JsonArray array ? array.stream().flatMap(Alerts::text) : Stream.empty();
  }

  static JsonObject yaml(Path file) {
    try (Reader reader = Files.newBufferedReader(file)) {
      Object parsed = new Yaml(new SafeConstructor(new LoaderOptions())).load(reader);
      return new JsonObject(Json.encode(parsed));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonObject> objects(JsonArray array) {
    return array.stream().map(JsonObject.class::cast);
  }
}
