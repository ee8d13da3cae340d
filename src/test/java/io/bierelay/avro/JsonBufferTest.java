package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Strings and numbers at every boundary of the words that they are copied in. */
class JsonBufferTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static String written(Consumer<JsonBuffer> writing) {
    JsonBuffer out = new JsonBuffer();
    writing.accept(out);
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  @Test
  void oneOddCharacterAnywhereInAStringOfAnyLength() throws Exception {
    for (String odd : List.of("x", "\"", "\\", "\n", "\u0001", "\u007f", "é", "€", "😀", "\"é\\")) {
      for (int before = 0; before <= 20; before++) {
        for (int after = 0; after <= 20; after++) {
          String text = "a".repeat(before) + odd + "b".repeat(after);
          byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
          String json = written(out -> assertThat(out.quotedUtf8(utf8, 0, utf8.length)).isTrue());
          String expected = MAPPER.writeValueAsString(text);
          if (!json.equals(expected)) {
            assertThat(json).isEqualTo(expected);
          }
          // The bytes around it are no part of it, whether there is a word of them or none.
          byte[] inside = new byte[utf8.length + 3 + after];
          java.util.Arrays.fill(inside, (byte) '"');
          System.arraycopy(utf8, 0, inside, 3, utf8.length);
          assertThat(written(out -> out.quotedUtf8(inside, 3, utf8.length))).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void invalidUtf8IsFoundAnywhere() {
    byte[][] invalid = {{(byte) 0x80}, {(byte) 0xC3}, {(byte) 0xED, (byte) 0xA0, (byte) 0x80}};
    for (byte[] odd : invalid) {
      for (int before = 0; before <= 20; before++) {
        for (int after = 0; after <= 20; after++) {
          byte[] text = new byte[before + odd.length + after];
          java.util.Arrays.fill(text, (byte) 'a');
          System.arraycopy(odd, 0, text, before, odd.length);
          assertThat(new JsonBuffer().quotedUtf8(text, 0, text.length)).isFalse();
        }
      }
    }
  }

  /** A character that is complete only with a byte behind the string's end is not complete. */
  @Test
  void aCharacterEndsWithinItsString() {
    byte[] text = "aé".getBytes(StandardCharsets.UTF_8);
    assertThat(new JsonBuffer().quotedUtf8(text, 0, 2)).isFalse();
  }

  @Test
  void numbersAroundEachPowerOfTen() {
    for (int exponent = 0; exponent < 19; exponent++) {
      long power = BigInteger.TEN.pow(exponent).longValueExact();
      for (long near = -2; near <= 2; near++) {
        for (long value : new long[] {power + near, -power + near, 3 * power + near}) {
          assertThat(written(out -> out.number(value))).isEqualTo(Long.toString(value));
        }
      }
    }
    for (long value : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1}) {
      assertThat(written(out -> out.number(value))).isEqualTo(Long.toString(value));
    }
  }

  @Test
  void theBoundIsExact() {
    List<Consumer<JsonBuffer>> writings =
        List.of(
            out -> out.number(7),
            out -> out.number(-1_686_589_740_123L),
            out -> out.number(Long.MIN_VALUE),
            out -> out.quoted(""),
            out -> out.quoted("twelve chars"),
            out -> out.quoted("\"\u0001é😀"),
            out -> out.quoted("larger than at first ".repeat(500)),
            out -> out.constant(JsonConstant.ascii("{\"name\":null")),
            out -> out.quotedBase64(new byte[4], 0, 4),
            out -> out.number(0.25));
    for (Consumer<JsonBuffer> writing : writings) {
      String json = written(writing);
      int size = json.getBytes(StandardCharsets.UTF_8).length;
      JsonBuffer out = new JsonBuffer();
      out.ascii("before");
      out.allow(size);
      writing.accept(out);
      assertThat(out.room()).isZero();
      assertThat(out.toByteArray()).asString().isEqualTo("before" + json);
      out.reset();
      out.allow(size - 1);
      assertThatThrownBy(() -> writing.accept(out))
          .as(json)
          .isInstanceOfSatisfying(
              PoisonException.class, e -> assertThat(e.reason()).isEqualTo(PoisonReason.TOO_LARGE));
    }
  }

  /** Whatever was there already: words are written over the end, so there must be room for them. */
  @Test
  void itGrowsAtAnyFill() {
    byte[] text = "0123456789".getBytes(StandardCharsets.US_ASCII);
    for (int fill = 4_060; fill <= 4_100; fill++) {
      String before = "x".repeat(fill);
      assertThat(
              written(
                  out ->
                      out.ascii(before)
                          .constant(JsonConstant.ascii(",\"n\":"))
                          .number(12_345_678_901L)
                          .quoted("0123456789\n")
                          .raw(text)))
          .isEqualTo(before + ",\"n\":12345678901\"0123456789\\n\"0123456789");
    }
  }
}
