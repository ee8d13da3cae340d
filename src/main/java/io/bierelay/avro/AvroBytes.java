package io.bierelay.avro;

/**
 * A cursor over Avro binary that believes nothing: every length is compared with what is left
 * before it is used.
 *
 * <p>Lives for one value.
 */
final class AvroBytes {

  /**
   * An item of an array may have no bytes: null, or a record of nothing else. Nobody sends many,
   * but ten hostile bytes could state millions, and make megabytes of JSON out of them.
   */
  static final int MAX_EMPTY = 65_536;

  private final byte[] data;
  private final int end;
  private final int maxDepth;
  private int position;
  private int depth;
  private int empty;

  AvroBytes(byte[] data, int offset, int length, int maxDepth) {
    this.data = data;
    this.position = offset;
    this.end = offset + length;
    this.maxDepth = maxDepth;
  }

  /** The array below; what {@link #take} returns is an index into it. */
  byte[] data() {
    return data;
  }

  int position() {
    return position;
  }

  int left() {
    return end - position;
  }

  byte next() {
    if (position == end) {
      throw truncated();
    }
    return data[position++];
  }

  /** Passes so many bytes and returns where they begin. */
  int take(int length) {
    if (length > end - position) {
      throw truncated();
    }
    int start = position;
    position += length;
    return start;
  }

  /** The length of bytes or a string that are really there. */
  int length() {
    if (position < end) {
      // One byte that goes on nowhere and is not negative: nearly all of them.
      int first = data[position];
      if ((first & 0x81) == 0 && first >> 1 < end - position) {
        position++;
        return first >> 1;
      }
    }
    long length = varlong();
    if (length < 0) {
      throw new PoisonException(PoisonReason.INVALID_VALUE, "a length is negative");
    }
    if (length > left()) {
      throw truncated();
    }
    return (int) length;
  }

  /** An int in zigzag form of at most 5 bytes. */
  int varint() {
    if (position < end && data[position] >= 0) {
      int one = data[position++];
      return (one >>> 1) ^ -(one & 1);
    }
    int raw = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte b = next();
      if (shift == 28 && (b & 0xF0) != 0) {
        throw new PoisonException(PoisonReason.INVALID_VALUE, "an int has more than 32 bits");
      }
      raw |= (b & 0x7F) << shift;
      if (b >= 0) {
        break;
      }
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Which of so many branches of a union follows. */
  int index(int branches) {
    int index = varint();
    if (index < 0 || index >= branches) {
      throw new PoisonException(
          PoisonReason.INVALID_VALUE, "a union's index is outside its branches");
    }
    return index;
  }

  /** A long in zigzag form of at most 10 bytes. */
  long varlong() {
    if (end - position >= Long.BYTES) {
      long word = Words.at(data, position);
      long mark = Words.varintEnd(word);
      if (mark != 0) {
        position += Words.byteOf(mark) + 1;
        long raw = Words.varint(word, mark);
        return (raw >>> 1) ^ -(raw & 1);
      }
    }
    return varlongByByte();
  }

  private long varlongByByte() {
    long raw = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte b = next();
      if (shift == 63 && (b & 0xFE) != 0) {
        throw new PoisonException(PoisonReason.INVALID_VALUE, "a long has more than 64 bits");
      }
      raw |= (b & 0x7FL) << shift;
      if (b >= 0) {
        break;
      }
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Four bytes, the least significant first. */
  int fixedInt() {
    return intAt(take(4));
  }

  /** Eight bytes, the least significant first. */
  long fixedLong() {
    int at = take(8);
    return (intAt(at) & 0xFFFF_FFFFL) | (long) intAt(at + 4) << 32;
  }

  private int intAt(int at) {
    return (data[at] & 0xFF)
        | (data[at + 1] & 0xFF) << 8
        | (data[at + 2] & 0xFF) << 16
        | (data[at + 3] & 0xFF) << 24;
  }

  /** Goes into a record, array or map. */
  void enter() {
    if (++depth > maxDepth) {
      throw new PoisonException(
          PoisonReason.TOO_DEEP,
          "records, arrays and maps are nested deeper than avro.max.depth, " + maxDepth);
    }
  }

  /** Comes out of it again. */
  void leave() {
    depth--;
  }

  /** Counts an item that had no bytes. */
  void empty() {
    mayBeEmpty(1);
    empty++;
  }

  /** Refuses so many more items without bytes if they were too many. */
  void mayBeEmpty(long more) {
    if (more > MAX_EMPTY - empty) {
      throw new PoisonException(
          PoisonReason.TOO_LARGE,
          "an array has more than %d items that take no bytes".formatted(MAX_EMPTY));
    }
  }

  static PoisonException truncated() {
    return new PoisonException(
        PoisonReason.TRUNCATED, "the value ends before its schema does, or states a false length");
  }
}
