package io.bierelay.check;

import io.bierelay.check.Finding.Outcome;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs the checks of all servers at the same time, and comes to an end even where a server does
 * not.
 */
public final class CheckRun {

  private CheckRun() {}

  /**
   * What all checks came to.
   *
   * @param findings server by server, in the order of the checks
   * @param events what was read, if that was wanted
   */
  public record Report(List<Finding> findings, List<JsonObject> events) {

    /** Whether something was tried, nothing failed and nothing had to be left out. */
    public boolean passed() {
      return findings.stream().anyMatch(f -> f.outcome() == Outcome.PASSED)
          && findings.stream()
              .allMatch(f -> f.outcome() == Outcome.PASSED || f.outcome() == Outcome.NOTED);
    }

    /** The same with these texts struck out wherever a server or a library quotes them. */
    public Report without(List<String> secrets) {
      return new Report(
          findings.stream()
              .map(f -> f.saying(strike(f.detail(), secrets), strike(f.remedy(), secrets)))
              .toList(),
          events);
    }

    /** Shorter ones would strike out parts of words, and are no secrets worth the name. */
    private static String strike(String text, List<String> secrets) {
      String struck = text;
      for (String secret : secrets) {
        if (secret.length() >= 4) {
          struck = struck.replace(secret, "******");
        }
      }
      return struck;
    }
  }

  /**
   * Runs them; blocks.
   *
   * @param limit for all of them together
   */
  public static Report of(List<ServerCheck> checks, Duration limit) {
    AtomicInteger number = new AtomicInteger();
    ExecutorService threads =
        Executors.newCachedThreadPool(
            work -> {
              Thread thread = new Thread(work, "check-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    long end = System.nanoTime() + limit.toNanos();
    List<Steps> steps = new ArrayList<>();
    List<Future<?>> running = new ArrayList<>();
    for (ServerCheck check : checks) {
      Steps own = new Steps(check.server(), check::explain, threads, end);
      steps.add(own);
      running.add(threads.submit(() -> check.run(own)));
    }
    for (int i = 0; i < running.size(); i++) {
      await(running.get(i), steps.get(i), checks.get(i));
    }
    threads.shutdownNow();
    return new Report(
        steps.stream().flatMap(own -> own.findings().stream()).toList(),
        steps.stream().flatMap(own -> own.events().stream()).toList());
  }

  private static void await(Future<?> check, Steps steps, ServerCheck server) {
    try {
      // A step that ends at the very end still has to be written down.
      check.get(steps.leftMs() + 200, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      check.cancel(true);
      steps.failed("check", server.server(), server.explain(e));
    } catch (ExecutionException e) {
      steps.failed(
          "check", server.server(), server.explain(e.getCause() == null ? e : e.getCause()));
    } catch (InterruptedException e) {
      check.cancel(true);
      Thread.currentThread().interrupt();
    }
  }
}
