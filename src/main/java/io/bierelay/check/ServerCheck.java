package io.bierelay.check;

import java.util.Optional;

/**
 * Tries one server, or one group of like servers, as a role will use it, and changes nothing there.
 *
 * <p>Runs on a thread of its own and may block; {@link Steps} bounds each step.
 */
public interface ServerCheck {

  /** The server's name for people. */
  String server();

  /** Takes the steps, each only where those before it allow. */
  void run(Steps steps);

  /**
   * One check in place of this and another of the same server, so that it is tried once for all
   * verticles.
   *
   * @return empty if they can't be one
   */
  default Optional<ServerCheck> and(ServerCheck other) {
    return Optional.empty();
  }

  /** The likely cause and the remedy of what a step threw. */
  Problem explain(Throwable failure);
}
