package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Exactly one JSON value in UTF-8, within the limits. */
class JsonTextTest {

  private static final AvroLimits LIMITS = new AvroLimits(100_000, 8);

  @Test
  void valuesPass() {
    for (String text :
        List.of(
            "null",
            "-0.5e+10",
            "\"\"",
            "\"\\ud83d\\ude00 \\u0000 €\"",
            " \t\r\n{\"a\":[1,{\"b\":null}],\"a\":{}} \n",
            "[[[[[[[[]]]]]]]]")) {
      assertThatCode(() -> JsonText.check(utf8(text), LIMITS)).as(text).doesNotThrowAnyException();
    }
  }

  @Test
  void anythingElseIsInvalid() {
    for (String text :
        List.of(
            "",
            " ",
            "{",
            "[1",
            "{\"a\":1,}",
            "[1,]",
            "{a:1}",
            "{'a':1}",
            "{\"a\"}",
            "01",
            "+1",
            ".5",
            "1.",
            "NaN",
            "Infinity",
            "tru",
            "nulll",
            "1 2",
            "{}{}",
            "{} x",
            "]",
            "// c\n1",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"line\nbreak\"",
            "\ufeff{}")) {
      assertPoison(utf8(text), PoisonReason.INVALID_JSON);
    }
    for (String name : List.of("UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32")) {
      assertPoison("{\"a\":1}".getBytes(Charset.forName(name)), PoisonReason.INVALID_JSON);
    }
    for (String hex : List.of("c080", "eda080", "ff", "e282", "f4908080")) {
      byte[] text = java.util.HexFormat.of().parseHex("22" + hex + "22");
      assertPoison(text, PoisonReason.INVALID_JSON);
    }
  }

  @Test
  void depthLengthAndNumbersAreBounded() {
    assertPoison(utf8("[[[[[[[[[]]]]]]]]]"), PoisonReason.TOO_DEEP);
    assertPoison(utf8("[".repeat(90_000)), PoisonReason.TOO_DEEP);
    assertPoison(utf8("\"" + "x".repeat(100_000) + "\""), PoisonReason.TOO_LARGE);
    assertPoison(utf8("1".repeat(10_001)), PoisonReason.TOO_LARGE);
    assertPoison(utf8("[0." + "1".repeat(20_000) + "]"), PoisonReason.TOO_LARGE);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void assertPoison(byte[] text, PoisonReason reason) {
    assertThatThrownBy(() -> JsonText.check(text, LIMITS))
        .as(new String(text, StandardCharsets.UTF_8))
        .isInstanceOf(PoisonException.class)
        .hasMessageStartingWith(reason.tag());
  }
}
