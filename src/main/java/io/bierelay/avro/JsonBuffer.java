package io.bierelay.avro;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing array of UTF-8 that JSON is written into; made once per lane or thread and used again
 * for each event.
 *
 * <p>Not safe for several threads. Nothing checks that what is appended is JSON as a whole; that is
 * its caller's part.
 */
public final class JsonBuffer {

  /** One large event must not keep its memory for ever. */
  private static final int KEPT = 256 << 10;

  /** The longest array there is, less the word that may be overwritten after the end. */
  private static final int UNLIMITED = Integer.MAX_VALUE - 16;

  private static final byte[] HEX = ascii0("0123456789abcdef");
  private static final byte[] BASE64 =
      ascii0("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  private static final byte[] MIN_LONG = ascii0(Long.toString(Long.MIN_VALUE));

  /** For each ASCII character: 0 stands for itself, 'u' for a number, others for their letter. */
  private static final byte[] ESCAPES = escapes();

  private byte[] bytes;
  private int size;
  private int limit = UNLIMITED;

  /** Empty, with room for a usual event. */
  public JsonBuffer() {
    this.bytes = new byte[4 << 10];
  }

  /** How many bytes it holds; a mark to {@link #truncate} to. */
  public int size() {
    return size;
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

  /** A copy of what it holds. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Appends bytes as they are. */
  public JsonBuffer raw(byte[] source) {
    return raw(source, 0, source.length);
  }

  /** Appends bytes as they are. */
  public JsonBuffer raw(byte[] source, int offset, int length) {
    ensure(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
    return this;
  }

  /** Appends what was prepared. */
  JsonBuffer constant(JsonConstant constant) {
    int length = constant.length();
    ensure(length);
    constant.copyTo(bytes, size);
    size += length;
    return this;
  }

  /** Appends text as it is, unquoted; each character must be ASCII. */
  public JsonBuffer ascii(String text) {
    int length = text.length();
    ensure(length);
    for (int i = 0; i < length; i++) {
      bytes[size + i] = (byte) text.charAt(i);
    }
    size += length;
    return this;
  }

  /** Appends one ASCII character. */
  public JsonBuffer ascii(char character) {
    ensure(1);
    bytes[size++] = (byte) character;
    return this;
  }

  /** Appends text as a JSON string; a lone surrogate becomes a question mark. */
  public JsonBuffer quoted(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    quotedUtf8(utf8, 0, utf8.length);
    return this;
  }

  /** Appends an integer. */
  public JsonBuffer number(long value) {
    if (value < 0) {
      if (value == Long.MIN_VALUE) {
        return raw(MIN_LONG);
      }
      ascii('-');
      return digits(-value);
    }
    return digits(value);
  }

  private JsonBuffer digits(long positive) {
    if (positive < Words.TEN_TO_8) {
      long digits = Words.digits((int) positive);
      int count = Words.significant(digits);
      ensure(count);
      Words.put(bytes, size, Words.ascii(digits, count));
      size += count;
      return this;
    }
    long front = positive / Words.TEN_TO_8;
    digits(front);
    ensure(8);
    Words.put(bytes, size, Words.ascii(Words.digits((int) (positive - front * Words.TEN_TO_8)), 8));
    size += 8;
    return this;
  }

  /** Appends the shortest number that is read back as this one; NaN and infinities as strings. */
  JsonBuffer number(double value) {
    // Before Java 19, Double.toString is not always the shortest.
    return Double.isFinite(value)
        ? ascii(NumberOutput.toString(value, true))
        : quoted(Double.toString(value));
  }

  /** Appends the shortest number that is read back as this one; NaN and infinities as strings. */
  JsonBuffer number(float value) {
    return Float.isFinite(value)
        ? ascii(NumberOutput.toString(value, true))
        : quoted(Float.toString(value));
  }

  /**
   * Appends UTF-8 as a JSON string.
   *
   * @return false if it is not valid UTF-8; what was appended until then stays
   */
  boolean quotedUtf8(byte[] source, int offset, int length) {
    ensureLong(length + 2L);
    bytes[size++] = '"';
    int end = offset + length;
    int lastWord = source.length - Long.BYTES;
    int i = offset;
    while (i < end) {
      if (i <= lastWord) {
        // Copied before it is known how much of it may stay: there is always room for a word.
        int count = Math.min(Long.BYTES, end - i);
        long word = Words.first(count, Words.at(source, i));
        Words.put(bytes, size, word);
        long special = Words.special(word);
        int plain = special == 0 ? count : Words.byteOf(special);
        i += plain;
        size += plain;
        if (special == 0) {
          continue;
        }
      }
      byte b = source[i];
      if (b < 0) {
        int sequence = Utf8.sequence(source, i, end);
        if (sequence == 0) {
          return false;
        }
        for (int last = i + sequence; i < last; i++) {
          bytes[size++] = source[i];
        }
      } else {
        i++;
        if (ESCAPES[b] == 0) {
          bytes[size++] = b;
        } else {
          escape(b);
          ensureLong(end - i + 1L);
        }
      }
    }
    bytes[size++] = '"';
    return true;
  }

  /** Appends bytes as a JSON string in base64 with padding (RFC 4648, section 4). */
  void quotedBase64(byte[] source, int offset, int length) {
    ensureLong((length + 2L) / 3 * 4 + 2);
    bytes[size++] = '"';
    int end = offset + length;
    int i = offset;
    for (; i + 3 <= end; i += 3) {
      int bits = (source[i] & 0xFF) << 16 | (source[i + 1] & 0xFF) << 8 | (source[i + 2] & 0xFF);
      bytes[size] = BASE64[bits >> 18];
      bytes[size + 1] = BASE64[(bits >> 12) & 0x3F];
      bytes[size + 2] = BASE64[(bits >> 6) & 0x3F];
      bytes[size + 3] = BASE64[bits & 0x3F];
      size += 4;
    }
    if (end - i == 2) {
      quartet((source[i] & 0xFF) << 16 | (source[i + 1] & 0xFF) << 8, 3);
    } else if (end - i == 1) {
      quartet((source[i] & 0xFF) << 16, 2);
    }
    bytes[size++] = '"';
  }

  /** Appends two hexadecimal digits per byte. */
  void hex(byte[] source, int offset, int length) {
    ensureLong(2L * length);
    for (int i = offset; i < offset + length; i++) {
      bytes[size++] = HEX[(source[i] >> 4) & 0xF];
      bytes[size++] = HEX[source[i] & 0xF];
    }
  }

  /** How many bytes may still be appended. */
  int room() {
    return limit - size;
  }

  /** Allows so many bytes more, until {@link #unlimited}. */
  void allow(int more) {
    limit = (int) Math.min(UNLIMITED, (long) size + more);
  }

  /** Lifts the limit. */
  void unlimited() {
    limit = UNLIMITED;
  }

  private void quartet(int bits, int significant) {
    for (int i = 0; i < 4; i++) {
      bytes[size++] = i < significant ? BASE64[(bits >> (18 - 6 * i)) & 0x3F] : (byte) '=';
    }
  }

  private void escape(byte b) {
    ascii('\\').ascii((char) ESCAPES[b]);
    if (ESCAPES[b] == 'u') {
      ascii("00").ascii((char) HEX[b >> 4]).ascii((char) HEX[b & 0xF]);
    }
  }

  /** Makes room for so many bytes, and a word after them that may be overwritten. */
  private void ensure(int more) {
    if (more > bytes.length - size - Long.BYTES || more > limit - size) {
      grow(more);
    }
  }

  private void ensureLong(long more) {
    if (more > bytes.length - size - Long.BYTES || more > limit - size) {
      grow(more);
    }
  }

  private void grow(long more) {
    if (more > limit - size) {
      throw new PoisonException(
          PoisonReason.TOO_LARGE, "the event's JSON would exceed avro.json.max.size");
    }
    long needed = size + more + Long.BYTES;
    if (needed > bytes.length) {
      long grown = Math.max(needed, Math.min(2L * bytes.length, limit));
      bytes = Arrays.copyOf(bytes, (int) grown);
    }
  }

  private static byte[] escapes() {
    byte[] escapes = new byte[128];
    Arrays.fill(escapes, 0, 0x20, (byte) 'u');
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
  }

  private static byte[] ascii0(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
