package io.bierelay.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was to be shown, what was, and at what we lose: by the figures and by nothing else. */
public final class Verdict {

  /**
   * One comparison.
   *
   * @param ours which of ours, where there are several
   * @param promised the row that it belongs to; null where it is only told
   * @param against whose figure ours was divided by
   * @param figure ours divided by theirs
   * @param least whether it must be at least the bound; at most otherwise
   * @param needed NaN where nothing was promised
   */
  public record Line(
      String ours,
      Promised promised,
      String against,
      String what,
      double figure,
      boolean least,
      double needed) {

    /** True where nothing was promised. */
    public boolean reached() {
      return Double.isNaN(needed) || (least ? figure >= needed : figure <= needed);
    }

    private boolean lost() {
      return least ? figure < 1 : figure > 1;
    }
  }

  private final List<Line> lines = new ArrayList<>();
  private String ours = "";
  private Promised promised;
  private boolean told;
  private boolean reached = true;

  /** Nothing judged yet. */
  public Verdict() {}

  /**
   * Whose figures come next, and which promise they belong to.
   *
   * @param decides whether the exit code depends on them, or another of ours is the one that counts
   */
  public Verdict on(String whose, Promised row, boolean decides) {
    ours = whose;
    promised = row;
    told = !decides;
    return this;
  }

  /** A rate, of which more is better; a figure that is NaN was not measured and is left out. */
  public void least(String against, String what, double figure, double needed) {
    add(new Line(ours, promised, against, what, figure, true, needed));
  }

  /** A cost, of which less is better. */
  public void most(String against, String what, double figure, double needed) {
    add(new Line(ours, promised, against, what, figure, false, needed));
  }

  private void add(Line line) {
    if (!Double.isNaN(line.figure())) {
      lines.add(line);
      reached &= told || line.reached();
    }
  }

  /** In the order of judging. */
  public List<Line> lines() {
    return List.copyOf(lines);
  }

  /** Whether all that was promised holds, for those of ours that decide. */
  public boolean reached() {
    return reached;
  }

  /** On the console. */
  public void print() {
    for (Line line : lines) {
      System.out.printf(
          Locale.ROOT,
          "  %s%-44s %-34s %6.2f%s%s%n",
          line.ours().isEmpty() ? "" : "%-12s ".formatted(line.ours()),
          line.against(),
          line.what(),
          line.figure(),
          Double.isNaN(line.needed())
              ? ""
              : "   needed at %s %.2f".formatted(line.least() ? "least" : "most", line.needed()),
          line.reached() ? "" : "   NOT reached");
    }
  }

  /** A table for a page, and a list of what we lose at. */
  public String markdown() {
    StringBuilder text = new StringBuilder();
    boolean several = lines.stream().map(Line::ours).distinct().count() > 1;
    text.append(several ? "| ours |" : "|")
        .append(" of that of | what | needed | measured |\n")
        .append(several ? "| --- |" : "|")
        .append(" --- | --- | ---: | ---: |\n");
    for (Line line : lines) {
      if (!Double.isNaN(line.needed())) {
        text.append(
            "|%s %s | %s | at %s %.2f | %s |\n"
                .formatted(
                    several ? " " + line.ours() + " |" : "",
                    line.against(),
                    line.what(),
                    line.least() ? "least" : "most",
                    line.needed(),
                    line.reached()
                        ? "**%.2f**".formatted(line.figure())
                        : "%.2f: not reached".formatted(line.figure())));
      }
    }
    List<Line> lost = lines.stream().filter(Line::lost).toList();
    text.append("\nWhat we lose at, by this run's medians: ");
    if (lost.isEmpty()) {
      text.append("nothing that was compared.\n");
    } else {
      List<String> parts = new ArrayList<>();
      for (Line line : lost) {
        parts.add(
            "%s%s, %.2f of that of %s"
                .formatted(
                    several ? line.ours() + ": " : "", line.what(), line.figure(), line.against()));
      }
      text.append(String.join("; ", parts)).append(".\n");
    }
    return text.toString();
  }
}
