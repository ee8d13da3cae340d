package io.bierelay.persist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Collection;
import java.util.Locale;

/**
 * Finds the diagnostic codes in a value: one, several in one string, or an array of such. Trimmed,
 * and in upper case. Immutable.
 */
final class DiagnosticCodes {

  /**
   * Longer than any code there is, and short enough for a unique index, whose entries PostgreSQL
   * bounds: a value that is no code must not make the whole event impossible to store.
   */
  static final int MAX_LENGTH = 64;

  private final TextMask mask;

  /**
   * @param mask a text in which it finds something is no list of codes, and none is taken from it
   */
  DiagnosticCodes(TextMask mask) {
    this.mask = mask;
  }

  /**
   * Adds the codes of a text, without what is around them.
   *
   * @return whether all of the text was codes, and there was at least one
   */
  boolean addFrom(String text, Collection<String> codes) {
    if (mask.hits(text)) {
      return false;
    }
    boolean found = false;
    boolean clean = true;
    int length = text.length();
    for (int from = 0; from < length; from++) {
      int to = from;
      while (to < length && !separates(text.charAt(to))) {
        to++;
      }
      if (to - from > MAX_LENGTH) {
        clean = false;
      } else if (to > from) {
        codes.add(text.substring(from, to).toUpperCase(Locale.ROOT));
        found = true;
      }
      from = to;
    }
    return found && clean;
  }

  /** Commas, semicolons and white space. */
  private static boolean separates(char c) {
    return c == ',' || c == ';' || c == ' ' || (c >= '\t' && c <= '\r');
  }

  /**
   * Adds the codes of an array's texts and numbers.
   *
   * @return whether each element was codes, and there was at least one
   */
  boolean addFrom(ArrayNode array, Collection<String> codes) {
    boolean clean = !array.isEmpty();
    for (JsonNode element : array) {
      clean &=
          (element.isTextual() || element.isIntegralNumber()) && addFrom(element.asText(), codes);
    }
    return clean;
  }
}
