package io.bierelay.sandbox;

import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Launcher;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** The relay as production runs it, by its launcher and its roster, in this JVM. */
public final class LauncherRelay implements RelayUnderTest {
  private volatile Launcher launcher;

  @Override
  public void start(List<String> roles, Map<String, Object> settings) {
    // Settings go in as they do in production, through a file. This process's environment stays
    // out: it might hold a real server's address.
    try (ScratchDirectory scratch = ScratchDirectory.create("conf")) {
      var file = scratch.write("relay.json", new JsonObject(settings).encode());
      Launcher starting =
          new Launcher(new LaunchRequest(roles, List.of(file), Optional.empty(), Map.of()));
      // Known before it has started: a stop may come meanwhile.
      launcher = starting;
      join(starting.start());
    }
  }

  @Override
  public void stop() {
    Launcher running = launcher;
    if (running != null) {
      join(running.stop());
    }
  }

  private static void join(Future<?> future) {
    try {
      future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
