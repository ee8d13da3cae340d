package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Eight bytes at once mean the same as one by one. */
class WordsTest {

  private static long word(byte... bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @Test
  void theFirstSpecialByteIsFoundWhateverFollows() {
    Random random = new Random(AvroSamples.seed(getClass()));
    for (int position = 0; position < 8; position++) {
      for (int value = 0; value < 256; value++) {
        for (int variant = 0; variant < 50; variant++) {
          byte[] bytes = new byte[8];
          random.nextBytes(bytes);
          Arrays.fill(bytes, 0, position, (byte) (variant % 2 == 0 ? '!' : '['));
          bytes[position] = (byte) value;
          int expected = 0;
          while (expected < 8 && !isSpecial(bytes[expected])) {
            expected++;
          }
          long special = Words.special(word(bytes));
          int found = special == 0 ? 8 : Words.byteOf(special);
          if (found != expected) {
            assertThat(found).as(Arrays.toString(bytes)).isEqualTo(expected);
          }
        }
      }
    }
  }

  private static boolean isSpecial(byte b) {
    return b < 0x20 || b == '"' || b == '\\';
  }

  @Test
  void whatIsBehindTheEndIsNotSpecial() {
    assertThat(
            Words.special(
                Words.first(
                    3,
                    word(
                        (byte) 'a',
                        (byte) 'b',
                        (byte) 'c',
                        (byte) '"',
                        (byte) -1,
                        (byte) 0,
                        (byte) '\\',
                        (byte) 1))))
        .isZero();
    assertThat(Words.special(Words.first(8, word(new byte[8])))).isNotZero();
  }

  @Test
  void digitsOfAllMagnitudes() {
    Random random = new Random(AvroSamples.seed(getClass()));
    for (int i = 0; i < 200_000; i++) {
      int value = i < 100_000 ? i : random.nextInt((int) Words.TEN_TO_8);
      digits(value);
    }
    digits((int) Words.TEN_TO_8 - 1);
  }

  private static void digits(int value) {
    long digits = Words.digits(value);
    int count = Words.significant(digits);
    byte[] ascii = new byte[8];
    Words.put(ascii, 0, Words.ascii(digits, count));
    String text = new String(ascii, 0, count, java.nio.charset.StandardCharsets.US_ASCII);
    if (!text.equals(Integer.toString(value))) {
      assertThat(text).isEqualTo(Integer.toString(value));
    }
  }

  @Test
  void varintsOfAllLengths() {
    Random random = new Random(AvroSamples.seed(getClass()));
    for (int bits = 1; bits <= 56; bits++) {
      for (int i = 0; i < 1_000; i++) {
        long value = random.nextLong() >>> (64 - bits);
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        long rest = value;
        int at = 0;
        for (; rest > 0x7F; rest >>>= 7) {
          bytes[at++] = (byte) (rest | 0x80);
        }
        bytes[at] = (byte) rest;
        long word = word(bytes);
        long end = Words.varintEnd(word);
        assertThat(Words.byteOf(end)).isEqualTo(at);
        assertThat(Words.varint(word, end)).isEqualTo(value);
      }
    }
    assertThat(Words.varintEnd(-1)).isZero();
  }
}
