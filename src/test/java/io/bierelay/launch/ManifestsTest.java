package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.Main;
import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import io.bierelay.admin.AdminVerticle;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.settings.Setting;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.Reader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

/** That the manifests in {@code k8s/} fit the program that they run. */
class ManifestsTest {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "."));
  private static final Path BASE = PROJECT.resolve("k8s/base");
  private static final String KAFKA_SECRET = "bie-kafka";
  private static final String INVENTED = "invented";
  private static final SandboxAuthority AUTHORITY = new SandboxAuthority("manifests");

  @TempDir Path root;

  private static List<JsonObject> documents(Path file) throws Exception {
    List<JsonObject> documents = new ArrayList<>();
    try (Reader reader = Files.newBufferedReader(file)) {
      for (Object document : new Yaml().loadAll(reader)) {
        documents.add(new JsonObject(Json.encode(document)));
      }
    }
    return documents;
  }

  private static JsonObject pod(String role) throws Exception {
    return documents(BASE.resolve(role + ".yaml")).stream()
        .filter(one -> one.getString("kind").equals("Deployment"))
        .map(one -> one.getJsonObject("spec").getJsonObject("template").getJsonObject("spec"))
        .findFirst()
        .orElseThrow();
  }

  private static JsonObject container(String role) throws Exception {
    return pod(role).getJsonArray("containers").getJsonObject(0);
  }

  private static Stream<JsonObject> objects(JsonArray array) {
    return array == null ? Stream.of() : array.stream().map(JsonObject.class::cast);
  }

  /** Lays out in a scratch directory what the kubelet and the image would, secrets invented. */
  private void mount(String role) throws Exception {
    Files.createDirectories(root.resolve("app/conf"));
    Files.copy(PROJECT.resolve("src/main/conf/dev.yaml"), root.resolve("app/conf/dev.yaml"));
    Map<String, JsonObject> volumes = new HashMap<>();
    objects(pod(role).getJsonArray("volumes")).forEach(v -> volumes.put(v.getString("name"), v));
    for (JsonObject mount : objects(container(role).getJsonArray("volumeMounts")).toList()) {
      Path at = Files.createDirectories(inside(mount.getString("mountPath")));
      JsonObject volume = volumes.get(mount.getString("name"));
      assertThat(volume).as("volume of %s", mount).isNotNull();
      if (volume.containsKey("configMap")) {
        Files.copy(BASE.resolve("relay.yaml"), at.resolve("relay.yaml"));
      } else if (volume.containsKey("secret")) {
        for (JsonObject item :
            objects(volume.getJsonObject("secret").getJsonArray("items")).toList()) {
          String path = item.getString("path");
          write(at.resolve(path));
        }
      }
    }
  }

  /** A secret as what reads it wants it; its password is that of all of them. */
  private static void write(Path file) throws Exception {
    switch (file.getFileName().toString()) {
      case "credentials" ->
          Files.writeString(file, Credential.lineForToken("bot", Role.VIEWER, INVENTED));
      case "keystore.p12" -> AUTHORITY.client("relay").pkcs12(file, INVENTED);
      case "truststore.p12" -> AUTHORITY.pkcs12(file, INVENTED);
      default -> Files.writeString(file, INVENTED);
    }
  }

  private Path inside(String absolute) {
    return root.resolve(absolute.replace("$(RELAY_ENVIRONMENT)", "dev").substring(1));
  }

  private static List<String> args(String role) throws Exception {
    return container(role).getJsonArray("args").stream().map(String.class::cast).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"svc-bie-kafka", "workflow"})
  void theRoleHasAllThatItNeedsAndNothingThatIsUnknown(String role) throws Exception {
    mount(role);
    CommandLine.ParseResult parsed =
        new CommandLine(new Main()).parseArgs(args(role).toArray(String[]::new));
    List<String> roles = parsed.matchedOptionValue("--role", List.of());
    List<Path> conf = parsed.matchedOptionValue("--conf", List.of());
    Map<String, String> environment = new HashMap<>();
    for (String location : locations()) {
      // What the files say is looked for where the volumes put it.
      String key = location.substring(0, location.indexOf('='));
      Path file = inside(location.substring(location.indexOf('=') + 1));
      if (role.equals("svc-bie-kafka") || key.startsWith("admin.")) {
        assertThat(file).as(key).exists();
      }
      environment.put(variable(key), file.toString());
    }

    LaunchPlan plan =
        EnvironmentsTest.plan(
            roles, conf.stream().map(path -> inside(path.toString())).toList(), environment);

    assertThat(roles).containsExactly(role);
    assertThat(plan.effective().lines(plan.inUse()))
        .filteredOn(line -> line.key().matches("(rabbitmq|postgres)\\.(username|password)"))
        .allSatisfy(line -> assertThat(line.source()).startsWith(root.toString()));
    Duration stop =
        plan.effective().settings(LaunchSettings.SETTINGS).get(LaunchSettings.STOP_TIMEOUT);
    assertThat(pod(role).getInteger("terminationGracePeriodSeconds"))
        .as("each verticle's deadline, and closing Vert.x")
        .isGreaterThanOrEqualTo((int) (stop.toSeconds() * plan.entries().size() + 5));
  }

  private static Set<String> locations() throws Exception {
    Set<String> found = new LinkedHashSet<>();
    JsonObject relay = documents(BASE.resolve("relay.yaml")).get(0);
    flatten("", relay, found);
    return found;
  }

  private static void flatten(String prefix, JsonObject object, Set<String> found) {
    for (String name : object.fieldNames()) {
      if (object.getValue(name) instanceof JsonObject nested) {
        flatten(prefix + name + ".", nested, found);
      } else if (name.endsWith("location") || name.equals("credentials.files")) {
        found.add(prefix + name + "=" + object.getString(name));
      }
    }
  }

  private static String variable(String key) {
    return Modules.onClassPath().catalog().all().stream()
        .filter(setting -> setting.key().equals(key))
        .map(Setting::environmentVariable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no setting " + key));
  }

  @Test
  void onlyTheRoleAtKafkaHoldsItsCredentials() throws Exception {
    assertThat(pod("svc-bie-kafka").encode()).contains("\"" + KAFKA_SECRET + "\"");
    assertThat(pod("workflow").encode()).doesNotContain(KAFKA_SECRET);
    assertThat(args("workflow")).noneMatch(arg -> arg.contains("kafka"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"svc-bie-kafka", "workflow"})
  void thePodIsConfined(String role) throws Exception {
    JsonObject context = container(role).getJsonObject("securityContext");
    assertThat(context.getBoolean("readOnlyRootFilesystem")).isTrue();
    assertThat(context.getBoolean("allowPrivilegeEscalation")).isFalse();
    assertThat(pod(role).getJsonObject("securityContext").getBoolean("runAsNonRoot")).isTrue();
    assertThat(pod(role).getBoolean("enableServiceLinks")).isFalse();
    assertThat(pod(role).getBoolean("automountServiceAccountToken")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"svc-bie-kafka", "workflow"})
  void theProbesAskForWhatIsThere(String role) throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      vertx
          .deployVerticle(
              new AdminVerticle(),
              new DeploymentOptions().setConfig(new JsonObject().put("admin.port", 0)))
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      String url =
          vertx
              .sharedData()
              .<String, String>getLocalMap(AdminVerticle.LOCAL_MAP)
              .get(AdminVerticle.URL);
      for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
        JsonObject get = container(role).getJsonObject(probe).getJsonObject("httpGet");
        HttpResponse<String> answer =
            HttpClient.newHttpClient()
                .send(
                    HttpRequest.newBuilder(URI.create(url + get.getString("path"))).build(),
                    HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(probe).isIn(200, 503);
        assertThat(get.getString("port")).isEqualTo("admin");
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @Test
  void theServicesSelectTheirRole() throws Exception {
    for (String role : EnvironmentsTest.ROLES) {
      JsonObject service =
          documents(BASE.resolve(role + ".yaml")).stream()
              .filter(one -> one.getString("kind").equals("Service"))
              .findFirst()
              .orElseThrow();
      assertThat(service.getJsonObject("spec").getJsonObject("selector"))
          .isEqualTo(
              new JsonObject()
                  .put("app.kubernetes.io/name", "bie-relay")
                  .put("app.kubernetes.io/component", role));
    }
  }

  @Test
  void theKustomizationsNameFilesThatExist() throws Exception {
    for (Path one : List.of(BASE, PROJECT.resolve("k8s/overlays/dev"))) {
      JsonObject kustomization = documents(one.resolve("kustomization.yaml")).get(0);
      kustomization
          .getJsonArray("resources")
          .forEach(resource -> assertThat(one.resolve(resource.toString())).exists());
    }
    assertThat(documents(PROJECT.resolve("k8s/overlays/dev/kustomization.yaml")).get(0).encode())
        .contains("RELAY_ENVIRONMENT", "value: dev");
  }
}
