package io.bierelay.avro;

/** Which bytes are a character in UTF-8. */
final class Utf8 {

  private Utf8() {}

  /**
   * The length of the sequence that begins here, as table 3-7 of the Unicode standard allows it, or
   * 0: overlong forms and surrogates are refused, for a reader downstream would refuse them too.
   */
  static int sequence(byte[] source, int at, int end) {
    int first = source[at] & 0xFF;
    int left = end - at;
    if (first >= 0xC2 && first <= 0xDF) {
      return left > 1 && follows(source[at + 1]) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
      if (left < 3 || !follows(source[at + 1]) || !follows(source[at + 2])) {
        return 0;
      }
      int second = source[at + 1] & 0xFF;
      return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
      if (left < 4
          || !follows(source[at + 1])
          || !follows(source[at + 2])
          || !follows(source[at + 3])) {
        return 0;
      }
      int second = source[at + 1] & 0xFF;
      return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
    }
    return 0;
  }

  private static boolean follows(byte b) {
    return (b & 0xC0) == 0x80;
  }
}
