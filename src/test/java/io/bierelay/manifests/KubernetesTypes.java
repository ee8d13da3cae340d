package io.bierelay.manifests;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.JSON;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Says what a cluster would refuse in an object, by the types of Kubernetes' own Java client; and
 * by {@code rules.txt} what these leave open: enumerations, quantities, and the types of KEDA and
 * of the Prometheus operator.
 */
final class KubernetesTypes {

  /** Their types are in {@code rules.txt} only. */
  static final Set<String> EXTENSIONS =
      Set.of("ScaledObject", "TriggerAuthentication", "PrometheusRule", "ServiceMonitor");

  private static final Map<String, String> CLASSES =
      Map.of(
          "v1 Namespace", "V1Namespace",
          "v1 ConfigMap", "V1ConfigMap",
          "v1 Service", "V1Service",
          "v1 ServiceAccount", "V1ServiceAccount",
          "apps/v1 Deployment", "V1Deployment",
          "apps/v1 StatefulSet", "V1StatefulSet",
          "batch/v1 Job", "V1Job",
          "policy/v1 PodDisruptionBudget", "V1PodDisruptionBudget",
          "networking.k8s.io/v1 NetworkPolicy", "V1NetworkPolicy",
          "autoscaling/v2 HorizontalPodAutoscaler", "V2HorizontalPodAutoscaler");

  private static final Map<String, String> VERSIONS =
      Map.of(
          "ScaledObject", "keda.sh/v1alpha1",
          "TriggerAuthentication", "keda.sh/v1alpha1",
          "PrometheusRule", "monitoring.coreos.com/v1",
          "ServiceMonitor", "monitoring.coreos.com/v1");

  /** Of a kind, path by path, what may stand there. */
  private static final Map<String, Map<String, String>> RULES = rules();

  private KubernetesTypes() {}

