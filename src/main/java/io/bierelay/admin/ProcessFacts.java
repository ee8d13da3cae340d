package io.bierelay.admin;

import io.bierelay.launch.LaunchFacts;
import io.bierelay.status.ProcessIdentity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * What does not change while the process runs.
 *
 * @param host where it runs; in a container the pod's name
 * @param instance what people call this process
 */
record ProcessFacts(
    String host, String instance, String version, Instant startedAt, LaunchFacts launch) {

  static ProcessFacts of(LaunchFacts launch) {
    ProcessIdentity own = ProcessIdentity.own();
    String version = ProcessFacts.class.getPackage().getImplementationVersion();
    return new ProcessFacts(
        own.host(),
        own.instance(),
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
