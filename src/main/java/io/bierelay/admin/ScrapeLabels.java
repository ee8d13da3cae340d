package io.bierelay.admin;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives each series of a scrape further labels, behind its own.
 *
 * <p>Here and not in the registry: what counts would have to know them before any setting is read,
 * and StatsD, which reads the same registry, has them already. Immutable.
 */
final class ScrapeLabels {

  private final Map<String, String> labels;
  private final String all;

  /** By name; a series that has a label of such a name keeps its own. */
  ScrapeLabels(Map<String, String> labels) {
    Map<String, String> escaped = new LinkedHashMap<>();
    labels.forEach((name, value) -> escaped.put(name, name + "=\"" + escape(value) + '"'));
    this.labels = escaped;
    this.all = String.join(",", escaped.values());
  }

  /** By both text formats of Prometheus. */
  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
  }

  /** A scrape as Prometheus or OpenMetrics text, with them. */
  String onto(String scrape) {
    if (labels.isEmpty()) {
      return scrape;
    }
    StringBuilder out = new StringBuilder(scrape.length() * 3 / 2);
    for (int at = 0; at < scrape.length(); ) {
      int newline = scrape.indexOf('\n', at);
      int end = newline < 0 ? scrape.length() : newline + 1;
      if (scrape.charAt(at) == '#' || scrape.charAt(at) == '\n') {
        out.append(scrape, at, end);
      } else {
        line(scrape, at, end, out);
      }
      at = end;
    }
    return out.toString();
  }

  /** {@code name value} or {@code name{own="…"} value}; names hold neither brace nor space. */
  private void line(String scrape, int begin, int end, StringBuilder out) {
    int at = begin;
    while (at < end && scrape.charAt(at) != '{' && scrape.charAt(at) != ' ') {
      at++;
    }
    if (at == end || scrape.charAt(at) == ' ') {
      out.append(scrape, begin, at).append('{').append(all).append('}').append(scrape, at, end);
      return;
    }
    int close = close(scrape, at, end);
    String own = scrape.substring(at + 1, close);
    out.append(scrape, begin, close);
    boolean first = own.isEmpty() || own.endsWith(",");
    for (Map.Entry<String, String> label : labels.entrySet()) {
      if (!has(own, label.getKey())) {
        out.append(first ? "" : ",").append(label.getValue());
        first = false;
      }
    }
    out.append(scrape, close, end);
  }

  private static boolean has(String own, String name) {
    String begin = name + "=\"";
    return own.startsWith(begin) || own.contains("," + begin);
  }

  /** A value between quotes may hold a brace, and a quote behind a backslash. */
  private static int close(String scrape, int open, int end) {
    boolean quoted = false;
    for (int at = open + 1; at < end; at++) {
      char one = scrape.charAt(at);
      if (quoted && one == '\\') {
        at++;
      } else if (one == '"') {
        quoted = !quoted;
      } else if (one == '}' && !quoted) {
        return at;
      }
    }
    throw new IllegalStateException("a line of the scrape has labels without an end");
  }
}
