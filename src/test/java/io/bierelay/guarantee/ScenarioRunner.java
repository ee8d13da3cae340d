package io.bierelay.guarantee;

import io.bierelay.sandbox.ContentionEvents;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Plays scenarios one after the other and judges each by its guarantees. */
final class ScenarioRunner {

  private static final int TAIL = 25;

  private final GuaranteeServers servers;
  private final Path directory;
  private final long seed;
  private final PrintStream out;
  private int number;

  /**
   * @param directory where the logs of the instances go
   */
  ScenarioRunner(GuaranteeServers servers, Path directory, long seed, PrintStream out) {
    this.servers = servers;
    this.directory = directory;
    this.seed = seed;
    this.out = out;
    forget(directory);
  }

  /** What an earlier run left would be taken for this one's. */
  private static void forget(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Plays one to its end, whatever happens in it. */
  Outcome play(Scenario scenario) {
    out.printf("guarantee: %s …%n", scenario);
    long begin = System.nanoTime();
    List<String> problems = new ArrayList<>();
    ScenarioRun run = new ScenarioRun(scenario, servers, "G" + ++number, seed);
    Outcome outcome;
    try {
      attempt(problems, () -> script(run, scenario));
      attempt(problems, run::settle);
      attempt(problems, run.fleet()::terminateAll);
      attempt(problems, run.observer()::drain);
      Evidence evidence = run.evidence();
      scenario.guarantees().forEach(one -> attempt(problems, () -> judge(one, evidence, problems)));
      attempt(problems, () -> readLogs(run, problems));
      outcome = outcome(scenario, evidence, Duration.ofNanos(System.nanoTime() - begin), problems);
      if (!problems.isEmpty()) {
        show(run);
      }
    } finally {
      run.close();
    }
    out.printf(
        "guarantee: %s %s after %.0f s%n",
        scenario, outcome.passed() ? "held" : "BROKEN", outcome.took().toMillis() / 1e3);
    problems.forEach(problem -> out.println("guarantee:   " + problem));
    return outcome;
  }

  private interface Step {
    void take() throws Exception;
  }

  private static void script(ScenarioRun run, Scenario scenario) throws Exception {
    try {
      run.begin();
      scenario.script().play(run);
    } catch (Exception | AssertionError e) {
      // What was lost shows only if all the rest had its time; why it broke is told all the same.
      try {
        end(run);
      } catch (Exception | AssertionError more) {
        e.addSuppressed(more);
      }
      throw e;
    }
    end(run);
  }

  private static void end(ScenarioRun run) {
    run.servers().heal();
    run.end();
  }

  private static void judge(Guarantee guarantee, Evidence evidence, List<String> problems) {
    problems.addAll(guarantee.brokenBy(evidence));
  }

  /** A problem is noted, and the rest is done all the same. */
  private static void attempt(List<String> problems, Step step) {
    try {
      step.take();
    } catch (Exception | AssertionError e) {
      problems.add(e.toString().lines().limit(8).reduce((a, b) -> a + " " + b).orElse(""));
      for (Throwable suppressed : e.getSuppressed()) {
        problems.add(suppressed.toString());
      }
    }
  }

  private static Outcome outcome(
      Scenario scenario, Evidence evidence, Duration took, List<String> problems) {
    Ledger ledger = evidence.ledger();
    boolean measured = !evidence.watch().samples().isEmpty();
    return new Outcome(
        scenario.name(),
        ledger.published(),
        ledger.lost(),
        ledger.outOfOrder(),
        ledger.repeated(),
        evidence.recoveries(),
        measured ? evidence.windows().calmRate(evidence.watch().samples()) : 0,
        measured ? evidence.windows().rateBetween(evidence.watch().samples()) : 0,
        evidence.watch().peakKiB() / 1024,
        took,
        problems);
  }

  /** Keeps the logs, and looks for what must never be in them. */
  private void readLogs(ScenarioRun run, List<String> problems) throws IOException {
    Path own = directory.resolve("G" + number);
    Files.createDirectories(own);
    for (Member member : run.fleet().all()) {
      String log = member.process().readLog();
      Files.writeString(own.resolve(member.name() + ".log"), log);
      if (log.contains("OutOfMemoryError")) {
        problems.add(member.name() + " ran out of memory");
      }
      if (ContentionEvents.holdsPersonalData(log)) {
        problems.add(member.name() + " logged personal data");
      }
    }
  }

  private void show(ScenarioRun run) {
    for (Member member : run.fleet().all()) {
      out.printf("guarantee:   the end of the log of %s:%n", member.name());
      List<String> lines = member.process().readLog().lines().toList();
      lines
          .subList(Math.max(0, lines.size() - TAIL), lines.size())
          .forEach(line -> out.println("      " + line));
    }
  }

  /** Keeps RabbitMQ's own words, too. */
  void keepBrokerLog() {
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("rabbitmq.log"), servers.rabbit().log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
