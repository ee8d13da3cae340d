package io.bierelay.avro;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Writers of decimals: as JSON strings, because a JSON number is a double for most readers and
 * would lose digits and scale.
 *
 * <p>Numbers are bounded, because printing a long one takes time that grows with the square of its
 * length: 10,000 digits before or after the point are more than any amount has, and harmless.
 */
final class DecimalWriters {

  private static final int MAX_SCALE = 10_000;
  private static final int MAX_BYTES = 4_096;

  private DecimalWriters() {}

  /** A decimal in bytes, with the schema's scale. */
  static ValueWriter inBytes(int scale) {
    return (in, out) -> {
      int length = in.length();
      decimal(in.data(), in.take(length), length, scale, out);
    };
  }

  /** A decimal in a fixed, with the schema's scale. */
  static ValueWriter inFixed(int size, int scale) {
    return (in, out) -> decimal(in.data(), in.take(size), size, scale, out);
  }

  /** A big-decimal: bytes that hold the unscaled value as bytes, then the scale as an int. */
  static final ValueWriter BIG =
      (in, out) -> {
        int length = in.length();
        int end = in.position() + length;
        int unscaledLength = in.length();
        int unscaled = in.take(unscaledLength);
        int scale = in.varint();
        if (in.position() != end) {
          throw new PoisonException(
              PoisonReason.INVALID_VALUE, "a big-decimal's parts don't fill its length");
        }
        decimal(in.data(), unscaled, unscaledLength, scale, out);
      };

  /** No bytes at all stand for zero: so some writers shorten it, and nothing else can be meant. */
  private static void decimal(byte[] data, int offset, int length, int scale, JsonBuffer out) {
    int from = offset;
    int left = length;
    // Fixed decimals are padded with the sign; what is only sign does not count.
    while (left > 1 && isSign(data[from], data[from + 1])) {
      from++;
      left--;
    }
    if (left > MAX_BYTES || scale > MAX_SCALE || scale < -MAX_SCALE) {
      throw new PoisonException(
          PoisonReason.TOO_LARGE,
          "a decimal has more than %d bytes or a scale beyond %d".formatted(MAX_BYTES, MAX_SCALE));
    }
    BigInteger value = left == 0 ? BigInteger.ZERO : new BigInteger(data, from, left);
    out.ascii('"').ascii(new BigDecimal(value, scale).toPlainString()).ascii('"');
  }

  /** A decimal that exists already; the same bounds. */
  static void write(BigDecimal value, JsonBuffer out) {
    byte[] unscaled = value.unscaledValue().toByteArray();
    decimal(unscaled, 0, unscaled.length, value.scale(), out);
  }

  private static boolean isSign(byte first, byte second) {
    return (first == 0 && second >= 0) || (first == -1 && second < 0);
  }
}
