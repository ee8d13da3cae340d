package io.bierelay.check;

import io.bierelay.check.Finding.Outcome;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs the steps of one check one after the other, each within a time, and keeps what they found.
 *
 * <p>A step's work runs on another thread, so that one that can't be interrupted, such as the
 * lookup of a name, holds up nobody. Findings may be read by other threads at any time.
 */
public final class Steps {

  /** The most that one step takes. */
  public static final Duration LIMIT = Duration.ofSeconds(4);

  private final String server;
  private final Function<Throwable, Problem> explainer;
  private final ExecutorService threads;
  private final long endNanos;
  private final List<Finding> findings = new ArrayList<>();
  private final List<JsonObject> events = new ArrayList<>();

  Steps(
      String server,
      Function<Throwable, Problem> explainer,
      ExecutorService threads,
      long endNanos) {
    this.server = server;
    this.explainer = explainer;
    this.threads = threads;
    this.endNanos = endNanos;
  }

  /** What a step does; may block. */
  @FunctionalInterface
  public interface Work {
    /**
     * Tries.
     *
     * @return what was found, in a few words
     * @throws Exception {@link StepFailedException}, or what the check explains
     */
    String run() throws Exception;
  }

  /**
   * Runs one step.
   *
   * @return whether it passed
   */
  public boolean step(String name, String target, Work work) {
    return step(name, target, null, work);
  }

  /**
   * Runs one step of whose silence more is known than of the server's.
   *
   * @param silence what it means if the step does not end in time; null for what the check says
   * @return whether it passed
   */
  boolean step(String name, String target, @Nullable Problem silence, Work work) {
    long began = System.nanoTime();
    long limitMs = Math.min(LIMIT.toMillis(), leftMs());
    if (limitMs <= 0) {
      add(name, target, Outcome.SKIPPED, "no time was left for it", "", began);
      return false;
    }
    Future<String> running = threads.submit(work::run);
    try {
      add(name, target, Outcome.PASSED, running.get(limitMs, TimeUnit.MILLISECONDS), "", began);
      return true;
    } catch (TimeoutException e) {
      running.cancel(true);
      fail(name, target, silence == null ? explainer.apply(e) : silence, began);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      fail(
          name,
          target,
          cause instanceof StepFailedException failed ? failed.problem() : explainer.apply(cause),
          began);
    } catch (InterruptedException | CancellationException e) {
      running.cancel(true);
      Thread.currentThread().interrupt();
      add(name, target, Outcome.SKIPPED, "interrupted", "", began);
    }
    return false;
  }

  /** Adds what passed beside a step. */
  public void passed(String name, String target, String detail) {
    add(name, target, Outcome.PASSED, detail, "", System.nanoTime());
  }

  /** Adds what works, and should be looked at. */
  public void noted(String name, String target, String detail, String remedy) {
    add(name, target, Outcome.NOTED, detail, remedy, System.nanoTime());
  }

  /** Adds what failed beside a step. */
  public void failed(String name, String target, Problem problem) {
    fail(name, target, problem, System.nanoTime());
  }

  /** Adds what was not tried. */
  public void skipped(String name, String target, String why) {
    add(name, target, Outcome.SKIPPED, why, "", System.nanoTime());
  }

  /** Adds an event that was read. */
  public void event(JsonObject event) {
    synchronized (findings) {
      events.add(event);
    }
  }

  /** How long the whole check may still take, in milliseconds; 0 when its time is over. */
  public long leftMs() {
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime()));
  }

  /** Does the same with several things at once; what is found stands in their order. */
  public <T> void each(List<T> things, EachWork<T> work) {
    List<Steps> parts = new ArrayList<>();
    List<Future<?>> running = new ArrayList<>();
    for (T thing : things) {
      Steps part = new Steps(server, explainer, threads, endNanos);
      parts.add(part);
      running.add(threads.submit(() -> work.on(part, thing)));
    }
    running.forEach(
        future -> quietly(future, problem -> failed("check", server, explainer.apply(problem))));
    synchronized (findings) {
      parts.forEach(part -> findings.addAll(part.findings()));
    }
  }

  /** What is done with each of several things. */
  @FunctionalInterface
  public interface EachWork<T> {
    /** Takes steps for one of them. */
    void on(Steps steps, T thing);
  }

  private void quietly(Future<?> future, Consumer<Throwable> failed) {
    try {
      future.get(leftMs() + 100, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      failed.accept(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      future.cancel(true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void fail(String name, String target, Problem problem, long began) {
    add(name, target, Outcome.FAILED, problem.cause(), problem.remedy(), began);
  }

  private void add(
      String name, String target, Outcome outcome, String detail, String remedy, long began) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    synchronized (findings) {
      findings.add(new Finding(server, name, target, outcome, detail, remedy, millis));
    }
  }

  /** What was found until now. */
  List<Finding> findings() {
    synchronized (findings) {
      return List.copyOf(findings);
    }
  }

  /** What was read until now. */
  List<JsonObject> events() {
    synchronized (findings) {
      return List.copyOf(events);
    }
  }
}
