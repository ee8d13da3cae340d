package io.bierelay.event;

/**
 * How whoever administers meets whoever can look into the dead letters: requests on the event bus,
 * bodies and answers are JSON objects. Bodies of dead letters never travel on it.
 *
 * <p>A <em>filter</em> is an object of any of: {@code ids} (a list), {@code reason}, {@code stage},
 * {@code eventType}, {@code queue}; a letter must fit all that are given. An empty filter fits all.
 */
public final class DeadLetterBus {

  /**
   * Request: {@code filter}, {@code offset} (default 0), {@code limit} (1 to 1000, default 100).
   *
   * <p>Answer: {@code letters}, each with {@code id}, {@code reason}, {@code detail}, {@code
   * stage}, {@code eventType}, {@code topic}, {@code partition}, {@code offset}, {@code queue},
   * {@code failedAt}, {@code notifiedAt}, {@code size} and {@code replays}; {@code matching}, how
   * many fit; {@code total}; {@code complete}, whether all were looked at.
   */
  public static final String LIST = "bie.dead-letters.list";

  /** Request: {@code filter}. Answer: {@code total}, {@code byReason}, {@code complete}. */
  public static final String COUNT = "bie.dead-letters.count";

  /**
   * Sends letters back to where they came from. Request: {@code filter}, {@code limit} (1 to
   * 100,000, default 1000), {@code by} (who wants it, for the audit).
   *
   * <p>Answer: {@code done}, {@code refused} (an object: count by why), {@code complete}. False
   * means that the limit or the time was reached first: ask again.
   */
  public static final String REPLAY = "bie.dead-letters.replay";

  /** Removes letters. As {@link #REPLAY}, and {@code why} must be given. */
  public static final String DISCARD = "bie.dead-letters.discard";

  /** Failure code: somebody else is at it, here or in another process; ask again. */
  public static final int BUSY = 1;

  /** Failure code: a server that is needed is away. */
  public static final int UNAVAILABLE = 2;

  /** Failure code: the request is wrong. */
  public static final int BAD_REQUEST = 3;

  /** How long an answer may take, in milliseconds. */
  public static final long TIMEOUT_MS = 45_000;

  private DeadLetterBus() {}
}
