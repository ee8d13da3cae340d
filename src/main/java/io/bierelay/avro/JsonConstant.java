package io.bierelay.avro;

import java.util.Arrays;

/** A piece of JSON that is the same each time, kept in words so that it is copied in few steps. */
final class JsonConstant {

  private final long[] words;
  private final int length;

  private JsonConstant(long[] words, int length) {
    this.words = words;
    this.length = length;
  }

  /** All that the buffer holds. */
  static JsonConstant of(JsonBuffer json) {
    int length = json.size();
    byte[] padded = Arrays.copyOf(json.toByteArray(), length + Long.BYTES);
    long[] words = new long[(length + Long.BYTES - 1) / Long.BYTES];
    for (int i = 0; i < words.length; i++) {
      words[i] = Words.at(padded, i * Long.BYTES);
    }
    return new JsonConstant(words, length);
  }

  /** Text that is ASCII and JSON already. */
  static JsonConstant ascii(String text) {
    return of(new JsonBuffer().ascii(text));
  }

  int length() {
    return length;
  }

  /** Overwrites up to seven bytes after its end too. */
  void copyTo(byte[] bytes, int index) {
    int at = index;
    for (long word : words) {
      Words.put(bytes, at, word);
      at += Long.BYTES;
    }
  }
}
