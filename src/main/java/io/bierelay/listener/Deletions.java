package io.bierelay.listener;

import io.bierelay.metrics.Meters;
import io.micrometer.core.instrument.Counter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects messages that are done for a moment and deletes ten with one request. Used on one event
 * loop.
 */
final class Deletions {

  private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);
  private static final long COLLECT_MS = 20;

  private final Vertx vertx;
  private final SqsQueue queue;
  private final Counter undeleted = ListenerMetrics.UNDELETED.counter(Meters.registry());
  private List<String> waiting = new ArrayList<>();
  private long timer = -1;
  private Future<Void> running = Future.succeededFuture();

  Deletions(Vertx vertx, SqsQueue queue) {
    this.vertx = vertx;
    this.queue = queue;
  }

  /** Deletes the message soon. */
  void add(String receipt) {
    waiting.add(receipt);
    if (waiting.size() >= SqsQueue.BATCH) {
      flush();
    } else if (timer < 0) {
      timer = vertx.setTimer(COLLECT_MS, id -> flush());
    }
  }

  /** Deletes what waits; completes, always with success, when all that was asked for is over. */
  Future<Void> flush() {
    vertx.cancelTimer(timer);
    timer = -1;
    if (!waiting.isEmpty()) {
      List<String> batch = waiting;
      waiting = new ArrayList<>();
      Future<Void> deleted = delete(batch);
      Future<Void> before = running;
      running = before.isComplete() ? deleted : Future.join(before, deleted).mapEmpty();
    }
    return running;
  }

  private Future<Void> delete(List<String> batch) {
    return queue
        .delete(batch)
        .otherwise(
            e -> {
              LOG.warn("{}; {} messages are not deleted", queue.describe(e), batch.size());
              return batch.size();
            })
        .onSuccess(undeleted::increment)
        .mapEmpty();
  }
}
