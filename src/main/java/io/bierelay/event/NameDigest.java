package io.bierelay.event;

/**
 * SHA-1 (FIPS 180-4, section 6.1) of many names that begin alike: what a beginning makes of the
 * state is computed once, and each name costs only the blocks that its end is in.
 *
 * <p>Java's own digest has no way to begin in the middle but a clone of 500 bytes per name, and
 * with it the ids were a seventh of the relay's time where there is no C2 compiler, as in its image
 * (docs/decisions/0020-own-sha-1-for-ids.md). An id is no secret and proves nothing; only that
 * equal names have equal digests, as RFC 9562 defines them, matters here. For one thread.
 */
final class NameDigest {

  /** Most bytes of an end. */
  static final int MOST = 64;

  private static final int BLOCK = 64;

  /** The length in bits, at the end of the last block. */
  private static final int LENGTH = 8;

  private static final int ROUNDS = 80;

  private final int[] schedule = new int[ROUNDS];

  /** What follows the beginning's whole blocks: its rest, an end, and the padding. */
  private final byte[] last = new byte[3 * BLOCK];

  private final int[] begun = new int[5];
  private final int[] state = new int[5];
  private int rest;
  private long begunBytes;

  /** Sets how all names begin from now on. */
  void begin(byte[] beginning) {
    initial(begun);
    int at = 0;
    for (; beginning.length - at >= BLOCK; at += BLOCK) {
      absorb(begun, beginning, at);
    }
    rest = beginning.length - at;
    begunBytes = beginning.length;
    System.arraycopy(beginning, at, last, 0, rest);
  }

