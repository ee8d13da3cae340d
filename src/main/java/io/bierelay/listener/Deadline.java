package io.bierelay.listener;

import java.time.Duration;

/**
 * Until when a message may be at work.
 *
 * @param nanos by the nano clock
 */
record Deadline(long nanos) {

  /** That long from now. */
  static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** What is left, in milliseconds; 0 when it is over. */
  long leftMs() {
    return Math.max(0, (nanos - System.nanoTime()) / 1_000_000);
  }

  /** What is left, but no more than {@code ms}; at least 1, as timers want it. */
  long leftMs(long ms) {
    return Math.max(1, Math.min(ms, leftMs()));
  }
}
