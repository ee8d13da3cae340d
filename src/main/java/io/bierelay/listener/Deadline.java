package io.bierelay.listener;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Until when a message may be at work.
 *
 * @param nanos by the nano clock
 */
record Deadline(long nanos) {

  /** That long from now. */
  static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** What is left, in milliseconds; 0 when it is over. */
  long leftMs() {
    return Math.max(0, (nanos - System.nanoTime()) / 1_000_000);
  }

  /** What is left, but no more than {@code ms}; at least 1, as timers want it. */
  long leftMs(long ms) {
    return Math.max(1, Math.min(ms, leftMs()));
  }

  /**
   * The same result, or {@link TimeoutException} after {@code ms}, and either way on the event loop
   * that asks: {@link Future#timeout} of a future that belongs to no context completes on a thread
   * of its own, beside the loop.
   */
  static <T> Future<T> within(Vertx vertx, long ms, Future<T> work) {
    Promise<T> promise = Promise.promise();
    long timer =
        vertx.setTimer(
            Math.max(1, ms),
            id -> promise.tryFail(new TimeoutException("not done within " + ms + " ms")));
    work.onComplete(
        done -> {
          vertx.cancelTimer(timer);
          if (done.succeeded()) {
            promise.tryComplete(done.result());
          } else {
            promise.tryFail(done.cause());
          }
        });
    return promise.future();
  }
}
