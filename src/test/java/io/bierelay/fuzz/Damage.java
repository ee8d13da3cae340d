package io.bierelay.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes noise, and damages what was well formed. */
final class Damage {

  /** What parsers of text and of numbers fall over; in Latin-1. */
  private static final List<String> WORDS =
      List.of(
          "\0",
          "\377\377\377\377\177",
          "\r\n\r\n",
          "\300\200",
          "\355\240\200",
          "-1",
          "99999999999999999999",
          "%00%2e%2e%2f",
          "../../",
          "[{\"",
          "NaN",
          "1e999");

  private Damage() {}

  /** Any bytes, mostly few. */
  static byte[] noise(Random random, int most) {
    int bits = 1 + random.nextInt(32 - Integer.numberOfLeadingZeros(Math.max(1, most)));
    byte[] bytes = new byte[Math.min(most, random.nextInt(1 << Math.min(bits, 30)))];
    random.nextBytes(bytes);
    return bytes;
  }

  /** The same with one to eight things wrong. */
  static byte[] of(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      bytes = once(bytes, random);
    }
    return bytes;
  }

  private static byte[] once(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return noise(random, 16);
    }
    int at = random.nextInt(bytes.length);
    int length = Math.min(bytes.length - at, 1 + random.nextInt(16));
    switch (random.nextInt(6)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 3 -> {
        return insert(bytes, at, Arrays.copyOfRange(bytes, at, at + length));
      }
      case 4 -> {
        return insert(
            bytes,
            at,
            WORDS.get(random.nextInt(WORDS.size())).getBytes(StandardCharsets.ISO_8859_1));
      }
      default -> {
        byte[] rest = Arrays.copyOf(bytes, bytes.length - length);
        System.arraycopy(bytes, at + length, rest, at, bytes.length - at - length);
        return rest;
      }
    }
    return bytes;
  }

  private static byte[] insert(byte[] bytes, int at, byte[] what) {
    byte[] more = new byte[bytes.length + what.length];
    System.arraycopy(bytes, 0, more, 0, at);
    System.arraycopy(what, 0, more, at, what.length);
    System.arraycopy(bytes, at, more, at + what.length, bytes.length - at);
    return more;
  }
}