  private static Map<String, Map<String, String>> rules() {
    Map<String, Map<String, String>> rules = new LinkedHashMap<>();
    try (InputStream in = KubernetesTypes.class.getResourceAsStream("/kubernetes/rules.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
        String[] words = line.split(" ", 3);
        rules.computeIfAbsent(words[0], kind -> new LinkedHashMap<>()).put(words[1], words[2]);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rules;
  }

  /** What is wrong with it, one line each. */
  static List<String> problems(JsonObject object) {
    String kind = object.getString("kind");
    String version = object.getString("apiVersion");
    List<String> problems = new ArrayList<>();
    if (EXTENSIONS.contains(String.valueOf(kind))) {
      extension(kind, version, object, problems);
    } else {
      String type = CLASSES.get(version + " " + kind);
      if (type == null) {
        return List.of(version + " " + kind + ": no such type, or not known to this test");
      }
      builtIn(type, object, problems);
    }
    values(kind, "", object, problems);
    return problems;
  }

  private static void builtIn(String type, JsonObject object, List<String> problems) {
    JsonElement element = JsonParser.parseString(object.encode());
    try {
      Class<?> model = Class.forName("io.kubernetes.client.openapi.models." + type);
      model.getMethod("validateJsonElement", JsonElement.class).invoke(null, element);
      if (!(object.getValue("metadata") instanceof JsonObject metadata)
          || !metadata.containsKey("name")) {
        problems.add("metadata.name is missing");
      }
      // Numbers and booleans, which the validation above does not look at.
      Object unused = JSON.getGson().fromJson(element, model);
    } catch (InvocationTargetException e) {
      problems.add(String.valueOf(e.getCause().getMessage()));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    } catch (RuntimeException e) {
      // Each type has its own way to refuse a text.
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  private static void extension(
      String kind, String version, JsonObject object, List<String> problems) {
    if (!VERSIONS.get(kind).equals(version)) {
      problems.add("apiVersion " + version + " of " + kind);
    }
    JsonObject rest = object.copy();
    rest.remove("apiVersion");
    rest.remove("kind");
    if (!(rest.remove("metadata") instanceof JsonObject metadata)) {
      problems.add("metadata is missing");
      return;
    }
    // A config map has the same metadata, and nothing else that it needs.
    builtIn(
        "V1ConfigMap",
        new JsonObject().put("apiVersion", "v1").put("kind", "ConfigMap").put("metadata", metadata),
        problems);
    shape(RULES.get(kind), "", rest, problems);
  }

  /** That each field is known, and that none is missing. */
  private static void shape(
      Map<String, String> rules, String path, Object value, List<String> problems) {
    String rule = rules.get(path);
    if (rule != null) {
      return; // Its value is looked at elsewhere.
    }
    if (value instanceof JsonArray array) {
      array.forEach(one -> shape(rules, path + "[]", one, problems));
    } else if (value instanceof JsonObject object) {
      for (String name : object.fieldNames()) {
        String inner = path.isEmpty() ? name : path + "." + name;
        if (rules.keySet().stream()
            .noneMatch(
                known ->
                    known.equals(inner)
                        || known.startsWith(inner + ".")
                        || known.startsWith(inner + "["))) {
          problems.add("The field `" + inner + "` is not defined");
        } else {
          shape(rules, inner, object.getValue(name), problems);
        }
      }
      required(rules, path, object, problems);
    } else {
      problems.add(path + " is " + value);
    }
  }

  private static void required(
      Map<String, String> rules, String path, JsonObject object, List<String> problems) {
    rules.forEach(
        (known, rule) -> {
          String prefix = path.isEmpty() ? "" : path + ".";
          if (rule.startsWith("!") && known.startsWith(prefix)) {
            String name = known.substring(prefix.length());
            if (!name.contains(".") && !name.contains("[") && !object.containsKey(name)) {
              problems.add("The required field `" + known + "` is missing");
            }
          }
        });
  }

  private static void values(String kind, String path, Object value, List<String> problems) {
    for (String rule : matching(kind, path)) {
      String wrong = wrong(rule, value);
      if (wrong != null) {
        problems.add(path + " is " + value + ", and should be " + wrong);
      }
    }
    if (value instanceof JsonArray array) {
      array.forEach(one -> values(kind, path + "[]", one, problems));
    } else if (value instanceof JsonObject object) {
      for (String name : object.fieldNames()) {
        values(kind, path.isEmpty() ? name : path + "." + name, object.getValue(name), problems);
      }
      if (path.equals("spec.triggers[]") && object.getValue("metadata") instanceof JsonObject own) {
        trigger(object.getString("type"), own, problems);
      }
    }
  }

  private static void trigger(String type, JsonObject metadata, List<String> problems) {
    Map<String, String> rules = RULES.getOrDefault(String.valueOf(type), Map.of());
    shape(rules, "", metadata, problems);
    metadata.forEach(
        entry -> {
          String rule = rules.get(entry.getKey());
          String wrong = rule == null ? null : wrong(rule, entry.getValue());
          if (wrong != null) {
            problems.add(type + "." + entry.getKey() + " should be " + wrong);
          }
        });
  }

  private static List<String> matching(String kind, String path) {
    return Stream.of("*", kind)
        .flatMap(of -> RULES.getOrDefault(of, Map.of()).entrySet().stream())
        .filter(
            rule ->
                rule.getKey().equals(path)
                    || (rule.getKey().startsWith("..")
                        && ("." + path).endsWith(rule.getKey().substring(1))))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** What it should be, or null if it is. */
  private static String wrong(String rule, Object value) {
    String plain = rule.startsWith("!") ? rule.substring(1) : rule;
    boolean fits =
        switch (plain) {
          case "text" -> value instanceof String text && !text.isEmpty();
          case "int" -> value instanceof Integer;
          case "bool" -> value instanceof Boolean;
          case "number" -> value instanceof String text && text.matches("[0-9]+(\\.[0-9]+)?");
          case "quantity" ->
              String.valueOf(value).matches("[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?");
          case "map" ->
              value instanceof JsonObject map
                  && map.stream().allMatch(entry -> entry.getValue() instanceof String);
          case "trigger" -> value instanceof JsonObject;
          case "any" -> true;
          default -> value instanceof String text && List.of(plain.split("\\|")).contains(text);
        };
    return fits ? null : plain;
  }
}
