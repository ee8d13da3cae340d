package io.bierelay.launch;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a process is asked to run.
 *
 * @param roles at least one, as {@code verticles.json} names them
 * @param conf files and directories of settings, the later one wins
 * @param verticles another {@code verticles.json} than the one in the JAR
 * @param environment the environment's variables
 * @param place the name of one of the files in the JAR's {@code conf}, weaker than all of {@code
 *     conf}
 * @param cluster whether its event bus is shared with other processes
 */
public record LaunchRequest(
    List<String> roles,
    List<Path> conf,
    Optional<Path> verticles,
    Map<String, String> environment,
    Optional<String> place,
    boolean cluster) {

  /** Makes the collections immutable. */
  public LaunchRequest {
    roles = List.copyOf(roles);
    conf = List.copyOf(conf);
    environment = Map.copyOf(environment);
  }

  /** Without one of the JAR's own files, alone. */
  public LaunchRequest(
      List<String> roles,
      List<Path> conf,
      Optional<Path> verticles,
      Map<String, String> environment) {
    this(roles, conf, verticles, environment, Optional.empty(), false);
  }
}
