package io.bierelay.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** How long a server wants to be left alone, by its answer's header {@code Retry-After}. */
public final class RetryAfterHeader {

  private RetryAfterHeader() {}

  /**
   * Seconds or a date, as RFC 9110 has it (10.2.3); anything else means no wait.
   *
   * @param header its value; null if the answer has none
   * @param max a longer wait is cut to it
   * @return zero or above
   */
  public static Duration parse(@Nullable String header, Instant now, Duration max) {
    if (header == null) {
      return Duration.ZERO;
    }
    String text = header.strip();
    Duration wait;
    try {
      wait =
          text.matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(text))
              : Duration.between(
                  now, Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)));
    } catch (DateTimeException | ArithmeticException e) {
      return Duration.ZERO;
    }
    if (wait.isNegative()) {
      return Duration.ZERO;
    }
    return wait.compareTo(max) > 0 ? max : wait;
  }
}
