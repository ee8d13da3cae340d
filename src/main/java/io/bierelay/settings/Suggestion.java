package io.bierelay.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds what somebody probably meant by a name that does not exist. */
public final class Suggestion {

  private Suggestion() {}

  /**
   * The known name that is nearest to the given one, if one is near: at most a third of its
   * characters would have to change.
   */
  public static Optional<String> nearest(String name, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .filter(
            candidate -> distance(name, candidate) <= Math.max(1, Math.max(name.length(), 6) / 3));
  }

  /** A sentence for an error: what is known, and what was probably meant. */
  public static String describe(String name, Collection<String> known) {
    String all = known.stream().sorted().collect(Collectors.joining(", "));
    return nearest(name, known)
        .map(near -> "did you mean '" + near + "'? Known: " + all)
        .orElse("known: " + all);
  }

  /** Levenshtein's distance, ignoring case. */
  private static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        current[j] = Math.min(previous[j - 1] + change, 1 + Math.min(previous[j], current[j - 1]));
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
