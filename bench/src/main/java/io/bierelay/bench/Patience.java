package io.bierelay.bench;

import java.time.Duration;

/** Sees that something goes on: a candidate that stands still is not waited for any longer. */
public final class Patience {

  private static final Duration STANDSTILL = Duration.ofSeconds(90L * MeasuredProcess.PATIENCE);

  private long best = Long.MIN_VALUE;
  private long since = System.nanoTime();

  /** Begins now. */
  public Patience() {}

  /**
   * Takes note of how far it is.
   *
   * @throws IllegalStateException if that is no more than it was 90 s ago
   */
  public void see(long now, MeasuredProcess process) {
    if (now > best) {
      best = now;
      since = System.nanoTime();
    } else if (System.nanoTime() - since > STANDSTILL.toNanos()) {
      throw new IllegalStateException(
          "it stands still at %,d for %d s:%n%s"
              .formatted(now, STANDSTILL.toSeconds(), process.log()));
    }
  }
}
