package io.bierelay.guarantee;

import io.bierelay.guarantee.ProgressWatch.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Which times of a scenario were calm, which were outages, and how fast it went between them. */
final class Windows {

  private record Window(long begin, long end) {
    boolean overlaps(long from, long to) {
      return from < end && to > begin;
    }
  }

  private final List<Window> outages = new ArrayList<>();

  /** Empty when the script ended before it. */
  private Window calm = new Window(0, 0);

  private long end = Long.MAX_VALUE;

  /** Nothing was wrong in that time, before the first fault. */
  void calm(long begin, long calmEnd) {
    calm = new Window(begin, calmEnd);
  }

  /** In that time nothing could be confirmed. */
  void outage(long begin, long outageEnd) {
    outages.add(new Window(begin, outageEnd));
  }

  /** From here on nothing new was published. */
  void over(long nanos) {
    end = nanos;
  }

  /** Confirmed per second before the first fault. */
  double calmRate(List<Sample> samples) {
    return rate(samples, calm.begin(), calm.end());
  }

  /** Confirmed per second after the calm, without the outages. */
  double rateBetween(List<Sample> samples) {
    return rate(samples, calm.end(), end);
  }

  /** The most that were confirmed in one second. */
  double peakRate(List<Sample> samples) {
    double peak = 0;
    int first = 0;
    for (int i = 0; i < samples.size(); i++) {
      while (samples.get(i).nanos() - samples.get(first).nanos() > TimeUnit.SECONDS.toNanos(1)) {
        first++;
      }
      peak = Math.max(peak, samples.get(i).confirmed() - samples.get(first).confirmed());
    }
    return peak;
  }

  private double rate(List<Sample> samples, long from, long to) {
    long confirmed = 0;
    long nanos = 0;
    for (int i = 1; i < samples.size(); i++) {
      Sample before = samples.get(i - 1);
      Sample after = samples.get(i);
      boolean out = outages.stream().anyMatch(o -> o.overlaps(before.nanos(), after.nanos()));
      if (before.nanos() >= from && after.nanos() <= to && !out) {
        confirmed += after.confirmed() - before.confirmed();
        nanos += after.nanos() - before.nanos();
      }
    }
    return nanos == 0 ? 0 : confirmed * 1e9 / nanos;
  }
}
