package io.bierelay.thread;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One thread of its own for calls that block: they run one after the other, in the order in which
 * they were given, and each has an end.
 *
 * <p>Vert.x's {@code WorkerExecutor} keeps ordered calls in a queue of the <em>calling
 * context</em>, which all its executors share: a call that blocks on one holds up the others, one
 * that meets a closed executor stops that queue for as long as the context lives, and closing drops
 * what waits. Here nothing is shared, and nothing is dropped.
 *
 * <p>Safe for several threads. Futures complete on the context that was given.
 */
public final class OrderedThread {

  /** An idle thread ends; the next call starts another. */
  private static final int IDLE_SECONDS = 30;

  private final Context context;
  private final String name;
  private final ThreadPoolExecutor executor;

  /**
   * The thread starts with the first call.
   *
   * @param context on which the futures complete
   * @param name of the thread
   */
  public OrderedThread(Context context, String name) {
    this.context = context;
    this.name = name;
    this.executor =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            call -> {
              Thread thread = new Thread(call, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Runs a call after all that were given before it.
   *
   * @return what the call returned or threw; fails with a {@link RejectedExecutionException}, and
   *     runs nothing, after {@link #close}
   */
  public <T> Future<T> run(Callable<T> call) {
    Promise<T> done = Promise.promise();
    try {
      executor.execute(() -> end(call, done));
    } catch (RejectedExecutionException e) {
      return Future.failedFuture(new RejectedExecutionException(name + " is closed", e));
    }
    return done.future();
  }

  /** What is done for nobody who waits for it. */
  @FunctionalInterface
  public interface Work {
    /** Runs on the thread; may block. */
    void run() throws Exception;
  }

  /**
   * Runs work after all that was given before it, and does not wake the context when it is done: at
   * a low rate a thread that is woken for nothing costs more than the work.
   *
   * @param failed told on the context what it threw, or that the thread is closed
   */
  public void start(Work work, Consumer<Throwable> failed) {
    try {
      executor.execute(
          () -> {
            try {
              work.run();
            } catch (Throwable e) {
              context.runOnContext(v -> failed.accept(e));
            }
          });
    } catch (RejectedExecutionException e) {
      RejectedExecutionException closed = new RejectedExecutionException(name + " is closed", e);
      context.runOnContext(v -> failed.accept(closed));
    }
  }

  private <T> void end(Callable<T> call, Promise<T> done) {
    try {
      T result = call.call();
      context.runOnContext(v -> done.complete(result));
    } catch (Throwable e) {
      context.runOnContext(v -> done.fail(e));
    }
  }

  /** Takes no more calls; those that wait still run, then the thread ends. Returns at once. */
  public void close() {
    executor.shutdown();
  }
}
