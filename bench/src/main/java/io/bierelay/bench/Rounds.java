package io.bierelay.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** What several rounds say together. */
public final class Rounds {

  private Rounds() {}

  /** The middle of the figures; NaN if there is none. */
  public static <T> double median(List<T> rounds, ToDoubleFunction<T> figure) {
    double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The median, and in brackets the least and the most when there are several. */
  public static <T> String spread(List<T> rounds, ToDoubleFunction<T> figure, String format) {
    var all = rounds.stream().mapToDouble(figure).summaryStatistics();
    String middle = format.formatted(median(rounds, figure));
    return all.getCount() <= 1
        ? middle
        : "%s (%s–%s)"
            .formatted(middle, format.formatted(all.getMin()), format.formatted(all.getMax()));
  }
}
