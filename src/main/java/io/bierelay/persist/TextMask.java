package io.bierelay.persist;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Replaces what looks like personal data within a text that is kept.
 *
 * <p>A second line of defence: which fields are kept at all is {@link PrivacyPolicy}'s to say.
 * Numbers are never masked, only texts: a claim's id has nine digits as well. Immutable.
 */
final class TextMask {

  /** What stands in a masked place. */
  static final String MASKED = "***";

  /** Hides nothing. */
  static final TextMask NONE = new TextMask(List.of(), List.of());

  /**
   * What is known to be looked for. Each matches within other text, but not within a longer number.
   */
  enum Kind {
    /** A social security number with its separators: 123-45-6789, 123 45 6789. */
    SSN("(?<![0-9])[0-9]{3}[-. ][0-9]{2}[-. ][0-9]{4}(?![0-9])"),

    /** Anything with an at sign in its midst. */
    EMAIL("[^\\s@<>()\\[\\],;:\"]{1,64}@[^\\s@<>()\\[\\],;:\"]{1,255}"),

    /** A telephone number of ten digits, with or without separators and country. */
    PHONE(
        "(?:\\+[0-9]{1,3}[-. ]?)?(?:\\([0-9]{3}\\) ?|(?<![0-9])[0-9]{3}[-. ])[0-9]{3}[-. ]?[0-9]{4}(?![0-9])"
            + "|(?<![0-9])[0-9]{10}(?![0-9])"),

    /** A file number, or a social security number without separators: nine digits. */
    FILE_NUMBER("(?<![0-9])[0-9]{9}(?![0-9])|(?<![0-9])[0-9]{3} [0-9]{3} [0-9]{3}(?![0-9])");

    private final Pattern pattern;

    Kind(String regex) {
      this.pattern = Pattern.compile(regex);
    }
  }

  /** Of all kinds but {@link Kind#EMAIL}, none is shorter. */
  private static final int FEWEST_DIGITS = 9;

  private final List<Pattern> patterns = new ArrayList<>();
  private final boolean hasOwn;

  /**
   * @param own further patterns; unlike those of the kinds, they are tried on every text
   */
  TextMask(Collection<Kind> kinds, Collection<Pattern> own) {
    kinds.forEach(kind -> patterns.add(kind.pattern));
    patterns.addAll(own);
    hasOwn = !own.isEmpty();
  }

  /**
   * Whether a text may hold any of it, told by what is counted in passing: most texts don't, and
   * trying patterns on each would cost more than all other reading.
   *
   * @param digits how many of its characters are 0 to 9
   * @param at whether it has an at sign
   */
  boolean isSuspect(int digits, boolean at) {
    return hasOwn || (!patterns.isEmpty() && (at || digits >= FEWEST_DIGITS));
  }

  /** The text with everything masked that was found; the same text if nothing was. */
  String apply(String text) {
    if (!isSuspect(text)) {
      return text;
    }
    String masked = text;
    for (Pattern pattern : patterns) {
      masked = pattern.matcher(masked).replaceAll(MASKED);
    }
    return masked;
  }

  /** Whether anything would be masked. */
  boolean hits(String text) {
    return isSuspect(text) && patterns.stream().anyMatch(pattern -> pattern.matcher(text).find());
  }

  private boolean isSuspect(String text) {
    int digits = 0;
    boolean at = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      digits += c >= '0' && c <= '9' ? 1 : 0;
      at |= c == '@';
    }
    return isSuspect(digits, at);
  }
}
