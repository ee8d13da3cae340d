package io.bierelay.listener;

import io.bierelay.listener.FailureReason.Reach;
import io.bierelay.retry.Backoff;
import java.time.Duration;

/**
 * How many messages may be at work: all that are allowed, or, after failures that are not a
 * message's own, one after a pause, until one succeeds.
 *
 * <p>A message that fails comes nearer to the queue's dead letters each time: what is away should
 * cost as few of them as possible. Used on one event loop.
 */
final class Pace {

  /** So many in a row, as some entity may be one that its API always stumbles over. */
  private static final int FAILURES = 5;

  private final int full;
  private final Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));
  private int failures;
  private boolean slow;
  private long until;

  Pace(int full) {
    this.full = full;
  }

  /** A message failed. */
  void failed(FailureReason reason) {
    if (reason.reach() != Reach.OTHERS) {
      return;
    }
    failures++;
    if (slow || failures >= FAILURES || reason == FailureReason.CIRCUIT_OPEN) {
      slow = true;
      until = System.nanoTime() + backoff.nextMs() * 1_000_000;
    }
  }

  /** A record was sent: whatever was away is back. */
  void succeeded() {
    failures = 0;
    slow = false;
    backoff.reset();
  }

  /** Whether it is held back. */
  boolean isSlow() {
    return slow;
  }

  /** How many messages may be at work now. */
  int allowed() {
    return slow ? 1 : full;
  }

  /** How long to wait before the next one is taken, in milliseconds; 0 for not at all. */
  long pauseMs() {
    return slow ? Math.max(0, (until - System.nanoTime()) / 1_000_000) : 0;
  }
}
