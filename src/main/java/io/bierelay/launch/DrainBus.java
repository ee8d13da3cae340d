package io.bierelay.launch;

/**
 * How whoever administers tells the launcher of this process to give up all work: a request on the
 * event bus, an empty object.
 *
 * <p>The answer, once all verticles but the admin endpoint are stopped: {@code drained}, their
 * names in that order, none if they were stopped before; {@code clean}, false if one missed its
 * deadline.
 */
public final class DrainBus {

  /** Where the launcher listens; only in its own process. */
  public static final String ADDRESS = "bie.launch.drain";

  private DrainBus() {}
}
