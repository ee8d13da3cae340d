package io.bierelay.avro;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growable array that Avro binary is written into; may be made once per thread and used again.
 *
 * <p>Not safe for several threads.
 */
public final class AvroBuffer {

  /** One large record must not keep its memory for ever. */
  private static final int KEPT = 256 << 10;

  private static final int MAX = 1 << 30;

  private byte[] bytes = new byte[1 << 10];
  private int size;

  /** How many bytes it holds; a mark to {@link #truncate} to. */
  public int size() {
    return size;
  }

  /** A copy of what it holds. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Empties it. */
  public void reset() {
    size = 0;
    if (bytes.length > KEPT) {
      bytes = new byte[KEPT];
    }
  }

  /**
   * Forgets what was appended since {@link #size} returned {@code mark}.
   *
   * @throws IllegalArgumentException if it does not hold so much
   */
  public void truncate(int mark) {
    if (mark < 0 || mark > size) {
      throw new IllegalArgumentException("mark " + mark + " is not within 0 to " + size);
    }
    size = mark;
  }

  /** Appends bytes as they are. */
  void raw(byte[] source) {
    ensure(source.length);
    System.arraycopy(source, 0, bytes, size, source.length);
    size += source.length;
  }

  void raw(int b) {
    ensure(1);
    bytes[size++] = (byte) b;
  }

  /** Avro's int and long are the same on the wire: zigzag, 7 bits a byte. */
  void number(long value) {
    ensure(10);
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Four bytes, the least significant first. */
  void fixedInt(int value) {
    ensure(4);
    for (int i = 0; i < 4; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
  }

  /** Eight bytes, the least significant first. */
  void fixedLong(long value) {
    fixedInt((int) value);
    fixedInt((int) (value >>> 32));
  }

  /** Four bytes, the most significant first. */
  void bigEndianInt(int value) {
    fixedInt(Integer.reverseBytes(value));
  }

  /** Length and bytes. */
  void bytes(byte[] source) {
    number(source.length);
    raw(source);
  }

  /**
   * Length and UTF-8.
   *
   * @return false if it has a lone surrogate, which has no UTF-8; then nothing was appended
   */
  boolean string(String text) {
    int length = text.length();
    int mark = size;
    // Nearly all texts are ASCII, and those need neither a copy nor a second pass.
    number(length);
    ensure(length);
    int all = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      all |= c;
      bytes[size + i] = (byte) c;
    }
    if (all < 0x80) {
      size += length;
      return true;
    }
    size = mark;
    if (all >= 0xD800 && hasLoneSurrogate(text)) {
      return false;
    }
    bytes(text.getBytes(StandardCharsets.UTF_8));
    return true;
  }

  private static boolean hasLoneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || ++i == text.length()
            || !Character.isLowSurrogate(text.charAt(i))) {
          return true;
        }
      }
    }
    return false;
  }

  private void ensure(int more) {
    if (more > bytes.length - size) {
      long needed = (long) size + more;
      if (needed > MAX) {
        throw new IllegalStateException("a record would become larger than 1 GiB of Avro");
      }
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(2L * bytes.length, MAX)));
    }
  }
}