  /**
   * Digests the beginning and this end.
   *
   * @param end at most {@link #MOST} bytes of it count
   * @param from the first
   * @param to behind the last
   */
  void digest(byte[] end, int from, int to) {
    int length = to - from;
    System.arraycopy(end, from, last, rest, length);
    int at = rest + length;
    last[at++] = (byte) 0x80;
    int padded = (at + LENGTH + BLOCK - 1) / BLOCK * BLOCK;
    while (at < padded - LENGTH) {
      last[at++] = 0;
    }
    long bits = (begunBytes + length) * Byte.SIZE;
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      last[at++] = (byte) (bits >>> shift);
    }
    System.arraycopy(begun, 0, state, 0, begun.length);
    for (int block = 0; block < padded; block += BLOCK) {
      absorb(state, last, block);
    }
  }

  /** The first 64 bits of the last digest. */
  long high() {
    return ((long) state[0] << Integer.SIZE) | (state[1] & 0xFFFF_FFFFL);
  }

  /** The second 64 bits of the last digest. */
  long low() {
    return ((long) state[2] << Integer.SIZE) | (state[3] & 0xFFFF_FFFFL);
  }

  private static void initial(int[] state) {
    state[0] = 0x67452301;
    state[1] = 0xEFCDAB89;
    state[2] = 0x98BADCFE;
    state[3] = 0x10325476;
    state[4] = 0xC3D2E1F0;
  }

  /** Five rounds at a time: then the five words change roles, and none has to be moved. */
  private void absorb(int[] into, byte[] bytes, int from) {
    int[] w = schedule;
    schedule(w, bytes, from);
    int a = into[0];
    int b = into[1];
    int c = into[2];
    int d = into[3];
    int e = into[4];
    int i = 0;
    for (; i < 20; i += 5) {
      e += ((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + w[i] + 0x5A827999;
      b = (b << 30) | (b >>> 2);
      d += ((e << 5) | (e >>> 27)) + (c ^ (a & (b ^ c))) + w[i + 1] + 0x5A827999;
      a = (a << 30) | (a >>> 2);
      c += ((d << 5) | (d >>> 27)) + (b ^ (e & (a ^ b))) + w[i + 2] + 0x5A827999;
      e = (e << 30) | (e >>> 2);
      b += ((c << 5) | (c >>> 27)) + (a ^ (d & (e ^ a))) + w[i + 3] + 0x5A827999;
      d = (d << 30) | (d >>> 2);
      a += ((b << 5) | (b >>> 27)) + (e ^ (c & (d ^ e))) + w[i + 4] + 0x5A827999;
      c = (c << 30) | (c >>> 2);
    }
    for (; i < 40; i += 5) {
      e += ((a << 5) | (a >>> 27)) + (b ^ c ^ d) + w[i] + 0x6ED9EBA1;
      b = (b << 30) | (b >>> 2);
      d += ((e << 5) | (e >>> 27)) + (a ^ b ^ c) + w[i + 1] + 0x6ED9EBA1;
      a = (a << 30) | (a >>> 2);
      c += ((d << 5) | (d >>> 27)) + (e ^ a ^ b) + w[i + 2] + 0x6ED9EBA1;
      e = (e << 30) | (e >>> 2);
      b += ((c << 5) | (c >>> 27)) + (d ^ e ^ a) + w[i + 3] + 0x6ED9EBA1;
      d = (d << 30) | (d >>> 2);
      a += ((b << 5) | (b >>> 27)) + (c ^ d ^ e) + w[i + 4] + 0x6ED9EBA1;
      c = (c << 30) | (c >>> 2);
    }
    for (; i < 60; i += 5) {
      e += ((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + w[i] + 0x8F1BBCDC;
      b = (b << 30) | (b >>> 2);
      d += ((e << 5) | (e >>> 27)) + ((a & b) | (c & (a | b))) + w[i + 1] + 0x8F1BBCDC;
      a = (a << 30) | (a >>> 2);
      c += ((d << 5) | (d >>> 27)) + ((e & a) | (b & (e | a))) + w[i + 2] + 0x8F1BBCDC;
      e = (e << 30) | (e >>> 2);
      b += ((c << 5) | (c >>> 27)) + ((d & e) | (a & (d | e))) + w[i + 3] + 0x8F1BBCDC;
      d = (d << 30) | (d >>> 2);
      a += ((b << 5) | (b >>> 27)) + ((c & d) | (e & (c | d))) + w[i + 4] + 0x8F1BBCDC;
      c = (c << 30) | (c >>> 2);
    }
    for (; i < ROUNDS; i += 5) {
      e += ((a << 5) | (a >>> 27)) + (b ^ c ^ d) + w[i] + 0xCA62C1D6;
      b = (b << 30) | (b >>> 2);
      d += ((e << 5) | (e >>> 27)) + (a ^ b ^ c) + w[i + 1] + 0xCA62C1D6;
      a = (a << 30) | (a >>> 2);
      c += ((d << 5) | (d >>> 27)) + (e ^ a ^ b) + w[i + 2] + 0xCA62C1D6;
      e = (e << 30) | (e >>> 2);
      b += ((c << 5) | (c >>> 27)) + (d ^ e ^ a) + w[i + 3] + 0xCA62C1D6;
      d = (d << 30) | (d >>> 2);
      a += ((b << 5) | (b >>> 27)) + (c ^ d ^ e) + w[i + 4] + 0xCA62C1D6;
      c = (c << 30) | (c >>> 2);
    }
    into[0] += a;
    into[1] += b;
    into[2] += c;
    into[3] += d;
    into[4] += e;
  }

  private static void schedule(int[] w, byte[] bytes, int from) {
    int at = from;
    for (int i = 0; i < 16; i++) {
      w[i] =
          (bytes[at] << 24)
              | ((bytes[at + 1] & 0xFF) << 16)
              | ((bytes[at + 2] & 0xFF) << 8)
              | (bytes[at + 3] & 0xFF);
      at += Integer.BYTES;
    }
    for (int i = 16; i < ROUNDS; i++) {
      int word = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
      w[i] = (word << 1) | (word >>> 31);
    }
  }
}
