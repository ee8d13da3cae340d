package io.bierelay.launch;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * What this process was asked to run, as the launcher hands it to the verticles that show it.
 *
 * <p>Travels in a deployment's configuration beside the settings. Immutable.
 *
 * @param roles the roles' names, in the order given
 * @param verticles what is deployed, in the order of deployment
 */
public record LaunchFacts(List<String> roles, List<Expected> verticles) {

  /** The configuration's key for {@link #roles}: an array of names. */
  public static final String ROLES = "launch.roles";

  /** The configuration's key for {@link #verticles}: an array of objects. */
  public static final String VERTICLES = "launch.verticles";

  /** Makes both lists immutable. */
  public LaunchFacts {
    roles = List.copyOf(roles);
    verticles = List.copyOf(verticles);
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
    return new LaunchFacts(roles, verticles);
  }

  /** Puts both into a deployment's configuration, and returns it. */
  public JsonObject putInto(JsonObject configuration) {
    JsonArray deployed = new JsonArray();
    for (Expected one : verticles) {
      deployed.add(
          new JsonObject().put("verticle", one.verticle()).put("instances", one.instances()));
    }
    return configuration.put(ROLES, new JsonArray(roles)).put(VERTICLES, deployed);
  }
}
