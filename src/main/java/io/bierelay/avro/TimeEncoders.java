package io.bierelay.avro;

import io.bierelay.avro.ValueEncoder.Leaf;
import java.time.temporal.TemporalAccessor;
import org.jspecify.annotations.Nullable;

/**
 * Encoders of int and long: a number as it is, and dates and times from their text in the unit that
 * the type has.
 *
 * <p>What is finer than the unit is cut towards the past, as clocks do.
 */
final class TimeEncoders {

  /** A plain int. */
  static final ValueEncoder UNIX_SECONDS =
      new Counted("an int, or date-time text for Unix seconds", View.INSTANT, 1, true, true);

  /** A plain long. */
  static final ValueEncoder UNIX_MILLIS =
      new Counted(
          "a long, or date-time text for Unix milliseconds", View.INSTANT, 1_000, false, true);

  static final ValueEncoder DATE =
      new Counted("a date, as text or as days since 1970-01-01", View.DATE, 1, true, false);
  static final ValueEncoder TIME_MILLIS = of("time-millis", View.TIME, 1_000, true);
  static final ValueEncoder TIME_MICROS = of("time-micros", View.TIME, 1_000_000, false);
  static final ValueEncoder TIMESTAMP_MILLIS = of("timestamp-millis", View.INSTANT, 1_000, false);
  static final ValueEncoder TIMESTAMP_MICROS =
      of("timestamp-micros", View.INSTANT, 1_000_000, false);
  static final ValueEncoder TIMESTAMP_NANOS =
      of("timestamp-nanos", View.INSTANT, 1_000_000_000, false);
  static final ValueEncoder LOCAL_MILLIS = of("local-timestamp-millis", View.LOCAL, 1_000, false);
  static final ValueEncoder LOCAL_MICROS =
      of("local-timestamp-micros", View.LOCAL, 1_000_000, false);
  static final ValueEncoder LOCAL_NANOS =
      of("local-timestamp-nanos", View.LOCAL, 1_000_000_000, false);

  /** What of a moment a type keeps. */
  private enum View {
    /** The point in time; text without an offset is UTC. */
    INSTANT,
    /** Date and time as written, whatever the offset. */
    LOCAL,
    /** The date as written. */
    DATE,
    /** The time of day as written. */
    TIME
  }

  private TimeEncoders() {}

  private static ValueEncoder of(String type, View view, int perSecond, boolean isInt) {
    String text = view == View.TIME ? "time or date-time text" : "date-time text";
    return new Counted(
        "%s: %s, or a number, within its range".formatted(type, text),
        view,
        perSecond,
        isInt,
        false);
  }

  private static final class Counted extends Leaf {

    private final View view;
    private final int perSecond;
    private final long min;
    private final long max;
    private final boolean numericText;

    /**
     * @param numericText whether "12" is 12; not for logical types, where 20200131 would become
     *     that many days
     */
    Counted(String expected, View view, int perSecond, boolean isInt, boolean numericText) {
      super(
          "%s, from %s"
              .formatted(
                  expected,
                  isInt
                      ? Integer.MIN_VALUE + " to " + Integer.MAX_VALUE
                      : Long.MIN_VALUE + " to " + Long.MAX_VALUE));
      this.view = view;
      this.perSecond = perSecond;
      this.min = isInt ? Integer.MIN_VALUE : Long.MIN_VALUE;
      this.max = isInt ? Integer.MAX_VALUE : Long.MAX_VALUE;
      this.numericText = numericText;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      if (value instanceof Integer number) {
        to.out.number(number);
        return;
      }
      Long number = Numbers.integer(value, min, max, numericText);
      if (number == null && (value instanceof CharSequence || value instanceof TemporalAccessor)) {
        IsoMoment moment = moment(value.toString());
        if (moment == null) {
          throw to.mismatch(expected(), "text of another form", value);
        }
        number = count(moment);
        if (number == null) {
          throw to.mismatch(expected(), "a moment out of this range", value);
        }
      }
      if (number == null) {
        throw mismatch(value, to);
      }
      to.out.number(number);
    }

    @Override
    boolean isExact(Object value) {
      return Numbers.isIntegral(value);
    }

    private @Nullable IsoMoment moment(String text) {
      IsoMoment moment = IsoMoment.parse(text);
      return moment == null && view == View.TIME ? IsoMoment.parseTime(text) : moment;
    }

    private @Nullable Long count(IsoMoment moment) {
      long second =
          switch (view) {
            case INSTANT -> moment.utcSecond();
            case LOCAL -> moment.localSecond();
            case TIME -> moment.secondOfDay();
            case DATE -> moment.day();
          };
      int fraction = view == View.DATE ? 0 : moment.nano() / (1_000_000_000 / perSecond);
      // Towards zero first: the earliest nanosecond's second alone is beyond a long.
      long whole = second < 0 ? second + 1 : second;
      long rest = second < 0 ? fraction - (long) perSecond : fraction;
      if (Math.multiplyHigh(whole, perSecond) != (whole * perSecond) >> 63) {
        return null;
      }
      long base = whole * perSecond;
      long sum = base + rest;
      boolean wrapped = ((base ^ sum) & (rest ^ sum)) < 0;
      return wrapped || sum < min || sum > max ? null : sum;
    }
  }
}
