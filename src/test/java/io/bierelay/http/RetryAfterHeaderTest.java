package io.bierelay.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The header's two forms, its bound, and nonsense. */
class RetryAfterHeaderTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void secondsAndDatesCountUpToTheMaximum() {
    assertThat(parse("7")).hasSeconds(7);
    assertThat(parse(" 0 ")).isZero();
    assertThat(parse("999999999")).hasSeconds(60);
    assertThat(parse("Thu, 1 Jan 2026 00:00:09 GMT")).hasSeconds(9);
    assertThat(parse("Fri, 2 Jan 2026 00:00:00 GMT")).hasSeconds(60);
  }

  @Test
  void whatTellsNothingMeansNoWait() {
    assertThat(parse(null)).isZero();
    for (String header : new String[] {"", "-5", "soon", "1e9", "99999999999", "1.5"}) {
      assertThat(parse(header)).as("%s", header).isZero();
    }
    assertThat(parse("Wed, 31 Dec 2025 00:00:00 GMT")).isZero();
  }

  private static Duration parse(@Nullable String header) {
    return RetryAfterHeader.parse(header, NOW, Duration.ofMinutes(1));
  }
}
