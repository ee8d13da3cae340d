package io.bierelay.sandbox;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/** Starts or stops several servers at the same time, each on a thread of its own. */
final class Parallel {
  /**
   * Not the common pool: that has one thread on a machine of two cores, and the servers' starts
   * mostly wait.
   */
  private static final Executor THREADS = task -> new Thread(task, "sandbox").start();

  private Parallel() {}

  /** Returns when all have ended; then throws what the first of them threw. */
  static void run(Collection<Runnable> tasks) {
    try {
      CompletableFuture.allOf(
              tasks.stream()
                  .map(task -> CompletableFuture.runAsync(task, THREADS))
                  .toArray(CompletableFuture[]::new))
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
