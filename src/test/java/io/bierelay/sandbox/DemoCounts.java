package io.bierelay.sandbox;

import java.io.PrintStream;
import java.util.Map;

/** How far the events have come, for each type: into Kafka, to the exchanges, into the table. */
public record DemoCounts(
    Map<ContentionType, Long> published,
    Map<ContentionType, Long> notified,
    Map<ContentionType, Long> stored) {

  /** Whether all three numbers are the same for every type. */
  public boolean agree() {
    return published.equals(notified) && published.equals(stored);
  }

  /**
   * Whether no event is missing at either end; one that came twice does not hide one that lacks.
   */
  public boolean complete() {
    return published.entrySet().stream()
        .allMatch(
            e ->
                notified.get(e.getKey()) >= e.getValue() && stored.get(e.getKey()) >= e.getValue());
  }

  /** One line for all types together. */
  public String line(double seconds) {
    long in = sum(published);
    long out = sum(stored);
    return "%6.1f s   published %,9d   notified %,9d   stored %,9d   lag %,6d"
        .formatted(seconds, in, sum(notified), out, in - out);
  }

  /** One line for each type and one for the sum. */
  public void printTable(PrintStream out) {
    out.printf("%n%-24s %10s %10s %10s%n", "event type", "published", "notified", "stored");
    for (ContentionType type : ContentionType.values()) {
      row(out, type.eventType(), published.get(type), notified.get(type), stored.get(type));
    }
    row(out, "all", sum(published), sum(notified), sum(stored));
  }

  private static void row(PrintStream out, String name, long in, long seen, long kept) {
    String verdict = in == seen && in == kept ? "=" : "differ";
    out.printf("%-24s %,10d %,10d %,10d   %s%n", name, in, seen, kept, verdict);
  }

  private static long sum(Map<ContentionType, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
