package io.bierelay.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bierelay.cluster.ClusterSettings;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** That a cluster would take what is in {@code k8s/}, and that it would be noticed if not. */
class KubernetesTypesTest {

  private static final Path K8S = Path.of(System.getProperty("basedir", "."), "k8s");

  /** Whose keys are anybody's. */
  private static final Set<String> FREE =
      Set.of("labels", "annotations", "matchLabels", "data", "requests", "limits");

  /** That take a number or a name; Kubernetes looks up neither before the pod runs. */
  private static final Set<String> NUMBER_OR_NAME =
      Set.of("port", "targetPort", "maxSurge", "maxUnavailable");

  private static List<JsonObject> all() throws IOException {
    List<JsonObject> all = new ArrayList<>();
    try (Stream<Path> overlays = Files.list(K8S.resolve("overlays"))) {
      overlays.sorted().forEach(overlay -> all.addAll(Kustomization.build(overlay)));
    }
    all.addAll(Kustomization.build(K8S.resolve("components/reporting-listener")));
    return all;
  }

  /** An object of each kind, the largest. */
  static Stream<String> kinds() throws IOException {
    return all().stream().map(one -> one.getString("kind")).distinct();
  }

  private static List<JsonObject> of(String kind) throws IOException {
    Map<String, JsonObject> byName = new LinkedHashMap<>();
    for (JsonObject one : all()) {
      if (one.getString("kind").equals(kind)) {
        byName.putIfAbsent(one.getJsonObject("metadata").getString("name"), one);
      }
    }
    return List.copyOf(byName.values());
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "qa", "sandbox", "preprod"})
  void anOverlayIsWhatKubernetesTakes(String overlay) {
    for (JsonObject object : Kustomization.build(K8S.resolve("overlays/" + overlay))) {
      assertThat(KubernetesTypes.problems(object))
          .as(object.getString("kind") + " " + object.getJsonObject("metadata").encode())
          .isEmpty();
    }
  }

  /** One half of it is the settings', so a port that is moved there must be moved here. */
  @Test
  void theExampleOfAClusterFitsItsSettings() {
    List<JsonObject> objects =
        Kustomization.documents(K8S.resolve("../docs/examples/cluster.yaml"));
    assertThat(objects).hasSize(2);
    assertThat(objects).allSatisfy(one -> assertThat(KubernetesTypes.problems(one)).isEmpty());
    Set<Integer> ports =
        Set.of(
            ClusterSettings.PORT.defaultValue().orElseThrow(),
            ClusterSettings.BUS_PORT.defaultValue().orElseThrow());
    JsonObject service = objects.get(0).getJsonObject("spec");
    assertThat(service.getString("clusterIP")).isEqualTo("None");
    assertThat(service.getBoolean("publishNotReadyAddresses")).isTrue();
    assertThat(ports(service)).isEqualTo(ports);
    JsonObject policy = objects.get(1).getJsonObject("spec");
    JsonObject members = policy.getJsonObject("podSelector");
    assertThat(members.getJsonObject("matchLabels")).isEqualTo(service.getJsonObject("selector"));
    for (String way : List.of("ingress from", "egress to")) {
      JsonArray rules = policy.getJsonArray(way.split(" ")[0]);
      assertThat(rules).hasSize(1);
      assertThat(ports(rules.getJsonObject(0))).isEqualTo(ports);
      assertThat(rules.getJsonObject(0).getJsonArray(way.split(" ")[1]))
          .isEqualTo(new JsonArray().add(new JsonObject().put("podSelector", members)));
    }
  }

  private static Set<Integer> ports(JsonObject of) {
    return of.getJsonArray("ports").stream()
        .map(port -> ((JsonObject) port).getInteger("port"))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anUnknownFieldIsNoticedWhereverItIs(String kind) throws IOException {
    List<String> missed = new ArrayList<>();
    int planted = 0;
    for (JsonObject object : of(kind)) {
      assertThat(KubernetesTypes.problems(object)).isEmpty();
      for (List<Object> at : fields(object)) {
        JsonObject wrong = object.copy();
        rename(wrong, at);
        planted++;
        if (KubernetesTypes.problems(wrong).isEmpty()) {
          missed.add(at.toString());
        }
      }
    }
    assertThat(planted).isPositive();
    assertThat(missed).as("typos that nobody noticed, of %s", planted).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aValueOfAnotherTypeIsNoticedWhereverItIs(String kind) throws IOException {
    List<String> missed = new ArrayList<>();
    for (JsonObject object : of(kind)) {
      for (List<Object> at : fields(object)) {
        Object value = at(object, at);
        String name = String.valueOf(at.get(at.size() - 1));
        if (value == null || NUMBER_OR_NAME.contains(name)) {
          continue;
        }
        JsonObject wrong = object.copy();
        put(wrong, at, value instanceof JsonObject || value instanceof JsonArray ? "x" : other());
        if (KubernetesTypes.problems(wrong).isEmpty()) {
          missed.add(at + " = " + value);
        }
      }
    }
    assertThat(missed).isEmpty();
  }

  /** Neither text nor number nor switch. */
  private static JsonObject other() {
    return new JsonObject().put("x", "y");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "StatefulSet /spec/podManagementPolicy",
        "StatefulSet /spec/updateStrategy/type",
        "StatefulSet /spec/template/spec/containers/0/imagePullPolicy",
        "StatefulSet /spec/template/spec/containers/0/ports/0/protocol",
        "StatefulSet /spec/template/spec/containers/0/readinessProbe/httpGet/scheme",
        "StatefulSet /spec/template/spec/containers/0/securityContext/capabilities/drop/0",
        "StatefulSet /spec/template/spec/containers/0/resources/limits/memory",
        "StatefulSet /spec/template/spec/securityContext/seccompProfile/type",
        "StatefulSet /spec/template/spec/topologySpreadConstraints/0/whenUnsatisfiable",
        "Deployment /spec/strategy/type",
        "Job /spec/template/spec/restartPolicy",
        "Service /spec/ports/0/protocol",
        "Service /apiVersion",
        "Service /kind",
        "PodDisruptionBudget /spec/unhealthyPodEvictionPolicy",
        "NetworkPolicy /spec/policyTypes/0",
        "HorizontalPodAutoscaler /spec/metrics/0/type",
        "HorizontalPodAutoscaler /spec/metrics/0/pods/target/type",
        "HorizontalPodAutoscaler /spec/metrics/0/pods/target/averageValue",
        "HorizontalPodAutoscaler /spec/behavior/scaleDown/policies/0/type",
        "ScaledObject /apiVersion",
        "ScaledObject /spec/triggers/0/type",
        "ScaledObject /spec/triggers/0/metricType",
        "ScaledObject /spec/triggers/0/metadata/tls",
        "ScaledObject /spec/triggers/0/metadata/offsetResetPolicy",
        "ScaledObject /spec/triggers/0/metadata/lagThreshold",
        "ScaledObject /spec/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/policies/0/type",
        "TriggerAuthentication /spec/secretTargetRef/0/parameter"
      })
  void aValueThatIsNoneOfThoseAllowedIsNoticed(String planted) throws IOException {
    String kind = planted.substring(0, planted.indexOf(' '));
    List<Object> at = new ArrayList<>();
    for (String step : planted.substring(planted.indexOf('/') + 1).split("/")) {
      at.add(step.matches("[0-9]+") ? (Object) Integer.valueOf(step) : step);
    }
    JsonObject wrong = of(kind).get(0).copy();
    assertThat(at(wrong, at)).as(planted).isInstanceOf(String.class);
    put(wrong, at, "Typo" + at(wrong, at));
    assertThat(KubernetesTypes.problems(wrong)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "StatefulSet /spec/selector",
        "StatefulSet /spec/template",
        "StatefulSet /spec/template/spec/containers",
        "StatefulSet /spec/template/spec/containers/0/name",
        "Job /spec/template",
        "Service /metadata/name",
        "HorizontalPodAutoscaler /spec/scaleTargetRef",
        "HorizontalPodAutoscaler /spec/maxReplicas",
        "ScaledObject /spec/scaleTargetRef/name",
        "ScaledObject /spec/triggers/0/type",
        "ScaledObject /spec/triggers/0/metadata/consumerGroup",
        "TriggerAuthentication /spec/secretTargetRef/0/name"
      })
  void aMissingFieldIsNoticed(String planted) throws IOException {
    String kind = planted.substring(0, planted.indexOf(' '));
    List<Object> at = new ArrayList<>();
    for (String step : planted.substring(planted.indexOf('/') + 1).split("/")) {
      at.add(step.matches("[0-9]+") ? (Object) Integer.valueOf(step) : step);
    }
    JsonObject wrong = of(kind).get(0).copy();
    assertThat(at(wrong, at)).as(planted).isNotNull();
    String last = String.valueOf(at.get(at.size() - 1));
    parent(wrong, at, object -> object.remove(last));
    assertThat(KubernetesTypes.problems(wrong)).isNotEmpty();
  }

  /** Skipped where there is no kubectl; then only our own reading of kustomizations is tested. */
  @ParameterizedTest
  @ValueSource(strings = {"dev", "qa", "sandbox", "preprod"})
  void kubectlMakesTheSameOfIt(String overlay) throws Exception {
    Path out = Files.createTempFile("kustomize", ".yaml");
    try {
      Process process;
      try {
        process =
            new ProcessBuilder(
                    "kubectl", "kustomize", K8S.resolve("overlays/" + overlay).toString())
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
      } catch (IOException e) {
        assumeTrue(false, "no kubectl here: " + e.getMessage());
        return;
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      // The hash behind a generated name is the only difference.
      String plain =
          Files.readString(out)
              .replaceAll("(name: bie-relay(?:-environment)?)-[a-z0-9]{10}(?=\\R)", "$1");
      List<Object> made = new ArrayList<>();
      new Yaml().loadAll(plain).forEach(one -> made.add(new JsonObject(Json.encode(one)).getMap()));
      List<Object> own = new ArrayList<>();
      Kustomization.build(K8S.resolve("overlays/" + overlay))
          .forEach(one -> own.add(new JsonObject(one.encode()).getMap()));
      assertThat(own).containsExactlyInAnyOrderElementsOf(made);
    } finally {
      Files.delete(out);
    }
  }

  /** The way to each field of the object that Kubernetes gives a meaning. */
  private static List<List<Object>> fields(JsonObject object) {
    List<List<Object>> found = new ArrayList<>();
    walk(object, List.of(), found);
    return found;
  }

  private static void walk(Object value, List<Object> way, List<List<Object>> found) {
    if (value instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        walk(array.getValue(i), with(way, i), found);
      }
    } else if (value instanceof JsonObject object) {
      for (String name : object.fieldNames()) {
        if (name.contains("/")) {
          continue; // No field has such a name: a label, which is anybody's.
        }
        List<Object> inner = with(way, name);
        found.add(inner);
        if (!FREE.contains(name)) {
          walk(object.getValue(name), inner, found);
        }
      }
    }
  }

  private static List<Object> with(List<Object> way, Object step) {
    List<Object> longer = new ArrayList<>(way);
    longer.add(step);
    return longer;
  }

  private static Object at(Object value, List<Object> way) {
    for (Object step : way) {
      value =
          step instanceof Integer index
              ? ((JsonArray) value).getValue(index)
              : ((JsonObject) value).getValue((String) step);
    }
    return value;
  }

  private static void parent(JsonObject object, List<Object> way, Consumer<JsonObject> change) {
    change.accept((JsonObject) at(object, way.subList(0, way.size() - 1)));
  }

  private static void rename(JsonObject object, List<Object> way) {
    String name = (String) way.get(way.size() - 1);
    String typo = name.substring(0, name.length() - 1) + "Q";
    parent(object, way, within -> within.put(typo, within.remove(name)));
  }

  private static void put(JsonObject object, List<Object> way, Object value) {
    Object last = way.get(way.size() - 1);
    Object within = at(object, way.subList(0, way.size() - 1));
    if (last instanceof Integer index) {
      ((JsonArray) within).getList().set(index, value);
    } else {
      ((JsonObject) within).put((String) last, value);
    }
  }
}
