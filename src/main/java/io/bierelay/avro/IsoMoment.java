package io.bierelay.avro;

import java.time.LocalDate;
import java.time.YearMonth;
import org.jspecify.annotations.Nullable;

/**
 * A date, or date and time, as ISO 8601 and RFC 3339 write it; read by hand, because java.time's
 * formatters cost more than all the rest of a record.
 *
 * @param day days since 1970-01-01, as written
 * @param secondOfDay as written
 * @param nano of the second
 * @param offset seconds that the written time is ahead of UTC; 0 when none is written
 */
record IsoMoment(long day, int secondOfDay, int nano, int offset) {

  private static final int DAY = 86_400;

  /** Seconds since 1970-01-01T00:00 by the clock that was written. */
  long localSecond() {
    return day * DAY + secondOfDay;
  }

  /** Seconds since 1970-01-01T00:00Z. */
  long utcSecond() {
    return localSecond() - offset;
  }

  /**
   * Reads {@code 2020-01-31}, {@code 2020-01-31T10:15}, with seconds, with a fraction of up to nine
   * digits, with {@code Z} or an offset such as {@code +01:00}, {@code +0100} or {@code +01}; a
   * blank may stand for the T.
   *
   * @return null if it is nothing of this
   */
  static @Nullable IsoMoment parse(String text) {
    if (text.length() < 10 || text.charAt(4) != '-' || text.charAt(7) != '-') {
      return null;
    }
    int year = digits(text, 0, 4);
    int month = digits(text, 5, 2);
    int dayOfMonth = digits(text, 8, 2);
    if (year < 0 || month < 1 || month > 12 || dayOfMonth < 1) {
      return null;
    }
    if (dayOfMonth > 28 && dayOfMonth > YearMonth.of(year, month).lengthOfMonth()) {
      return null;
    }
    long day = LocalDate.of(year, month, dayOfMonth).toEpochDay();
    if (text.length() == 10) {
      return new IsoMoment(day, 0, 0, 0);
    }
    char separator = text.charAt(10);
    if (separator != 'T' && separator != 't' && separator != ' ') {
      return null;
    }
    return time(text, 11, day, true);
  }

  /** Reads {@code 10:15}, with seconds and fraction as {@link #parse} does, without an offset. */
  static @Nullable IsoMoment parseTime(String text) {
    return time(text, 0, 0, false);
  }

  private static @Nullable IsoMoment time(String text, int from, long day, boolean withOffset) {
    int hour = digits(text, from, 2);
    int minute = is(text, from + 2, ':') ? digits(text, from + 3, 2) : -1;
    int second = 0;
    int nano = 0;
    int at = from + 5;
    if (is(text, at, ':')) {
      second = digits(text, at + 1, 2);
      at += 3;
      if (is(text, at, '.')) {
        int end = at + 1;
        while (end < text.length() && digit(text, end) >= 0) {
          end++;
        }
        int places = end - at - 1;
        nano = places < 1 || places > 9 ? -1 : digits(text, at + 1, places);
        for (int i = places; i < 9; i++) {
          nano *= 10;
        }
        at = end;
      }
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
      return null;
    }
    int offset = at == text.length() ? 0 : withOffset ? offset(text, at) : DAY;
    return nano < 0 || offset >= DAY
        ? null
        : new IsoMoment(day, hour * 3_600 + minute * 60 + second, nano, offset);
  }

  /** A whole day if it is none. */
  private static int offset(String text, int at) {
    char sign = text.charAt(at);
    int length = text.length() - at;
    if (sign == 'Z' || sign == 'z') {
      return length == 1 ? 0 : DAY;
    }
    int hours = digits(text, at + 1, 2);
    int minutes =
        switch (length) {
          case 3 -> 0;
          case 5 -> digits(text, at + 3, 2);
          case 6 -> is(text, at + 3, ':') ? digits(text, at + 4, 2) : -1;
          default -> -1;
        };
    if ((sign != '+' && sign != '-') || hours < 0 || hours > 18 || minutes < 0 || minutes > 59) {
      return DAY;
    }
    int offset = hours * 3_600 + minutes * 60;
    return sign == '-' ? -offset : offset;
  }

  private static boolean is(String text, int at, char expected) {
    return at < text.length() && text.charAt(at) == expected;
  }

  private static int digits(String text, int from, int count) {
    int number = 0;
    for (int i = from; i < from + count; i++) {
      int digit = digit(text, i);
      if (digit < 0) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  private static int digit(String text, int at) {
    int digit = at < text.length() ? text.charAt(at) - '0' : -1;
    return digit > 9 ? -1 : digit;
  }
}
