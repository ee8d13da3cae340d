package io.bierelay.persist;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes the copy of an event that is stored. Text goes from the parser's buffer to the copy
 * without becoming a string, unless something in it has to be masked or escaped.
 *
 * <p>One per reader, used again for each event. Used by one thread.
 */
final class JsonCopy {

  /** What is kept for the next event; a rare huge one's buffer is given back. */
  private static final int MAX_KEPT = 64 << 10;

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private static final int FIRST = 1024;

  private final TextMask mask;
  private byte[] out = new byte[FIRST];
  private int size;

  JsonCopy(TextMask mask) {
    this.mask = mask;
  }

  /** A name or text as it stands in JSON, with its quotes. */
  static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  void begin() {
    if (out.length > MAX_KEPT) {
      out = new byte[FIRST];
    }
    out[0] = '{';
    size = 1;
  }

  /** The whole copy, in UTF-8. */
  Buffer end() {
    room(1);
    out[size++] = '}';
    return Buffer.buffer(size).appendBytes(out, 0, size);
  }

  /**
   * Begins a field.
   *
   * @param quotedName as {@link #quoted} makes it, in UTF-8
   */
  void name(byte[] quotedName) {
    room(quotedName.length + 2);
    if (size > 1) {
      out[size++] = ',';
    }
    System.arraycopy(quotedName, 0, out, size, quotedName.length);
    size += quotedName.length;
    out[size++] = ':';
  }

  /** JSON that is complete in itself: a literal, a nested value. */
  void raw(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    room(bytes.length);
    System.arraycopy(bytes, 0, out, size, bytes.length);
    size += bytes.length;
  }

  /** A number as it was written. */
  void number(char[] digits, int from, int length) {
    room(length);
    ascii(digits, from, length);
  }

  /** A text, masked. */
  void text(char[] chars, int from, int length) {
    int digits = 0;
    boolean at = false;
    boolean plain = true;
    for (int i = from; i < from + length; i++) {
      char c = chars[i];
      digits += c >= '0' && c <= '9' ? 1 : 0;
      at |= c == '@';
      plain &= c >= ' ' && c < 0x7F && c != '"' && c != '\\';
    }
    if (mask.isSuspect(digits, at)) {
      raw(escaped(mask.apply(new String(chars, from, length))));
    } else if (plain) {
      room(length + 2);
      out[size++] = '"';
      ascii(chars, from, length);
      out[size++] = '"';
    } else {
      raw(escaped(new String(chars, from, length)));
    }
  }

  private void ascii(char[] chars, int from, int length) {
    for (int i = 0; i < length; i++) {
      out[size + i] = (byte) chars[from + i];
    }
    size += length;
  }

  private void room(int more) {
    if (size + more > out.length) {
      out = Arrays.copyOf(out, Math.max(size + more, out.length * 2));
    }
  }

  /**
   * Half a surrogate pair has no bytes in UTF-8, and the client would send a question mark for it.
   * Escaped, PostgreSQL refuses it, and it is a dead letter rather than another text.
   */
  private static String escaped(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || isLone(text, i)) {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          out.append(HEX[(c >> shift) & 0xF]);
        }
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  private static boolean isLone(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
