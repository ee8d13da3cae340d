package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiagnosticCodesTest {

  private final Set<String> codes = new LinkedHashSet<>();
  private final DiagnosticCodes reader =
      new DiagnosticCodes(new TextMask(List.of(TextMask.Kind.values()), List.of()));

  @Test
  void oneCodeIsTrimmed() {
    assertThat(reader.addFrom(" 7101\t", codes)).isTrue();
    assertThat(codes).containsExactly("7101");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"7101,7102", "7101; 7102", "7101 7102", ",7101 ,; 7102;", "7101,7102,7101"})
  void severalInOneTextAreToldApartAndEachKeptOnce(String text) {
    assertThat(reader.addFrom(text, codes)).isTrue();
    assertThat(codes).containsExactly("7101", "7102");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", ",;", "\n"})
  void textWithoutCodesIsAMiss(String text) {
    assertThat(reader.addFrom(text, codes)).isFalse();
    assertThat(codes).isEmpty();
  }

  @Test
  void codesAreInUpperCase() {
    assertThat(reader.addFrom("5257a, 5257A", codes)).isTrue();
    assertThat(codes).containsExactly("5257A");
  }

  @ParameterizedTest
  @ValueSource(strings = {"123-45-6789", "7101, 123 45 6789", "123456789", "a@b.example"})
  void whatLooksPersonalIsNoCode(String text) {
    assertThat(reader.addFrom(text, codes)).isFalse();
    assertThat(codes).isEmpty();
  }

  @Test
  void textThatIsTooLongForAnIndexIsNoCode() {
    assertThat(reader.addFrom("7101," + "9".repeat(3_000), codes)).isFalse();
    assertThat(codes).containsExactly("7101");
  }

  @Test
  void anArrayHoldsTextsAndNumbers() throws Exception {
    assertThat(reader.addFrom(array("[\"7101, 7102\", 6847, \"7101\"]"), codes)).isTrue();
    assertThat(codes).containsExactly("7101", "7102", "6847");
  }

  @Test
  void anElementOfAnotherTypeIsAMissAndTheOthersCount() throws Exception {
    for (String odd : List.of("null", "{\"a\":\"1\"}", "true", "1.5")) {
      codes.clear();
      assertThat(reader.addFrom(array("[\"7101\", " + odd + ", \"7102\"]"), codes))
          .as(odd)
          .isFalse();
      assertThat(codes).as(odd).containsExactly("7101", "7102");
    }
    assertThat(reader.addFrom(array("[]"), codes)).isFalse();
  }

  private static ArrayNode array(String json) throws Exception {
    return (ArrayNode) new ObjectMapper().readTree(json);
  }
}
