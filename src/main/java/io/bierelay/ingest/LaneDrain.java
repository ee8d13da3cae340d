package io.bierelay.ingest;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings lanes to rest before their partitions are given up: nothing more in, what is in flight
 * confirmed, the position committed. Event loop.
 */
final class LaneDrain {

  private static final Logger LOG = LoggerFactory.getLogger(LaneDrain.class);

  /** A commit takes milliseconds, but it waits for a rebalance that is under way. */
  private static final Duration LAST_COMMIT = Duration.ofSeconds(4);

  private final Vertx vertx;
  private final Context context;
  private final Duration limit;

  /**
   * @param limit how long all lanes together may take
   */
  LaneDrain(Vertx vertx, Context context, Duration limit) {
    this.vertx = vertx;
    this.context = context;
    this.limit = limit;
  }

  /** Completes when they are drained, or have had their time; never fails. */
  Future<Void> of(Collection<Lane> lanes) {
    List<TopicPartition> partitions = lanes.stream().map(Lane::partition).toList();
    // A timer of our own: Future.timeout would go on, and end the lanes, on a thread of Netty's.
    Promise<Void> done = Promise.promise();
    long timer =
        vertx.setTimer(
            limit.toMillis(),
            t -> {
              LOG.warn(
                  "{} were not drained within {}; what is in flight may be published twice",
                  partitions,
                  limit);
              done.tryComplete();
            });
    Future.all(lanes.stream().map(Lane::drain).toList())
        .onComplete(
            v -> {
              vertx.cancelTimer(timer);
              done.tryComplete();
            });
    return done.future();
  }

  /**
   * Commits the positions while the consumer still polls: when it is closed during a rebalance, it
   * gives its partitions up as lost. Never fails: what is not committed is replayed.
   */
  Future<Void> commitLast(@Nullable LaneConsumer consumer, Collection<Lane> lanes) {
    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
    for (Lane lane : lanes) {
      OffsetAndMetadata position = lane.position();
      if (position != null) {
        positions.put(lane.partition(), position);
      }
    }
    if (consumer == null || positions.isEmpty()) {
      return Future.succeededFuture();
    }
    return Future.fromCompletionStage(consumer.commitLast(positions), context)
        .timeout(LAST_COMMIT.toMillis(), TimeUnit.MILLISECONDS)
        .otherwise(
            e -> {
              LOG.warn(
                  "could not commit {} before the stop, the next owner will replay: {}",
                  positions,
                  e.toString());
              return null;
            });
  }
}
