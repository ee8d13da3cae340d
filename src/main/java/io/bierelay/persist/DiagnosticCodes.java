package io.bierelay.persist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Collection;
import java.util.regex.Pattern;

/** Finds the diagnostic codes in a value: one, several in one string, or an array of such. */
final class DiagnosticCodes {

  /**
   * Longer than any code there is, and short enough for a unique index, whose entries PostgreSQL
   * bounds: a value that is no code must not make the whole event impossible to store.
   */
  static final int MAX_LENGTH = 64;

  private static final Pattern SEPARATOR = Pattern.compile("[,;\\s]+");

  private DiagnosticCodes() {}

  /**
   * Adds the codes of a text, without what is around them.
   *
   * @return whether all of the text was codes, and there was at least one
   */
  static boolean addFrom(String text, Collection<String> codes) {
    boolean found = false;
    boolean clean = true;
    for (String code : SEPARATOR.split(text, -1)) {
      if (code.isEmpty()) {
        continue;
      }
      if (code.length() > MAX_LENGTH) {
        clean = false;
      } else {
        codes.add(code);
        found = true;
      }
    }
    return found && clean;
  }

  /**
   * Adds the codes of an array's texts and numbers.
   *
   * @return whether each element was codes, and there was at least one
   */
  static boolean addFrom(ArrayNode array, Collection<String> codes) {
    boolean clean = !array.isEmpty();
    for (JsonNode element : array) {
      clean &=
          (element.isTextual() || element.isIntegralNumber()) && addFrom(element.asText(), codes);
    }
    return clean;
  }
}
