package io.bierelay.ingest;

import io.bierelay.event.SubscriptionBus.Move;
import io.bierelay.metrics.Meters;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has partitions of one consumer read from elsewhere, because a person asked for it. Event loop.
 *
 * <pre>
 *   lane runs ──stand still──▶ broker has nothing of it under way ──▶ position committed ──▶ new lane there
 *                                        └──takes too long: goes on as before, refused──▶ lane runs
 * </pre>
 *
 * <p>The lane stands still first, so that what is under way is either confirmed or certainly not in
 * the broker when the new one begins: nothing overtakes. What the old lane had received and not
 * sent is received again where the new position asks for it.
 */
final class LaneMoves {

  private static final Logger LOG = LoggerFactory.getLogger(LaneMoves.class);
  private static final long LOOK_MS = 10;

  private final Vertx vertx;
  private final Context context;
  private final Lanes lanes;
  private final LaneStops stops;
  private final Duration limit;

  /**
   * @param limit how long what is under way may take to be confirmed or refused
   */
  LaneMoves(Vertx vertx, Context context, Lanes lanes, LaneStops stops, Duration limit) {
    this.vertx = vertx;
    this.context = context;
    this.lanes = lanes;
    this.stops = stops;
    this.limit = limit;
  }

  /** What {@link #move} would do as things are now. */
  Future<Move> plan(TopicPartition partition, long to) {
    Lane lane = lanes.lane(partition);
    return lane == null ? gone(partition) : Future.succeededFuture(describe(lane, to));
  }

  /**
   * Moves.
   *
   * @return fails with a {@link ControlRefused}, or with what Kafka says; then nothing is changed
   */
  Future<Move> move(TopicPartition partition, long to, String who) {
    Lane lane = lanes.lane(partition);
    if (lane == null) {
      return gone(partition);
    }
    String topicId = lane.topicId();
    if (topicId == null) {
      return Future.failedFuture(
          ControlRefused.conflict(partition + " has not begun yet; try again in a moment"));
    }
    if (!stops.beginMove(lane)) {
      return Future.failedFuture(ControlRefused.conflict(partition + " is being moved already"));
    }
    return atRest(lane)
        .compose(v -> resetLedger(partition, to))
        .compose(
            v -> {
              Move move = describe(lane, to);
              return commit(lane, new OffsetAndMetadata(to, topicId)).map(move);
            })
        .onSuccess(
            move -> {
              LOG.warn("{} is read from {} on, not from {}: {}", partition, to, move.from(), who);
              IngestMetrics.MOVED
                  .counter(
                      Meters.registry(), partition.topic(), String.valueOf(partition.partition()))
                  .increment();
            })
        .onComplete(done -> ended(partition));
  }

  private void ended(TopicPartition partition) {
    stops.endMove(partition);
    Lane lane = lanes.lane(partition);
    if (lane != null) {
      stops.apply(lane);
    }
  }

  private Future<Void> commit(Lane lane, OffsetAndMetadata to) {
    LaneConsumer consumer = lanes.consumer();
    if (consumer == null || !lanes.isCurrent(lane)) {
      return gone(lane.partition());
    }
    lanes.forgetPosition(lane.partition());
    return Future.fromCompletionStage(consumer.moveSoon(lane.partition(), to), context);
  }

  /**
   * The one place for whoever remembers, outside of Kafka, what of a partition was published: from
   * here on its records from {@code to} are to be published (again), and the lane stands still. The
   * position moves when this has completed, and stays if it fails.
   */
  @SuppressWarnings("unused") // Nobody remembers anything yet.
  private static Future<Void> resetLedger(TopicPartition partition, long to) {
    return Future.succeededFuture();
  }

  private Move describe(Lane lane, long to) {
    TopicPartition partition = lane.partition();
    long from = lanes.view().unfinished(lane);
    return new Move(partition.topic(), partition.partition(), from < 0 ? to : from, to);
  }

  private Future<Void> atRest(Lane lane) {
    Promise<Void> rested = Promise.promise();
    long end = System.nanoTime() + limit.toNanos();
    // Looked at often enough to see the moment between a refusal and the next attempt.
    vertx.setPeriodic(
        0,
        LOOK_MS,
        timer -> {
          boolean current = lanes.isCurrent(lane);
          if (current && !lane.isAtRest() && System.nanoTime() < end) {
            return;
          }
          vertx.cancelTimer(timer);
          if (!current) {
            rested.fail(ControlRefused.conflict(lane.partition() + " was given up meanwhile"));
          } else if (lane.isAtRest()) {
            rested.complete();
          } else {
            rested.fail(
                ControlRefused.unavailable(
                    "RabbitMQ has neither confirmed nor refused what was sent of %s within %s; it goes"
                            .formatted(lane.partition(), limit)
                        + " on as before, try again when RabbitMQ answers"));
          }
        });
    return rested.future();
  }

  private static <T> Future<T> gone(TopicPartition partition) {
    return Future.failedFuture(ControlRefused.conflict(partition + " is not ours any more"));
  }
}
