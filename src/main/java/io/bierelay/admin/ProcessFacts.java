package io.bierelay.admin;

import io.bierelay.launch.LaunchFacts;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Optional;

/**
 * What does not change while the process runs.
 *
 * @param host where it runs; in a container the pod's name
 * @param instance what people call this process
 */
record ProcessFacts(
    String host, String instance, String version, Instant startedAt, LaunchFacts launch) {

  /**
   * The environment says the host in a container; asking the resolver instead could block for
   * seconds.
   */
  static ProcessFacts of(LaunchFacts launch) {
    String host = Optional.ofNullable(System.getenv("HOSTNAME")).orElse("localhost");
    String version = ProcessFacts.class.getPackage().getImplementationVersion();
    return new ProcessFacts(
        host,
        host + ":" + ProcessHandle.current().pid(),
        version == null ? "(not packaged)" : version,
        ProcessHandle.current().info().startInstant().orElseGet(Instant::now),
        launch);
  }

  /** What each answer about this process begins with. */
  JsonObject toJson() {
    return new JsonObject()
        .put("instance", instance)
        .put("host", host)
        .put("version", version)
        .put("startedAt", startedAt.toString())
        .put("roles", new JsonArray(launch.roles()))
        .put("at", Instant.now().toString());
  }
}
