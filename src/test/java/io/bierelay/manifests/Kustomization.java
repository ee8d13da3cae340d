package io.bierelay.manifests;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/**
 * What {@code kubectl kustomize} makes of a directory, as far as {@code k8s/} uses it, for machines
 * without kubectl; refuses what it does not know, and is held against kubectl where there is one.
 * Generated names have no hash behind them.
 */
public final class Kustomization {

  private static final Set<String> KNOWN =
      Set.of(
          "apiVersion",
          "kind",
          "namespace",
          "resources",
          "components",
          "images",
          "replicas",
          "configMapGenerator",
          "patches");

  private Kustomization() {}

  /** All objects that the directory stands for. */
  public static List<JsonObject> build(Path directory) {
    List<JsonObject> objects = new ArrayList<>();
    apply(directory, objects);
    return objects;
  }

  /** The documents of a YAML file. */
  public static List<JsonObject> documents(Path file) {
    List<JsonObject> documents = new ArrayList<>();
    try (Reader reader = Files.newBufferedReader(file)) {
      for (Object document : new Yaml().loadAll(reader)) {
        documents.add(new JsonObject(Json.encode(document)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return documents;
  }

  private static void apply(Path directory, List<JsonObject> objects) {
    JsonObject own = documents(directory.resolve("kustomization.yaml")).get(0);
    for (String field : own.fieldNames()) {
      if (!KNOWN.contains(field)) {
        throw new IllegalArgumentException(directory + ": what is " + field + "?");
      }
    }
    List<JsonObject> mine = new ArrayList<>();
    for (Object resource : own.getJsonArray("resources", new JsonArray())) {
      Path path = directory.resolve(resource.toString()).normalize();
      mine.addAll(Files.isDirectory(path) ? build(path) : documents(path));
    }
    each(own, "configMapGenerator").forEach(one -> mine.add(configMap(directory, one)));
    objects.addAll(mine);
    for (Object component : own.getJsonArray("components", new JsonArray())) {
      apply(directory.resolve(component.toString()).normalize(), objects);
    }
    each(own, "patches").forEach(patch -> patch(patch, objects));
    String namespace = own.getString("namespace");
    if (namespace != null) {
      for (JsonObject object : objects) {
        boolean itself = object.getString("kind").equals("Namespace");
        object.getJsonObject("metadata").put(itself ? "name" : "namespace", namespace);
      }
    }
    each(own, "replicas").forEach(one -> replicas(one, objects));
    each(own, "images").forEach(one -> objects.forEach(object -> image(one, object)));
  }

  private static Stream<JsonObject> each(JsonObject object, String field) {
    return object.getJsonArray(field, new JsonArray()).stream().map(JsonObject.class::cast);
  }

  private static JsonObject configMap(Path directory, JsonObject generator) {
    JsonObject data = new JsonObject();
    for (Object file : generator.getJsonArray("files", new JsonArray())) {
      try {
        data.put(file.toString(), Files.readString(directory.resolve(file.toString())));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    for (Object literal : generator.getJsonArray("literals", new JsonArray())) {
      String[] pair = literal.toString().split("=", 2);
      data.put(pair[0], pair[1]);
    }
    return new JsonObject()
        .put("apiVersion", "v1")
        .put("kind", "ConfigMap")
        .put("metadata", new JsonObject().put("name", generator.getString("name")))
        .put("data", data);
  }

  private static boolean is(JsonObject object, String kind, String name) {
    return object.getString("kind").equals(kind)
        && object.getJsonObject("metadata").getString("name").equals(name);
  }

  private static void patch(JsonObject patch, List<JsonObject> objects) {
    JsonObject target = patch.getJsonObject("target");
    List<JsonObject> hit =
        objects.stream()
            .filter(one -> is(one, target.getString("kind"), target.getString("name")))
            .toList();
    if (hit.isEmpty()) {
      throw new IllegalArgumentException("a patch for what is not there: " + target);
    }
    Object operations = new Yaml().load(patch.getString("patch"));
    for (Object operation : new JsonArray(Json.encode(operations))) {
      hit.forEach(object -> operate((JsonObject) operation, object));
    }
  }

  private static void operate(JsonObject operation, JsonObject object) {
    String[] steps = operation.getString("path").substring(1).split("/");
    Object at = object;
    for (int i = 0; i < steps.length - 1; i++) {
      at =
          at instanceof JsonArray array
              ? array.getValue(Integer.parseInt(steps[i]))
              : ((JsonObject) at).getValue(steps[i]);
    }
    String last = steps[steps.length - 1];
    String op = operation.getString("op");
    if (!(at instanceof JsonObject parent)
        || (!op.equals("add") && !parent.containsKey(last))
        || !Set.of("add", "replace", "remove").contains(op)) {
      throw new IllegalArgumentException("a patch that does not fit: " + operation);
    }
    if (op.equals("remove")) {
      parent.remove(last);
    } else {
      parent.put(last, operation.getValue("value"));
    }
  }

  private static void replicas(JsonObject replicas, List<JsonObject> objects) {
    for (JsonObject object : objects) {
      for (String kind : List.of("Deployment", "StatefulSet")) {
        if (is(object, kind, replicas.getString("name"))) {
          object.getJsonObject("spec").put("replicas", replicas.getInteger("count"));
        }
      }
    }
  }

  private static void image(JsonObject image, Object within) {
    if (within instanceof JsonArray array) {
      array.forEach(one -> image(image, one));
    } else if (within instanceof JsonObject object) {
      if (image.getString("name").equals(object.getValue("image"))) {
        String name = image.getString("newName", image.getString("name"));
        object.put("image", name + ":" + image.getString("newTag"));
      }
      object.fieldNames().forEach(field -> image(image, object.getValue(field)));
    }
  }
}
