package io.bierelay.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.Main;
import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Modules;
import io.bierelay.settings.Setting;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** That {@code docker/compose.yaml} fits the program, and that nothing in it is left to chance. */
class ComposeTest {

  private static final Path DOCKER = Path.of(System.getProperty("basedir", "."), "docker");
  private static final JsonObject COMPOSE =
      Kustomization.documents(DOCKER.resolve("compose.yaml")).get(0);
  private static final JsonObject SERVICES = COMPOSE.getJsonObject("services");

  private static Stream<Map.Entry<String, JsonObject>> services() {
    return SERVICES.fieldNames().stream()
        .map(name -> Map.entry(name, SERVICES.getJsonObject(name)));
  }

  private static boolean isOurs(JsonObject service) {
    return service.getString("image").equals("bie-relay");
  }

  @Test
  void everyImageIsOursOrPinned() {
    assertThat(services())
        .allSatisfy(
            one ->
                assertThat(one.getValue().getString("image"))
                    .as(one.getKey())
                    .matches("bie-relay|[a-z0-9/-]+:v?[0-9]+\\.[0-9]+(\\.[0-9]+)?(-[a-z]+)?"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"svc-bie-kafka", "workflow", "reporting-listener"})
  void aRoleHasAllSettingsThatItNeedsAndNoOther(String role) throws Exception {
    JsonObject service = SERVICES.getJsonObject(role);
    Set<String> known =
        Modules.onClassPath().catalog().all().stream()
            .map(Setting::environmentVariable)
            .collect(Collectors.toSet());
    JsonObject environment = service.getJsonObject("environment");
    assertThat(environment.fieldNames())
        .filteredOn(name -> name.startsWith("BIE_"))
        .isNotEmpty()
        .isSubsetOf(known);
    CommandLine.ParseResult parsed =
        new CommandLine(new Main())
            .parseArgs(
                service.getJsonArray("command").stream()
                    .map(Object::toString)
                    .toArray(String[]::new));
    List<String> roles = parsed.matchedOptionValue("--role", List.of());
    Optional<Path> verticles = Optional.ofNullable(parsed.matchedOptionValue("--verticles", null));
    assertThat(roles).containsExactly(role);
    Map<String, String> variables =
        environment.stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    one -> one.getValue().toString().replaceAll("\\$\\{[A-Z_]+:-([^}]*)}", "$1")));
    Vertx vertx = Vertx.vertx();
    try {
      LaunchPlan.make(
              vertx,
              new LaunchRequest(
                  roles,
                  List.of(),
                  verticles.map(any -> DOCKER.resolve("compose/verticles.json")),
                  variables),
              Modules.onClassPath())
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @Test
  void ourContainersAreConfinedAsInACluster() {
    assertThat(services().filter(one -> isOurs(one.getValue())))
        .hasSize(3)
        .allSatisfy(
            one -> {
              JsonObject service = one.getValue();
              assertThat(service.getBoolean("read_only")).isTrue();
              assertThat(service.getJsonArray("cap_drop")).containsExactly("ALL");
              assertThat(service.getJsonArray("security_opt"))
                  .containsExactly("no-new-privileges:true");
              assertThat(service.getString("mem_limit")).isEqualTo("384m");
            });
  }

  @Test
  void nobodyButThisMachineReachesIt() {
    assertThat(
            services()
                .flatMap(one -> one.getValue().getJsonArray("ports", new JsonArray()).stream())
                .map(Object::toString))
        .isNotEmpty()
        .allSatisfy(port -> assertThat(port).startsWith("127.0.0.1:"));
  }

  @Test
  void whatIsMountedAndWaitedForIsThere() {
    services()
        .forEach(
            one -> {
              for (Object volume : one.getValue().getJsonArray("volumes", new JsonArray())) {
                String source = volume.toString().split(":")[0];
                assertThat(DOCKER.resolve(source)).as(one.getKey()).exists();
              }
              for (String needed :
                  one.getValue().getJsonObject("depends_on", new JsonObject()).fieldNames()) {
                assertThat(SERVICES.fieldNames()).contains(needed);
                if (one.getValue()
                    .getJsonObject("depends_on")
                    .getJsonObject(needed)
                    .getString("condition")
                    .equals("service_healthy")) {
                  assertThat(
                          isOurs(SERVICES.getJsonObject(needed))
                              || SERVICES.getJsonObject(needed).containsKey("healthcheck"))
                      .as(needed + " says when it is healthy")
                      .isTrue();
                }
              }
            });
  }

  @Test
  void prometheusReadsTheAlertsAndGrafanaTheDashboards() {
    String alerts = mountedAt("prometheus", "../docs/alerts");
    assertThat(configured("compose/prometheus.yaml").getJsonArray("rule_files"))
        .containsExactly(alerts + "/*.rules.yaml");
    String dashboards = mountedAt("grafana", "../docs/dashboards");
    assertThat(mountedAt("grafana", "./compose/grafana")).isEqualTo("/etc/grafana/provisioning");
    JsonObject provider =
        configured("compose/grafana/dashboards/files.yaml")
            .getJsonArray("providers")
            .getJsonObject(0);
    assertThat(provider.getJsonObject("options").getString("path")).isEqualTo(dashboards);
  }

  private static JsonObject configured(String file) {
    return Kustomization.documents(DOCKER.resolve(file)).get(0);
  }

  /** Where the service finds it; read-only. */
  private static String mountedAt(String service, String source) {
    List<String[]> mounted =
        SERVICES.getJsonObject(service).getJsonArray("volumes").stream()
            .map(volume -> volume.toString().split(":"))
            .filter(parts -> parts[0].equals(source))
            .toList();
    assertThat(mounted).as("%s of %s", source, service).hasSize(1);
    assertThat(mounted.get(0)).as("%s of %s", source, service).hasSize(3).endsWith("ro");
    return mounted.get(0)[1];
  }

  @Test
  void theRolesAreTheProjectsWithTheStateShared() throws Exception {
    String own = Files.readString(DOCKER.resolve("compose/verticles.json"));
    String project = Files.readString(DOCKER.resolve("../verticles.json"));
    assertThat(own)
        .isEqualTo(
            project.replace(
                "\"SubscriptionStateVerticle\", \"enabled\": false",
                "\"SubscriptionStateVerticle\", \"enabled\": true"));
  }
}
