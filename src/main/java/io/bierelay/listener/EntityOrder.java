package io.bierelay.listener;

import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Lets work of the same key happen one after the other, in the order of asking, whether it succeeds
 * or not; work of different keys at the same time. Used on one event loop.
 */
final class EntityOrder {

  private final Map<String, Future<Void>> last = new HashMap<>();

  /** Runs the work when all earlier work of its key has ended. */
  <T> Future<T> run(String key, Supplier<Future<T>> work) {
    Future<Void> before = last.get(key);
    Future<T> mine = before == null ? work.get() : before.otherwiseEmpty().compose(v -> work.get());
    Future<Void> ended = mine.<Void>mapEmpty().otherwiseEmpty();
    last.put(key, ended);
    ended.onComplete(done -> last.remove(key, ended));
    return mine;
  }

  /** How many keys have work. */
  int size() {
    return last.size();
  }
}
