package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.guarantee.ProgressWatch.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Outages don't count as time, and standing still without one does. */
class WindowsTest {

  private static long seconds(double number) {
    return (long) (number * TimeUnit.SECONDS.toNanos(1));
  }

  /** One sample each half second, with so many events per second in each second. */
  private static List<Sample> samples(int... perSecond) {
    List<Sample> samples = new ArrayList<>();
    long confirmed = 0;
    for (int i = 0; i < 2 * perSecond.length; i++) {
      samples.add(new Sample(seconds(i / 2.0), confirmed));
      confirmed += perSecond[i / 2] / 2;
    }
    samples.add(new Sample(seconds(perSecond.length), confirmed));
    return samples;
  }

  @Test
  void outagesAreLeftOut() {
    Windows windows = new Windows();
    windows.calm(0, seconds(2));
    windows.outage(seconds(3), seconds(5));
    windows.over(seconds(7));
    List<Sample> samples = samples(100, 100, 100, 0, 0, 300, 300, 0);
    assertThat(windows.calmRate(samples)).isEqualTo(100);
    // Of the samples that touch the outage nothing counts.
    assertThat(windows.rateBetween(samples)).isBetween(200.0, 250.0);
    assertThat(windows.peakRate(samples)).isEqualTo(300);
  }

  @Test
  void standingStillCounts() {
    Windows windows = new Windows();
    windows.calm(0, seconds(2));
    windows.over(seconds(6));
    assertThat(windows.rateBetween(samples(100, 100, 0, 0, 0, 100))).isEqualTo(25);
  }

  /** A scenario that breaks before its first fault is to be told for what it is. */
  @Test
  void whereNothingWasCalmTheRateIsNone() {
    Windows windows = new Windows();
    assertThat(windows.calmRate(samples(100, 100))).isZero();
    assertThat(windows.rateBetween(samples(100, 100))).isEqualTo(100);
  }
}
