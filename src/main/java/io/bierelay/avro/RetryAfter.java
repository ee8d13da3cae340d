package io.bierelay.avro;

import io.bierelay.http.BoundedExchange.Answer;
import io.bierelay.http.RetryAfterHeader;
import java.time.Duration;
import java.time.Instant;

/**
 * When each of the registry's addresses wants to be asked again, as its header {@code Retry-After}
 * said; for all questions, and never longer than a maximum. Used on one event loop.
 */
final class RetryAfter {

  private final long[] untilNanos;
  private final Duration max;

  RetryAfter(int addresses, Duration max) {
    this.untilNanos = new long[addresses];
    this.max = max;
    long now = System.nanoTime();
    for (int i = 0; i < addresses; i++) {
      untilNanos[i] = now;
    }
  }

  /** Keeps what an answer says of its address. */
  void note(int address, Answer answer) {
    boolean isBusy = answer.status() == 429 || answer.status() == 503;
    Duration wait =
        isBusy ? RetryAfterHeader.parse(answer.retryAfter(), Instant.now(), max) : Duration.ZERO;
    untilNanos[address] = System.nanoTime() + wait.toNanos();
  }

  /** How long an address is still to be left alone, in milliseconds; 0 if it is not. */
  long leftMs(int address) {
    long nanos = untilNanos[address] - System.nanoTime();
    return nanos <= 0 ? 0 : (nanos + 999_999) / 1_000_000;
  }
}
