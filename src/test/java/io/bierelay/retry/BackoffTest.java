package io.bierelay.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Delays that grow to a bound, never above it, and never in step. */
class BackoffTest {

  @ParameterizedTest
  @CsvSource({"100,30000", "1,1", "1,2", "3,7", "250,250", "500,100", "0,0"})
  void eachDelayIsWithinTheUpperHalfOfItsCeiling(long first, long max) {
    for (int run = 0; run < 500; run++) {
      Backoff backoff = new Backoff(Duration.ofMillis(first), Duration.ofMillis(max));
      long ceiling = Math.max(1, first);
      long bound = Math.max(ceiling, max);
      for (int i = 0; i < 30; i++) {
        assertThat(backoff.nextMs()).isBetween((ceiling + 1) / 2, ceiling);
        ceiling = Math.min(bound, ceiling * 2);
      }
    }
  }

  @Test
  void fullJitterIsDrawnFromAllOfItsCeiling() {
    long least = Long.MAX_VALUE;
    long most = 0;
    for (int run = 0; run < 2_000; run++) {
      Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofMillis(300));
      assertThat(backoff.nextFullJitterMs()).isBetween(0L, 100L);
      assertThat(backoff.nextFullJitterMs()).isBetween(0L, 200L);
      long third = backoff.nextFullJitterMs();
      assertThat(third).isBetween(0L, 300L);
      least = Math.min(least, third);
      most = Math.max(most, third);
    }
    assertThat(least).isLessThan(15);
    assertThat(most).isGreaterThan(285);
  }

  @Test
  void neverOverflows() {
    Backoff backoff = new Backoff(Duration.ofDays(1), Duration.ofDays(365));
    for (int i = 0; i < 1_000; i++) {
      assertThat(backoff.nextMs()).isPositive().isLessThanOrEqualTo(365L * 24 * 3600 * 1000);
    }
  }

  @Test
  void beginsAgainAfterASuccess() {
    Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30));
    for (int i = 0; i < 5; i++) {
      backoff.nextMs();
    }
    assertThat(backoff.attempts()).isEqualTo(5);
    assertThat(backoff.nextMs()).isGreaterThan(100);
    backoff.reset();
    assertThat(backoff.attempts()).isZero();
    assertThat(backoff.nextMs()).isLessThanOrEqualTo(100);
  }

  @Test
  void twoOfThemDontReturnInStep() {
    Set<Long> delays = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      delays.add(new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(1)).nextMs());
    }
    assertThat(delays).hasSizeGreaterThan(50);
  }
}
