package io.bierelay.persist;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

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

  private final TextMask mask;
  private StringBuilder out = new StringBuilder(1024);

  JsonCopy(TextMask mask) {
    this.mask = mask;
  }

  /** A name or text as it stands in JSON, with its quotes. */
  static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  void begin() {
    if (out.capacity() > MAX_KEPT) {
      out = new StringBuilder(1024);
    }
    out.setLength(0);
    out.append('{');
  }

  String end() {
    return out.append('}').toString();
  }

  void name(String quotedName) {
    if (out.length() > 1) {
      out.append(',');
    }
    out.append(quotedName).append(':');
  }

  /** JSON that is complete in itself: a number as it was written, a nested value. */
  void raw(String json) {
    out.append(json);
  }

  void raw(char[] json, int from, int length) {
    out.append(json, from, length);
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
      plain &= c >= ' ' && c != '"' && c != '\\' && !Character.isSurrogate(c);
    }
    if (mask.isSuspect(digits, at)) {
      escaped(mask.apply(new String(chars, from, length)));
    } else if (plain) {
      out.append('"').append(chars, from, length).append('"');
    } else {
      escaped(new String(chars, from, length));
    }
  }

  /**
   * Half a surrogate pair has no bytes in UTF-8, and the client would send a question mark for it.
   * Escaped, PostgreSQL refuses it, and it is a dead letter rather than another text.
   */
  private void escaped(String text) {
    out.append('"');
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
    out.append('"');
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
