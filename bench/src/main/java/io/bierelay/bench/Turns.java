package io.bierelay.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Takes candidates in turns, round after round. One that fails does not take the others' figures
 * with it, and when the time is over no further round begins.
 */
public final class Turns {

  /** Whoever failed so often is left out: waiting for it would cost the others their time. */
  private static final int CHANCES = 2;

  private static final int REASON_LETTERS = 200;
  private static final double NANOS_A_MINUTE = 60e9;

  /** What one candidate does when it is its turn. */
  @FunctionalInterface
  public interface Turn<C> {
    /** Any exception is noted as this candidate's failure. */
    void take(C candidate) throws Exception;
  }

  /** What is done between two rounds. */
  @FunctionalInterface
  public interface Between {
    /** An exception ends the benchmark. */
    void happen() throws Exception;
  }

  /**
   * One turn that came to nothing.
   *
   * @param who the candidate
   * @param what was measured, and in which round
   * @param why the first line of what it said
   */
  public record Failure(String who, String what, String why) {}

  private final long begun = System.nanoTime();
  private final double minutes;
  private final List<Failure> failures = new ArrayList<>();
  private final List<String> omitted = new ArrayList<>();
  private final Map<Object, Integer> failed = new HashMap<>();

  /** From the property {@code bench.minutes}, after which no round begins; else without a limit. */
  public Turns() {
    minutes = Double.parseDouble(System.getProperty("bench.minutes", "Infinity"));
  }

  /**
   * Rounds of turns, each begun by another candidate; says after each turn how long it took.
   *
   * @param what is measured, for messages
   * @param between what to do after each round, such as writing what there is so far
   */
  public <C> void take(String what, int rounds, List<C> all, Turn<C> turn, Between between)
      throws Exception {
    for (int round = 1; round <= rounds; round++) {
      String which = "%s, round %d of %d".formatted(what, round, rounds);
      if (elapsed() >= minutes) {
        omitted.add(which);
        System.out.printf("%s: left out, the %.0f minutes are over%n", which, minutes);
        continue;
      }
      System.out.printf("%s; %.0f min so far%n", which, elapsed());
      // Each round begins with another one: who comes after whom is nobody's merit.
      List<C> order = new ArrayList<>(all);
      Collections.rotate(order, -(round - 1) * Math.max(1, all.size() / Math.max(1, rounds)));
      for (C one : order) {
        attempt(which, one, turn);
      }
      between.happen();
    }
  }

  /** A single turn. */
  public <C> void attempt(String what, C candidate, Turn<C> turn) throws InterruptedException {
    if (isOut(candidate)) {
      return;
    }
    long from = System.nanoTime();
    try {
      turn.take(candidate);
      System.out.printf(Locale.ROOT, "  (%.0f s)%n", (System.nanoTime() - from) / 1e9);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException("ended from outside").initCause(e);
      }
      failed.merge(candidate, 1, Integer::sum);
      failures.add(new Failure(candidate.toString(), what, reason(e)));
      System.out.printf(
          Locale.ROOT,
          "%s FAILED after %.0f s (%s)%s:%n",
          candidate,
          (System.nanoTime() - from) / 1e9,
          what,
          isOut(candidate) ? ", and is left out from now on" : "");
      e.printStackTrace(System.out);
    }
  }

  /** Has it take no further turn: without what just failed it can't. */
  public void leaveOut(Object candidate) {
    failed.put(candidate, CHANCES);
  }

  private boolean isOut(Object candidate) {
    return failed.getOrDefault(candidate, 0) >= CHANCES;
  }

  private double elapsed() {
    return (System.nanoTime() - begun) / NANOS_A_MINUTE;
  }

  /**
   * In a message there may be the whole log of a process, which the console has; and paths, which
   * are nobody's business.
   */
  private static String reason(Exception e) {
    List<String> lines =
        String.valueOf(e.getMessage()).lines().filter(line -> !line.isBlank()).toList();
    String text = e.getClass().getSimpleName() + ": " + (lines.isEmpty() ? "" : lines.get(0));
    if (lines.size() > 1) {
      text += " … " + lines.get(lines.size() - 1);
    }
    text = text.replaceAll("(?:/[\\w.+-]+)+/", "…/");
    return text.length() <= REASON_LETTERS ? text : text.substring(0, REASON_LETTERS) + "…";
  }

  /** For a file. */
  public List<Failure> failures() {
    return List.copyOf(failures);
  }

  /** The exit code: 1 if somebody failed, whatever the others showed; else that of the verdict. */
  public int code(Verdict verdict) {
    return failures.isEmpty() ? verdict.reached() ? 0 : 3 : 1;
  }

  /** For a page; empty when all went as it should. */
  public String markdown() {
    StringBuilder text = new StringBuilder();
    if (!failures.isEmpty()) {
      text.append("\nFailed, and is missing from the medians:\n\n");
      for (Failure one : failures) {
        text.append(
            "- %s, %s: `%s`%n".formatted(one.who(), one.what(), one.why().replace('`', '\'')));
      }
    }
    if (!omitted.isEmpty()) {
      text.append("\nLeft out for want of time: %s.%n".formatted(String.join("; ", omitted)));
    }
    return text.toString();
  }
}
