package io.bierelay.retry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Exponential backoff with jitter, for transient failures that are retried for as long as it takes.
 *
 * <p>Half of each delay is fixed and half is drawn at random: many instances that lost the same
 * server don't return in step, and none of them hammers it. Not safe for several threads.
 */
public final class Backoff {

  private final long firstMs;
  private final long maxMs;
  private int attempts;

  /**
   * Starts at the first delay.
   *
   * @param first the first delay, at least 1 ms
   * @param max the bound that delays grow to
   */
  public Backoff(Duration first, Duration max) {
    this.firstMs = Math.max(1, first.toMillis());
    this.maxMs = Math.max(firstMs, max.toMillis());
  }

  /** The next delay in milliseconds; doubles with each call up to the bound. */
  public long nextMs() {
    long ceiling = Math.min(maxMs, firstMs << Math.min(attempts, 20));
    attempts++;
    long fixed = (ceiling + 1) / 2;
    return fixed + ThreadLocalRandom.current().nextLong(ceiling - fixed + 1);
  }

  /**
   * The next delay in milliseconds, drawn at random from 0 to its ceiling, which doubles with each
   * call: for a few tries within one question, where a short wait costs little.
   */
  public long nextFullJitterMs() {
    long ceiling = Math.min(maxMs, firstMs << Math.min(attempts, 20));
    attempts++;
    return ThreadLocalRandom.current().nextLong(ceiling + 1);
  }

  /** Begins again with the first delay; call it after a success. */
  public void reset() {
    attempts = 0;
  }

  /** How many delays were handed out since the last success. */
  public int attempts() {
    return attempts;
  }
}
