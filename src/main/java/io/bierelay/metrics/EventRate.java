package io.bierelay.metrics;

import java.util.function.LongSupplier;

/**
 * How many events a second there were, over the last minute and the last five.
 *
 * <p>While it is younger than that, over its age. Belongs to one thread.
 */
public final class EventRate {

  private static final long SLOT_NANOS = 5_000_000_000L;
  private static final int SLOTS = 60;
  private static final int SLOTS_PER_MINUTE = 12;

  private final LongSupplier nanoClock;
  private final long begin;
  private final long[] slots = new long[SLOTS];
  private long current;

  /** By the system's clock. */
  public EventRate() {
    this(System::nanoTime);
  }

  /**
   * @param nanoClock monotonic, in nanoseconds, as {@link System#nanoTime}
   */
  public EventRate(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.begin = nanoClock.getAsLong();
  }

  /** Counts what has just happened. */
  public void add(int events) {
    advance();
    slots[(int) (current % SLOTS)] += events;
  }

  /** Events a second over the last minute, with one decimal. */
  public double oneMinute() {
    return over(SLOTS_PER_MINUTE);
  }

  /** Events a second over the last five minutes, with one decimal. */
  public double fiveMinutes() {
    return over(SLOTS);
  }

  private double over(int window) {
    long age = advance();
    long sum = 0;
    for (long slot = Math.max(0, current - window + 1); slot <= current; slot++) {
      sum += slots[(int) (slot % SLOTS)];
    }
    long sinceSlotBegan = age - current * SLOT_NANOS;
    long covered = Math.min(age, (window - 1) * SLOT_NANOS + sinceSlotBegan);
    double seconds = Math.max(1, covered / 1e9);
    return Math.round(10 * sum / seconds) / 10.0;
  }

  /** Empties the slots that time has passed over; returns the age. */
  private long advance() {
    long age = nanoClock.getAsLong() - begin;
    long now = age / SLOT_NANOS;
    for (long slot = Math.max(current + 1, now - SLOTS + 1); slot <= now; slot++) {
      slots[(int) (slot % SLOTS)] = 0;
    }
    current = Math.max(current, now);
    return age;
  }
}
