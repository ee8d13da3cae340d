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
  private Launcher launcher;

  @Override
  public synchronized void start(List<String> roles, Map<String, Object> settings) {
    // Settings go in as they do in production, through a file. This process's environment stays
    // out: it might hold a real server's address.
    try (ScratchDirectory scratch = ScratchDirectory.create("conf")) {
      var file = scratch.write("relay.json", new JsonObject(settings).encode());
      launcher = new Launcher(new LaunchRequest(roles, List.of(file), Optional.empty(), Map.of()));
      join(launcher.start());
    }
  }

  @Override
  public synchronized void stop() {
    if (launcher != null) {
      join(launcher.stop());
      launcher = null;
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
