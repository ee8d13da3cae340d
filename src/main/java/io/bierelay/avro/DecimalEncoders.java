package io.bierelay.avro;

import io.bierelay.avro.ValueEncoder.Leaf;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Encoders of decimals, from numbers or from text, so that no digit is lost. */
final class DecimalEncoders {

  static final ValueEncoder BIG = new Big();

  private DecimalEncoders() {}

  /** A decimal with the schema's precision and scale. */
  static final class Scaled extends Leaf {

    private final int precision;
    private final int scale;
    private final int size;

    /**
     * @param size of the fixed that it is in; -1 for bytes
     */
    Scaled(int precision, int scale, int size) {
      super(
          "a decimal, as number or text, of at most %d digits, of which %d after the point"
              .formatted(precision, scale));
      this.precision = precision;
      this.scale = scale;
      this.size = size;
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      BigDecimal number = Numbers.exact(value);
      if (number == null) {
        throw mismatch(value, to);
      }
      byte[] bytes = unscaled(number, value, to).toByteArray();
      if (size < 0) {
        to.out.bytes(bytes);
        return;
      }
      if (bytes.length > size) {
        throw mismatch(value, to);
      }
      byte[] fixed = new byte[size];
      Arrays.fill(fixed, 0, size - bytes.length, (byte) (bytes[0] >> 7));
      System.arraycopy(bytes, 0, fixed, size - bytes.length, bytes.length);
      to.out.raw(fixed);
    }

    private BigInteger unscaled(BigDecimal number, @Nullable Object value, Encoding to) {
      if (number.signum() == 0) {
        return BigInteger.ZERO;
      }
      // First, because to rescale a number of huge exponent would take its digits in memory.
      if (number.precision() - (long) number.scale() > precision - scale) {
        throw mismatch(value, to);
      }
      try {
        return number.setScale(scale).unscaledValue();
      } catch (ArithmeticException e) {
        throw to.mismatch(expected(), "one with more digits after the point", value);
      }
    }

    @Override
    boolean isExact(Object value) {
      BigDecimal number = value instanceof CharSequence ? Numbers.exact(value) : null;
      return number != null
          && number.scale() == scale
          && number.toPlainString().contentEquals((CharSequence) value);
    }
  }

  /** A decimal with a scale of its own: bytes that hold the unscaled value's bytes, and it. */
  private static final class Big extends Leaf {

    private static final int MAX_BYTES = 4_096;

    Big() {
      super(
          "a big-decimal, as number or text, of at most 4,096 bytes unscaled and 10,000 digits"
              + " after the point");
    }

    @Override
    public void encode(@Nullable Object value, Encoding to) {
      BigDecimal number = Numbers.exact(value);
      byte[] unscaled = number == null ? new byte[0] : number.unscaledValue().toByteArray();
      if (number == null || unscaled.length > MAX_BYTES) {
        throw mismatch(value, to);
      }
      AvroBuffer inner = new AvroBuffer();
      inner.bytes(unscaled);
      inner.number(number.scale());
      to.out.bytes(inner.toByteArray());
    }

    @Override
    boolean isExact(Object value) {
      BigDecimal number = value instanceof CharSequence ? Numbers.exact(value) : null;
      return number != null && number.toPlainString().contentEquals((CharSequence) value);
    }
  }
}
