package io.bierelay.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Rates over a minute and five, while young, while steady, and after silence. */
class EventRateTest {

  private final AtomicLong clock = new AtomicLong(123_456_789L);
  private final EventRate rate = new EventRate(clock::get);

  @Test
  void countsOverItsAgeWhileItIsYoung() {
    rate.add(100);
    assertThat(rate.oneMinute()).isEqualTo(100.0);
    pass(20);
    assertThat(rate.oneMinute()).isEqualTo(5.0);
    assertThat(rate.fiveMinutes()).isEqualTo(5.0);
  }

  @Test
  void forgetsWhatIsOlderThanItsWindow() {
    for (int second = 0; second < 600; second++) {
      rate.add(7);
      pass(1);
    }
    assertThat(rate.oneMinute()).isBetween(6.5, 7.5);
    assertThat(rate.fiveMinutes()).isBetween(6.8, 7.2);
    pass(60);
    assertThat(rate.oneMinute()).isZero();
    assertThat(rate.fiveMinutes()).isBetween(5.2, 6.0);
    pass(3_600);
    assertThat(rate.fiveMinutes()).isZero();
    rate.add(60);
    assertThat(rate.oneMinute()).isBetween(1.0, 1.1);
  }

  private void pass(long seconds) {
    clock.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }
}
