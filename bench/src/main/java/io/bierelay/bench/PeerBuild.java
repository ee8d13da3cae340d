package io.bierelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How something in bench/peers is started; each has a build, and so a class path, of its own. */
public final class PeerBuild {

  private PeerBuild() {}

  private static Path target(String module) {
    return Path.of("bench", "peers", module, "target");
  }

  /** Whether {@code bench/run} has built it. */
  public static boolean isThere(String module) {
    return Files.exists(target(module).resolve("peer.jar"));
  }

  /**
   * What follows Java's options. JARs only, no directory of classes: a directory can't be part of
   * an archive of class data.
   */
  public static List<String> command(String module, Path order, String candidate)
      throws IOException {
    String libraries = Files.readString(target(module).resolve("classpath")).strip();
    return List.of(
        "-cp",
        target(module).resolve("peer.jar") + ":" + libraries,
        "io.bierelay.bench.peers." + module + ".Peer",
        order.toString(),
        candidate);
  }
}
