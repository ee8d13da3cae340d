package io.bierelay.launch;

import io.bierelay.settings.EffectiveSettings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What this process was asked to run, as the launcher hands it to the verticles that show it.
 *
 * <p>Travels in a deployment's configuration beside the settings. Immutable.
 *
 * @param roles the roles' names, in the order given
 * @param verticles what is deployed, in the order of deployment
 * @param settings the effective settings, secrets masked
 * @param labels what each series of {@code /metrics} has besides its own labels, by name
 */
public record LaunchFacts(
    List<String> roles,
    List<Expected> verticles,
    List<EffectiveSettings.Line> settings,
    Map<String, String> labels) {

  /** The configuration's key for {@link #roles}: an array of names. */
  public static final String ROLES = "launch.roles";

  /** The configuration's key for {@link #verticles}: an array of objects. */
  public static final String VERTICLES = "launch.verticles";

  /** The configuration's key for {@link #settings}: an array of objects. */
  public static final String SETTINGS = "launch.settings";

  /** The configuration's key for {@link #labels}: an object. */
  public static final String LABELS = "launch.labels";

  /** Makes the lists and the map immutable. */
  public LaunchFacts {
    roles = List.copyOf(roles);
    verticles = List.copyOf(verticles);
    settings = List.copyOf(settings);
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }

  /** Without settings to show. */
  public LaunchFacts(List<String> roles, List<Expected> verticles) {
    this(roles, verticles, List.of(), Map.of());
  }

  /**
   * A verticle that is deployed.
   *
   * @param verticle its name, as in {@code verticles.json}
   * @param instances how many, at least one
   */
  public record Expected(String verticle, int instances) {}

  /** Reads a deployment's configuration; what is not there is empty. */
  public static LaunchFacts of(JsonObject configuration) {
    List<String> roles = new ArrayList<>();
    JsonArray names = configuration.getJsonArray(ROLES, new JsonArray());
    for (int i = 0; i < names.size(); i++) {
      roles.add(names.getString(i));
    }
    List<Expected> verticles = new ArrayList<>();
    JsonArray deployed = configuration.getJsonArray(VERTICLES, new JsonArray());
    for (int i = 0; i < deployed.size(); i++) {
      JsonObject one = deployed.getJsonObject(i);
      verticles.add(new Expected(one.getString("verticle"), one.getInteger("instances", 1)));
    }
    List<EffectiveSettings.Line> settings = new ArrayList<>();
    JsonArray lines = configuration.getJsonArray(SETTINGS, new JsonArray());
    for (int i = 0; i < lines.size(); i++) {
      JsonObject one = lines.getJsonObject(i);
      settings.add(
          new EffectiveSettings.Line(
              one.getString("key"), one.getString("value"), one.getString("source")));
    }
    Map<String, String> labels = new LinkedHashMap<>();
    configuration
        .getJsonObject(LABELS, new JsonObject())
        .forEach(label -> labels.put(label.getKey(), String.valueOf(label.getValue())));
    return new LaunchFacts(roles, verticles, settings, labels);
  }

  /** Puts all of them into a deployment's configuration, and returns it. */
  public JsonObject putInto(JsonObject configuration) {
    JsonArray deployed = new JsonArray();
    for (Expected one : verticles) {
      deployed.add(
          new JsonObject().put("verticle", one.verticle()).put("instances", one.instances()));
    }
    JsonArray lines = new JsonArray();
    for (EffectiveSettings.Line one : settings) {
      lines.add(
          new JsonObject()
              .put("key", one.key())
              .put("value", one.value())
              .put("source", one.source()));
    }
    return configuration
        .put(ROLES, new JsonArray(roles))
        .put(VERTICLES, deployed)
        .put(SETTINGS, lines)
        .put(LABELS, new JsonObject(new LinkedHashMap<>(labels)));
  }
}
