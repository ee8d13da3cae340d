package io.bierelay.avro;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers as JSON has them, made exact: nothing is rounded here. */
final class Numbers {

  /** More digits are no amount, and reading them takes time that grows with their square. */
  private static final int MAX_TEXT = 20_100;

  private static final int MAX_SCALE = 10_000;
  private static final double TWO_TO_63 = 0x1p63;
  private static final Pattern JSON_NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]{1,9})?");

  private Numbers() {}

  /** Whether it has neither fraction nor exponent by its very type. */
  static boolean isIntegral(Object value) {
    return value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Byte
        || value instanceof BigInteger;
  }

  /**
   * The same number with all its digits; text counts if it is a number in JSON's grammar.
   *
   * @return null if it is no finite number, or an absurdly long or large one
   */
  static @Nullable BigDecimal exact(@Nullable Object value) {
    BigDecimal number = null;
    if (value instanceof BigDecimal decimal) {
      number = decimal;
    } else if (value instanceof BigInteger integer) {
      number = new BigDecimal(integer);
    } else if (value instanceof Double d) {
      number = Double.isFinite(d) ? new BigDecimal(NumberOutput.toString(d, true)) : null;
    } else if (value instanceof Float f) {
      number = Float.isFinite(f) ? new BigDecimal(NumberOutput.toString(f, true)) : null;
    } else if (value instanceof Number integer && isIntegral(value)) {
      number = BigDecimal.valueOf(integer.longValue());
    } else if (value instanceof CharSequence text
        && text.length() <= MAX_TEXT
        && JSON_NUMBER.matcher(text).matches()) {
      number = new BigDecimal(text.toString());
    }
    return number == null || Math.abs((long) number.scale()) > MAX_SCALE ? null : number;
  }

  /**
   * The number as a long, or null if it is none, has a fraction, or is out of range.
   *
   * @param numericText whether text counts too
   */
  static @Nullable Long integer(@Nullable Object value, long min, long max, boolean numericText) {
    long number;
    if (value instanceof Integer || value instanceof Long) {
      number = ((Number) value).longValue();
    } else if (value instanceof Double d) {
      if (d != Math.rint(d) || d < -TWO_TO_63 || d >= TWO_TO_63) {
        return null;
      }
      number = d.longValue();
    } else {
      BigDecimal exact = value instanceof Number || numericText ? exact(value) : null;
      if (exact == null || exact.precision() - (long) exact.scale() > 19) {
        return null;
      }
      try {
        number = exact.longValueExact();
      } catch (ArithmeticException e) {
        return null; // It has a fraction, or is beyond a long.
      }
    }
    return number < min || number > max ? null : number;
  }

  /** The text of any scalar as JSON would show it; null if it is none. */
  static @Nullable String text(@Nullable Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof Double d) {
      return NumberOutput.toString(d, true);
    }
    if (value instanceof Float f) {
      return NumberOutput.toString(f, true);
    }
    if (value instanceof BigDecimal decimal) {
      return Math.abs((long) decimal.scale()) > MAX_SCALE ? null : decimal.toPlainString();
    }
    if (value instanceof Enum<?> constant) {
      return constant.name();
    }
    boolean scalar =
        value instanceof CharSequence
            || value instanceof Boolean
            || value instanceof Number
            || value instanceof Character
            || value instanceof java.util.UUID
            || value instanceof java.time.temporal.TemporalAccessor
            || value instanceof java.time.temporal.TemporalAmount;
    return scalar ? String.valueOf(value) : null;
  }
}
