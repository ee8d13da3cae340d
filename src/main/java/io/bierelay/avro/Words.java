package io.bierelay.avro;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Eight bytes at a time, as a long whose lowest byte is the first: most of what the decoder does is
 * to look at short runs of bytes, and one by one is what takes its time.
 */
final class Words {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
  private static final long SPACES = 0x20 * ONES;
  private static final long QUOTES = '"' * ONES;
  private static final long BACKSLASHES = '\\' * ONES;
  private static final long ZEROS = '0' * ONES;

  /** More than the greatest number that {@link #digits} takes. */
  static final long TEN_TO_8 = 100_000_000;

  private Words() {}

  /**
   * @throws IndexOutOfBoundsException if not all eight bytes are inside
   */
  static long at(byte[] bytes, int index) {
    return (long) LONGS.get(bytes, index);
  }

  /**
   * @throws IndexOutOfBoundsException if not all eight bytes are inside
   */
  static void put(byte[] bytes, int index, long word) {
    LONGS.set(bytes, index, word);
  }

  /** The first {@code count} bytes of a word, 1 to 8, and spaces after them. */
  static long first(int count, long word) {
    long kept = -1L >>> (64 - 8 * count);
    return (word & kept) | (SPACES & ~kept);
  }

  /**
   * 0 if all bytes are ASCII that stands for itself in a JSON string; otherwise its lowest bit that
   * is set is in the first byte that is not.
   */
  static long special(long word) {
    // A borrow may mark bytes after a true mark, never before one.
    long quotes = word ^ QUOTES;
    long backslashes = word ^ BACKSLASHES;
    return (((word - SPACES) & ~word)
            | ((quotes - ONES) & ~quotes)
            | ((backslashes - ONES) & ~backslashes)
            | word)
        & HIGH_BITS;
  }

  /** In which byte, 0 to 7, a mark of {@link #special} or {@link #varintEnd} stands. */
  static int byteOf(long mark) {
    return Long.numberOfTrailingZeros(mark) >> 3;
  }

  /** The high bits of the bytes that may be a varint's last; 0 if the varint goes on beyond. */
  static long varintEnd(long word) {
    return ~word & HIGH_BITS;
  }

  /** What a varint of up to eight bytes stands for, before zigzag; its mark is not 0. */
  static long varint(long word, long end) {
    long bits = word & (end ^ (end - 1)) & ~HIGH_BITS;
    bits = (bits & 0x007F_007F_007F_007FL) | ((bits & 0x7F00_7F00_7F00_7F00L) >>> 1);
    bits = (bits & 0x0000_3FFF_0000_3FFFL) | ((bits & 0x3FFF_0000_3FFF_0000L) >>> 2);
    return (bits & 0x0FFF_FFFFL) | ((bits & 0x0FFF_FFFF_0000_0000L) >>> 4);
  }

  /** The eight decimal digits, as 0 to 9, of 0 to 99,999,999; the first has most weight. */
  static long digits(int value) {
    // Lanes of four digits, of two, of one: multiplied by 1/100 and 1/10 in fixed point.
    int thousands = value / 10_000;
    long fours = thousands | (long) (value - 10_000 * thousands) << 32;
    long hundreds = ((fours * 10_486) >>> 20) & 0x0000_007F_0000_007FL;
    long twos = hundreds | (fours - 100 * hundreds) << 16;
    long tens = ((twos * 103) >>> 10) & 0x000F_000F_000F_000FL;
    return tens | (twos - 10 * tens) << 8;
  }

  /** How many digits of {@link #digits} count, 1 to 8: all but leading zeros. */
  static int significant(long digits) {
    return 8 - (Long.numberOfTrailingZeros(digits | 1L << 56) >> 3);
  }

  /** The last {@code count} digits, 1 to 8, as ASCII, moved to the front. */
  static long ascii(long digits, int count) {
    return (digits | ZEROS) >>> (64 - 8 * count);
  }
}
