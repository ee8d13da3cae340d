package io.bierelay.event;

/**
 * How whoever holds subscriptions learns of the other processes of its consumer group: requests on
 * the event bus of this process, answered by whoever keeps the fleet's data. Nobody has to: then
 * there are no handlers, and each process knows of itself only.
 */
public final class FleetBus {

  /**
   * Request: {@code group}. Answer: {@code instances}, one object for each process that has said
   * something of late: {@code instance}, {@code host}, {@code at} (an instant) and {@code
   * subscriptions}, its partitions.
   */
  public static final String INSTANCES = "bie.fleet.instances";

  /**
   * Keeps what people said of partitions, and tells what they said elsewhere. Request: {@code
   * group}, and {@code rules}, a list of {@link PauseRule}. Answer: {@code rules}, all that are
   * kept; they are stored when the answer comes.
   */
  public static final String PAUSES = "bie.fleet.pauses";

  /** Failure code: the store is away. */
  public static final int UNAVAILABLE = 503;

  /** How long an answer may take, in milliseconds. */
  public static final long TIMEOUT_MS = 2_000;

  private FleetBus() {}
}
