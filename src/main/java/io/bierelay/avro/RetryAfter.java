package io.bierelay.avro;

import io.bierelay.avro.RegistryExchange.Answer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

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
    Duration wait = isBusy ? parse(answer.retryAfter(), Instant.now(), max) : Duration.ZERO;
    untilNanos[address] = System.nanoTime() + wait.toNanos();
  }

  /** How long an address is still to be left alone, in milliseconds; 0 if it is not. */
  long leftMs(int address) {
    long nanos = untilNanos[address] - System.nanoTime();
    return nanos <= 0 ? 0 : (nanos + 999_999) / 1_000_000;
  }

  /** Seconds or a date, as RFC 9110 has it (10.2.3); anything else means no wait. */
  static Duration parse(@Nullable String header, Instant now, Duration max) {
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
