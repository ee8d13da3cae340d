package io.bierelay.launch;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/** Futures that outlive the event loop of what completes them. */
final class Futures {

  private Futures() {}

  /** The same, but of no event loop: whoever listens is told though that loop has ended. */
  static <T> Future<T> free(Future<T> bound) {
    Promise<T> promise = Promise.promise();
    bound.onComplete(promise);
    return promise.future();
  }
}
