package io.bierelay.avro;

import com.fasterxml.jackson.core.io.NumberOutput;
import io.bierelay.avro.ValueEncoder.Leaf;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** Encoders of null, booleans, floating point numbers, text and symbols. */
final class ScalarEncoders {

  static final ValueEncoder NULL = new Null();
  static final ValueEncoder BOOLEAN = new Bool();
  static final ValueEncoder FLOAT = new Floating(true);
  static final ValueEncoder DOUBLE = new Floating(false);
  static final ValueEncoder STRING = new Text();

  private ScalarEncoders() {}

  private static final class Null extends Leaf {
    Null() {
      super("null");
    }

    @Override
    public boolean nullable() {
      return true;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      if (value != null) {
        throw mismatch(value, to);
      }
    }

    @Override
    boolean isExact(Object value) {
      return false;
    }
  }

  private static final class Bool extends Leaf {
    Bool() {
      super("a boolean (or the text true or false)");
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      if (value instanceof Boolean flag) {
        to.out.raw(flag ? 1 : 0);
      } else if ("true".equals(value) || "false".equals(value)) {
        to.out.raw("true".equals(value) ? 1 : 0);
      } else {
        throw mismatch(value, to);
      }
    }

    @Override
    boolean isExact(Object value) {
      return value instanceof Boolean;
    }
  }

  /**
   * What is written with a fraction or exponent is rounded to the nearest, as reading any decimal
   * as a binary number does; an integer is an identifier or a count more often than not, and must
   * be met exactly.
   */
  private static final class Floating extends Leaf {

    private final boolean single;

    Floating(boolean single) {
      super(
          single
              ? "a float: a number within its range, an integer exactly, or the text NaN, Infinity"
                  + " or -Infinity"
              : "a double: a number within its range, an integer exactly, or the text NaN, Infinity"
                  + " or -Infinity");
      this.single = single;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      double number;
      if (value instanceof Double || value instanceof Float) {
        number = ((Number) value).doubleValue();
        if (Double.isFinite(number) && tooCoarse(number)) {
          throw mismatch(value, to);
        }
      } else if (value instanceof String text && isOdd(text)) {
        number = Double.parseDouble(text);
      } else {
        BigDecimal exact = Numbers.exact(value);
        if (exact == null) {
          throw mismatch(value, to);
        }
        number = single ? exact.floatValue() : exact.doubleValue();
        if (lost(exact, number)) {
          throw mismatch(value, to);
        }
      }
      if (single) {
        to.out.fixedInt(Float.floatToIntBits((float) number));
      } else {
        to.out.fixedLong(Double.doubleToLongBits(number));
      }
    }

    /** Whether a double becomes infinite or zero as a float. */
    private boolean tooCoarse(double number) {
      if (!single) {
        return false;
      }
      float narrow = (float) number;
      return Float.isInfinite(narrow) || (narrow == 0 && number != 0);
    }

    private static boolean lost(BigDecimal exact, double number) {
      if (!Double.isFinite(number) || (number == 0 && exact.signum() != 0)) {
        return true;
      }
      return exact.scale() == 0 && new BigDecimal(number).compareTo(exact) != 0;
    }

    @Override
    boolean isExact(Object value) {
      return fitOf(value) == Fit.EXACT;
    }

    /** Parsed JSON has doubles only, so a float's 0.1 comes back as a double that shows alike. */
    @Override
    Fit fitOf(Object value) {
      if (value instanceof String text) {
        return isOdd(text) ? Fit.EXACT : Fit.CONVERTIBLE;
      }
      if (!(value instanceof Double || value instanceof Float)) {
        return Fit.CONVERTIBLE;
      }
      double number = ((Number) value).doubleValue();
      float narrow = (float) number;
      if (!single) {
        return Fit.EXACT;
      }
      if (!NumberOutput.toString(narrow, true).equals(NumberOutput.toString(number, true))) {
        return Fit.CONVERTIBLE;
      }
      return Double.compare(narrow, number) == 0 ? Fit.EXACT : Fit.ALIKE;
    }

    private static boolean isOdd(String text) {
      return text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
    }
  }

  private static final class Text extends Leaf {
    Text() {
      super("text without lone surrogates, or another scalar");
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      String text = value instanceof String string ? string : Numbers.text(value);
      if (text == null || !to.out.string(text)) {
        throw mismatch(value, to);
      }
    }

    @Override
    boolean isExact(Object value) {
      return value instanceof CharSequence;
    }
  }

  /** A symbol; what is none becomes the enum's default, if it has one. */
  static final class Symbols extends Leaf {

    private final Map<String, Integer> indices = new HashMap<>();
    private final @Nullable Integer fallback;

    Symbols(Schema schema) {
      super("a symbol of the enum %s %s".formatted(schema.getName(), schema.getEnumSymbols()));
      List<String> symbols = schema.getEnumSymbols();
      for (int i = 0; i < symbols.size(); i++) {
        indices.put(symbols.get(i), i);
      }
      String symbol = schema.getEnumDefault();
      this.fallback = symbol == null ? null : indices.get(symbol);
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      String symbol =
          value instanceof CharSequence || value instanceof Enum ? Numbers.text(value) : null;
      if (symbol == null) {
        throw mismatch(value, to);
      }
      Integer index = indices.getOrDefault(symbol, fallback);
      if (index == null) {
        throw to.mismatch(expected(), "text that is none", value);
      }
      to.out.number(index);
    }

    @Override
    boolean isExact(Object value) {
      return indices.containsKey(value.toString());
    }
  }
}
