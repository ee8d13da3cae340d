package io.bierelay.admin;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Makes guessing slow: after some wrong credentials in a row from one address, nothing from there
 * is looked at for a second, then for two, four and so on.
 *
 * <p>Used on the admin verticle's context only. Holds a bounded number of addresses; the one that
 * was heard of longest ago gives way.
 */
final class LockOut {

  private static final int MAX_ADDRESSES = 10_000;
  private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();

  private final int failures;
  private final long maxNanos;
  private final LongSupplier nanoClock;
  private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  private record Entry(int failed, long lastNanos, long lockNanos) {}

  /**
   * @param failures how many in a row lock an address out
   * @param max how long it is locked out at most, and after how long all is forgotten
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  LockOut(int failures, Duration max, LongSupplier nanoClock) {
    this.failures = failures;
    this.maxNanos = max.toNanos();
    this.nanoClock = nanoClock;
  }

  /** For how long the address is still locked out; zero if it is not. */
  Duration remaining(String address) {
    Entry entry = entries.get(key(address));
    if (entry == null) {
      return Duration.ZERO;
    }
    long rest = entry.lockNanos() - (nanoClock.getAsLong() - entry.lastNanos());
    return rest > 0 ? Duration.ofNanos(rest) : Duration.ZERO;
  }

  /**
   * Wrong credentials.
   *
   * @return for how long the address is locked out now; zero if it is not
   */
  Duration failed(String address) {
    long now = nanoClock.getAsLong();
    Entry before = entries.get(key(address));
    int failed = 1;
    // What was long ago counts no more, so that a person's typing errors of a week don't add up.
    if (before != null && now - before.lastNanos() <= 2 * maxNanos) {
      failed += before.failed();
    }
    int doublings = Math.min(failed - failures, 40);
    long lock = doublings < 0 ? 0 : Math.min(maxNanos, FIRST_NANOS << Math.min(doublings, 30));
    entries.put(key(address), new Entry(failed, now, lock));
    if (entries.size() > MAX_ADDRESSES) {
      Iterator<String> oldest = entries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    return Duration.ofNanos(lock);
  }

  /** Right credentials. */
  void succeeded(String address) {
    entries.remove(key(address));
  }

  /** Whoever has one address of IPv6 has 2^64 of them. */
  private static String key(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    String[] groups = address.split(":", 5);
    return groups.length < 5
        ? address
        : String.join(":", groups[0], groups[1], groups[2], groups[3]);
  }
}
