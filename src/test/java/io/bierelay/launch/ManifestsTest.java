package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.Main;
import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import io.bierelay.admin.AdminVerticle;
import io.bierelay.manifests.Kustomization;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.settings.Setting;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;

/** That the manifests in {@code k8s/} fit the program that they run. */
class ManifestsTest {

  private static final Path PROJECT = Path.of(System.getProperty("basedir", "."));
  private static final String KAFKA_SECRET = "bie-kafka";
  private static final String INVENTED = "invented";
  private static final int GROUP_READABLE = 0440;
  private static final SandboxAuthority AUTHORITY = new SandboxAuthority("manifests");

  @TempDir Path pods;

  /** The file system of the pod that was looked at last: no pod sees another one's volumes. */
  private Path root;

  private static List<JsonObject> overlay(String name) {
    return Kustomization.build(PROJECT.resolve("k8s/overlays/" + name));
  }

  private static JsonObject object(List<JsonObject> objects, String kind, String name) {
    return objects.stream()
        .filter(one -> one.getString("kind").equals(kind))
        .filter(one -> one.getJsonObject("metadata").getString("name").equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  private static JsonObject workload(List<JsonObject> objects, String role) {
    return object(objects, role.equals("svc-bie-kafka") ? "StatefulSet" : "Deployment", role);
  }

  /** Of whatever makes pods. */
  private static JsonObject pod(JsonObject workload) {
    return workload.getJsonObject("spec").getJsonObject("template").getJsonObject("spec");
  }

  private static Stream<JsonObject> workloads(List<JsonObject> objects) {
    return objects.stream()
        .filter(one -> List.of("Deployment", "StatefulSet", "Job").contains(one.getString("kind")));
  }

  private static JsonObject container(JsonObject pod) {
    return pod.getJsonArray("containers").getJsonObject(0);
  }

  private static Stream<JsonObject> objects(JsonArray array) {
    return array == null ? Stream.of() : array.stream().map(JsonObject.class::cast);
  }

  /** Lays out in a scratch directory what the kubelet would, secrets invented. */
  private void mount(List<JsonObject> objects, JsonObject pod) throws Exception {
    Map<String, JsonObject> volumes = new HashMap<>();
    objects(pod.getJsonArray("volumes")).forEach(v -> volumes.put(v.getString("name"), v));
    for (JsonObject mount : objects(container(pod).getJsonArray("volumeMounts")).toList()) {
      Path at = Files.createDirectories(inside(mount.getString("mountPath")));
      JsonObject volume = volumes.get(mount.getString("name"));
      assertThat(volume).as("volume of %s", mount).isNotNull();
      if (volume.containsKey("configMap")) {
        JsonObject map =
            object(objects, "ConfigMap", volume.getJsonObject("configMap").getString("name"));
        for (Map.Entry<String, Object> file : map.getJsonObject("data")) {
          Files.writeString(at.resolve(file.getKey()), (String) file.getValue());
        }
      } else if (volume.containsKey("secret")) {
        assertThat(volume.getJsonObject("secret").getInteger("defaultMode"))
            .as("nobody but the pod's user and group reads %s", volume)
            .isEqualTo(GROUP_READABLE);
        for (JsonObject item :
            objects(volume.getJsonObject("secret").getJsonArray("items")).toList()) {
          write(at.resolve(item.getString("path")));
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
    return root.resolve(absolute.substring(1));
  }

  private static List<String> args(JsonObject pod, String overlay) {
    return container(pod).getJsonArray("args").stream()
        .map(arg -> arg.toString().replace("$(RELAY_ENVIRONMENT)", overlay))
        .toList();
  }

  /** As the pod's command line would make it, from what would be mounted. */
  private LaunchPlan plan(String overlay, String role) throws Exception {
    return plan(overlay, role, overlay(overlay), Map.of());
  }

  private LaunchPlan plan(
      String overlay, String role, List<JsonObject> objects, Map<String, String> more)
      throws Exception {
    JsonObject pod = pod(workload(objects, role));
    root = Files.createTempDirectory(pods, role);
    mount(objects, pod);
    assertThat(
            object(objects, "ConfigMap", "bie-relay-environment")
                .getJsonObject("data")
                .getString("RELAY_ENVIRONMENT"))
        .isEqualTo(overlay);
    CommandLine.ParseResult parsed =
        new CommandLine(new Main()).parseArgs(args(pod, overlay).toArray(String[]::new));
    List<String> roles = parsed.matchedOptionValue("--role", List.of());
    List<Path> conf = parsed.matchedOptionValue("--conf", List.of());
    Path verticles = parsed.matchedOptionValue("--verticles", null);
    String place = parsed.matchedOptionValue("--env", null);
    assertThat(roles).containsExactly(role);
    Map<String, String> environment = new HashMap<>(more);
    for (String location : locations(object(objects, "ConfigMap", "bie-relay"))) {
      // What the files say is looked for where the volumes put it.
      String key = location.substring(0, location.indexOf('='));
      Path file = inside(location.substring(location.indexOf('=') + 1));
      if (role.equals("svc-bie-kafka") || key.startsWith("admin.")) {
        assertThat(file).as(key).exists();
      }
      environment.put(variable(key), file.toString());
    }
    Vertx vertx = Vertx.vertx();
    try {
      return LaunchPlan.make(
              vertx,
              new LaunchRequest(
                  roles,
                  conf.stream().map(path -> inside(path.toString())).toList(),
                  Optional.of(inside(verticles.toString())),
                  environment,
                  Optional.of(place),
                  false),
              Modules.onClassPath())
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dev,svc-bie-kafka", "qa,svc-bie-kafka", "sandbox,svc-bie-kafka", "preprod,svc-bie-kafka",
    "dev,workflow", "qa,workflow", "sandbox,workflow", "preprod,workflow"
  })
  void theRoleHasAllThatItNeedsAndNothingThatIsUnknown(String overlay, String role)
      throws Exception {
    LaunchPlan plan = plan(overlay, role);

    assertThat(plan.effective().lines(plan.inUse()))
        .filteredOn(line -> line.key().matches("(rabbitmq|postgres)\\.(username|password)"))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line.source()).startsWith(root.toString()));
    assertThat(plan.effective().lines(plan.inUse()))
        .filteredOn(line -> line.key().equals("kafka.group.instance.id"))
        .allSatisfy(line -> assertThat(line.value()).isEqualTo("{host}"));
    assertThat(plan.effective().lines(plan.inUse()))
        .filteredOn(line -> line.key().equals("postgres.migrate"))
        .allSatisfy(line -> assertThat(line.value()).isEqualTo("false"));
    Duration stop =
        plan.effective().settings(LaunchSettings.SETTINGS).get(LaunchSettings.STOP_TIMEOUT);
    JsonObject pod = pod(workload(overlay(overlay), role));
    int pause =
        Integer.parseInt(
            container(pod)
                .getJsonObject("lifecycle")
                .getJsonObject("preStop")
                .getJsonObject("exec")
                .getJsonArray("command")
                .getString(1));
    assertThat(pod.getInteger("terminationGracePeriodSeconds"))
        .as("the pause before, each verticle's deadline, and closing Vert.x")
        .isGreaterThanOrEqualTo((int) (pause + stop.toSeconds() * plan.entries().size() + 5));
  }

  @Test
  void theListenerNeedsWhatItsComponentSays() throws Exception {
    List<JsonObject> objects = overlay("dev");
    Kustomization.build(PROJECT.resolve("k8s/components/reporting-listener")).forEach(objects::add);
    LaunchPlan plan =
        plan(
            "dev",
            "reporting-listener",
            objects,
            Map.of(
                variable("listener.sqs.queue.url"), "https://sqs.example/1/changes",
                variable("listener.api.url"), "https://api.example",
                variable("listener.topic.name"), "tenures"));
    assertThat(plan.effective().lines(plan.inUse()))
        .filteredOn(line -> line.key().equals("listener.api.token.value"))
        .singleElement()
        .satisfies(line -> assertThat(line.source()).startsWith(root.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "qa", "sandbox", "preprod"})
  void whatMayBeReachedIsWhatTheSettingsName(String overlay) throws Exception {
    List<JsonObject> objects = overlay(overlay);
    List<JsonObject> policies =
        objects.stream().filter(one -> one.getString("kind").equals("NetworkPolicy")).toList();
    assertThat(policies).allSatisfy(one -> assertThat(one.encode()).doesNotContain("0.0.0.0"));
    JsonObject deny = object(objects, "NetworkPolicy", "bie-relay-deny").getJsonObject("spec");
    assertThat(deny.getJsonArray("policyTypes")).containsExactly("Ingress", "Egress");
    assertThat(deny.containsKey("ingress") || deny.containsKey("egress")).isFalse();
    String broker = value(plan(overlay, "svc-bie-kafka"), "kafka.bootstrap.servers");
    int kafka = Integer.parseInt(broker.replaceAll(".*:([0-9]+).*", "$1"));
    assertThat(ports(objects, "svc-bie-kafka")).containsExactlyInAnyOrder(kafka, 5672);
    LaunchPlan workflow = plan(overlay, "workflow");
    assertThat(ports(objects, "workflow"))
        .containsExactlyInAnyOrder(
            Integer.parseInt(value(workflow, "rabbitmq.port")),
            Integer.parseInt(value(workflow, "postgres.port")));
  }

  private static String value(LaunchPlan plan, String key) {
    return plan.effective().lines(plan.inUse()).stream()
        .filter(line -> line.key().equals(key))
        .findFirst()
        .orElseThrow()
        .value();
  }

  private static Set<Integer> ports(List<JsonObject> objects, String policy) {
    Set<Integer> ports = new LinkedHashSet<>();
    objects(object(objects, "NetworkPolicy", policy).getJsonObject("spec").getJsonArray("egress"))
        .flatMap(rule -> objects(rule.getJsonArray("ports")))
        .forEach(port -> ports.add(port.getInteger("port")));
    return ports;
  }

  @Test
  void theScalersAskForWhatThereIs() throws Exception {
    LaunchPlan plan = plan("preprod", "svc-bie-kafka");
    JsonObject trigger =
        object(overlay("preprod"), "ScaledObject", "svc-bie-kafka")
            .getJsonObject("spec")
            .getJsonArray("triggers")
            .getJsonObject(0)
            .getJsonObject("metadata");
    assertThat(value(plan, "kafka.bootstrap.servers"))
        .contains(trigger.getString("bootstrapServers"));
    assertThat(value(plan, "kafka.group.id")).isEqualTo(trigger.getString("consumerGroup"));
    String metrics = Files.readString(PROJECT.resolve("docs/metrics.md"));
    for (String role : EnvironmentsTest.ROLES) {
      JsonObject scaler = object(overlay("qa"), "HorizontalPodAutoscaler", role);
      String metric = scaler.encode().replaceAll(".*\"metric\":\\{\"name\":\"([a-z_]+)\"}.*", "$1");
      assertThat(metrics).contains("`" + metric + "`");
      for (List<JsonObject> objects : List.of(overlay("qa"), overlay("preprod"))) {
        assertThat(workload(objects, role).getJsonObject("spec").containsKey("replicas"))
            .as("a number that would undo what the scaler did")
            .isFalse();
      }
    }
  }

  private static Set<String> locations(JsonObject configMap) {
    Set<String> found = new LinkedHashSet<>();
    Map<String, Object> relay =
        new Yaml().load(configMap.getJsonObject("data").getString("relay.yaml"));
    flatten("", new JsonObject(relay), found);
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

  @ParameterizedTest
  @ValueSource(strings = {"dev", "qa", "sandbox", "preprod"})
  void onlyTheRoleAtKafkaHoldsItsCredentials(String overlay) {
    List<JsonObject> objects = overlay(overlay);
    assertThat(pod(workload(objects, "svc-bie-kafka")).encode())
        .contains("\"" + KAFKA_SECRET + "\"");
    assertThat(pod(workload(objects, "workflow")).encode()).doesNotContain(KAFKA_SECRET);
    assertThat(workloads(objects).filter(one -> one.encode().contains("bie-postgres-owner")))
        .singleElement()
        .satisfies(one -> assertThat(one.getString("kind")).isEqualTo("Job"));
    assertThat(objects).noneMatch(one -> one.getString("kind").equals("Secret"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "qa", "sandbox", "preprod"})
  void everyPodIsConfined(String overlay) {
    List<JsonObject> objects = overlay(overlay);
    assertThat(workloads(objects)).hasSize(3);
    workloads(objects)
        .forEach(
            workload -> {
              JsonObject pod = pod(workload);
              JsonObject context = container(pod).getJsonObject("securityContext");
              assertThat(context.getBoolean("readOnlyRootFilesystem")).isTrue();
              assertThat(context.getBoolean("allowPrivilegeEscalation")).isFalse();
              assertThat(context.getJsonObject("capabilities").getJsonArray("drop"))
                  .containsExactly("ALL");
              assertThat(pod.getJsonObject("securityContext").getBoolean("runAsNonRoot")).isTrue();
              assertThat(
                      pod.getJsonObject("securityContext")
                          .getJsonObject("seccompProfile")
                          .getString("type"))
                  .isEqualTo("RuntimeDefault");
              assertThat(pod.getBoolean("enableServiceLinks")).isFalse();
              assertThat(pod.getBoolean("automountServiceAccountToken")).isFalse();
              object(objects, "ServiceAccount", pod.getString("serviceAccountName"));
              assertThat(container(pod).getString("image")).matches("bie-relay:[0-9.]+");
            });
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
        JsonObject get =
            container(pod(workload(overlay("dev"), role)))
                .getJsonObject(probe)
                .getJsonObject("httpGet");
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
  void whatSelectsPodsSelectsThoseOfItsRole() {
    List<JsonObject> objects = overlay("dev");
    for (String role : EnvironmentsTest.ROLES) {
      JsonObject labels =
          new JsonObject()
              .put("app.kubernetes.io/name", "bie-relay")
              .put("app.kubernetes.io/component", role);
      JsonObject matching = new JsonObject().put("matchLabels", labels);
      JsonObject workload = workload(objects, role);
      assertThat(
              workload
                  .getJsonObject("spec")
                  .getJsonObject("template")
                  .getJsonObject("metadata")
                  .getJsonObject("labels"))
          .isEqualTo(labels);
      assertThat(workload.getJsonObject("spec").getJsonObject("selector")).isEqualTo(matching);
      assertThat(
              object(objects, "Service", role + "-admin")
                  .getJsonObject("spec")
                  .getJsonObject("selector"))
          .isEqualTo(labels);
      assertThat(
              object(objects, "PodDisruptionBudget", role)
                  .getJsonObject("spec")
                  .getJsonObject("selector"))
          .isEqualTo(matching);
      assertThat(
              object(objects, "NetworkPolicy", role)
                  .getJsonObject("spec")
                  .getJsonObject("podSelector"))
          .isEqualTo(matching);
    }
    assertThat(
            object(objects, "StatefulSet", "svc-bie-kafka")
                .getJsonObject("spec")
                .getString("serviceName"))
        .isEqualTo("svc-bie-kafka-admin");
  }

  @Test
  void theRolesAreThoseOfTheProject() throws Exception {
    assertThat(new JsonObject(Files.readString(PROJECT.resolve("k8s/base/verticles.json"))))
        .as("kustomize reads no file above its directory: copy verticles.json there")
        .isEqualTo(new JsonObject(Files.readString(PROJECT.resolve("verticles.json"))));
  }

  @Test
  void theMigrationIsACommandLineThatIsUnderstood() {
    JsonObject pod = pod(object(overlay("dev"), "Job", "bie-relay-migrate"));
    CommandLine.ParseResult parsed =
        new CommandLine(new Main()).parseArgs(args(pod, "dev").toArray(String[]::new));
    assertThat(parsed.subcommand().commandSpec().name()).isEqualTo("migrate");
    List<Path> conf = parsed.subcommand().matchedOptionValue("--conf", List.of());
    assertThat(conf).contains(Path.of("/etc/bie-relay/postgres-owner"));
  }
}
