package io.bierelay.operations;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an expression of PromQL names: metrics, each with the labels that it selects by, and the
 * labels that results are grouped or matched by. It knows the language's words, not its grammar;
 * whether an expression is well-formed is Prometheus' own to say.
 */
final class PromQl {

  private static final Pattern TOKEN =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|\\d[\\w.]*|[a-zA-Z_][\\w:]*|\\S");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][\\w:]*");
  private static final Set<String> LISTS =
      Set.of("by", "without", "on", "ignoring", "group_left", "group_right");
  private static final Set<String> WORDS =
      Set.of("and", "or", "unless", "offset", "bool", "inf", "nan");

  private final List<Selector> selectors = new ArrayList<>();
  private final Set<String> groupings = new LinkedHashSet<>();

  /**
   * @param metric as Prometheus shows it
   * @param labels the names of those that are compared
   */
  record Selector(String metric, Set<String> labels) {}

  private PromQl() {}

  /** Reads an expression in which no variable of Grafana is left. */
  static PromQl of(String expression) {
    PromQl found = new PromQl();
    List<String> tokens = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(expression);
    while (matcher.find()) {
      tokens.add(matcher.group());
    }
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      String next = i + 1 < tokens.size() ? tokens.get(i + 1) : "";
      if (LISTS.contains(token) && next.equals("(")) {
        i = names(tokens, i + 2, ")", found.groupings);
      } else if (NAME.matcher(token).matches() && !WORDS.contains(token) && isMetric(next)) {
        Set<String> labels = new LinkedHashSet<>();
        i = next.equals("{") ? names(tokens, i + 2, "}", labels) : i;
        found.selectors.add(new Selector(token, labels));
      }
    }
    return found;
  }

  /** Not a function, and not an aggregation with its labels before its argument. */
  private static boolean isMetric(String next) {
    return !next.equals("(") && !LISTS.contains(next);
  }

  private static int names(List<String> tokens, int from, String end, Set<String> into) {
    int i = from;
    for (; !tokens.get(i).equals(end); i++) {
      if (NAME.matcher(tokens.get(i)).matches()) {
        into.add(tokens.get(i));
      }
    }
    return i;
  }

  /** In the order in which they stand there. */
  List<Selector> selectors() {
    return selectors;
  }

  /** Of {@code by}, {@code on} and their like. */
  Set<String> groupings() {
    return groupings;
  }
}
