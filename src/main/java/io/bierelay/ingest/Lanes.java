package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.ingest.Lane.LaneContext;
import io.bierelay.ingest.LaneConsumer.PartitionSnapshot;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of one consumer: one per assigned partition.
 *
 * <p>Its state lives on the verticle's event loop. The methods of {@link LaneConsumer.LaneEvents}
 * are called on the polling thread and hand over; only {@link #revoke} waits there for the answer.
 */
final class Lanes implements LaneConsumer.LaneEvents, Lane.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

  private final Vertx vertx;
  private final Context context;
  private final Map<String, EventType> topics;
  private final Duration drainTimeout;
  private final Map<TopicPartition, Lane> lanes = new HashMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> dirty = new HashMap<>();
  private final Map<TopicPartition, Long> committed = new HashMap<>();
  private final Map<TopicPartition, PartitionSnapshot> snapshots = new HashMap<>();
  private final LaneGauges gauges;
  private @Nullable LaneContext laneContext;
  private @Nullable LaneConsumer consumer;
  private volatile boolean connected = true;
  private long epochs;

  Lanes(
      Vertx vertx,
      Context context,
      Map<String, EventType> topics,
      Duration drainTimeout,
      LaneGauges gauges) {
    this.vertx = vertx;
    this.context = context;
    this.topics = topics;
    this.drainTimeout = drainTimeout;
    this.gauges = gauges;
  }

  /** Before the consumer subscribes. */
  void attach(LaneContext laneContext, LaneConsumer consumer) {
    this.laneContext = laneContext;
    this.consumer = consumer;
    this.connected = true;
  }

  /** Gives the records of one poll to their lanes. Event loop. */
  void accept(ConsumerRecords<byte[], byte[]> records) {
    Instant at = Instant.now();
    for (TopicPartition partition : records.partitions()) {
      Lane lane = lanes.get(partition);
      List<ConsumerRecord<byte[], byte[]>> own = records.records(partition);
      if (lane != null) {
        lane.offer(own, at);
      } else {
        LOG.debug("{} records of {} came after it was given up", own.size(), partition);
      }
    }
  }

  /** Asks the consumer to commit what moved since the last call. Event loop, at an interval. */
  void commit() {
    LaneConsumer current = consumer;
    if (current != null && !dirty.isEmpty()) {
      current.commitSoon(Map.copyOf(dirty));
      dirty.clear();
    }
  }

  /** The consumer is gone without a rebalance: nothing that is under way counts any more. */
  void endAll() {
    end(List.copyOf(lanes.keySet()));
    consumer = null;
  }

  /** Whether the consumer has a connection to any broker, as of the last snapshot. */
  boolean connected() {
    return connected;
  }

  int size() {
    return lanes.size();
  }

  @Override
  public void assigned(Collection<TopicPartition> partitions) {
    // The records of these partitions are handed over the same way, later: the lanes come first.
    context.runOnContext(v -> partitions.forEach(this::add));
  }

  @Override
  public Map<TopicPartition, OffsetAndMetadata> revoke(Collection<TopicPartition> partitions) {
    CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> drained = new CompletableFuture<>();
    context.runOnContext(
        v ->
            drain(partitions)
                .onSuccess(drained::complete)
                .onFailure(drained::completeExceptionally));
    try {
      return drained.get(drainTimeout.toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.warn("interrupted while giving up {}, the next owner will replay", partitions);
      return Map.of();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("gave up {} without a commit, the next owner will replay", partitions, e);
      return Map.of();
    }
  }

  @Override
  public void lost(Collection<TopicPartition> partitions) {
    LOG.warn("lost {} to another member; what was in flight may be published twice", partitions);
    context.runOnContext(v -> end(partitions));
  }

  @Override
  public void committed(Map<TopicPartition, OffsetAndMetadata> offsets) {
    context.runOnContext(v -> offsets.forEach((tp, o) -> committed.put(tp, o.offset())));
  }

  @Override
  public void commitFailed(Map<TopicPartition, OffsetAndMetadata> offsets, Exception e) {
    context.runOnContext(
        v -> {
          gauges.commitFailed();
          LOG.debug("commit failed, will be tried again: {}", e.toString());
          // A newer position may be waiting already; it says more.
          offsets.forEach(
              (tp, offset) -> {
                if (lanes.containsKey(tp)) {
                  dirty.putIfAbsent(tp, offset);
                }
              });
        });
  }

  @Override
  public void snapshot(List<PartitionSnapshot> partitions, boolean anyConnection) {
    context.runOnContext(
        v -> {
          connected = anyConnection;
          partitions.forEach(snapshot -> snapshots.put(snapshot.partition(), snapshot));
        });
  }

  @Override
  public void full(TopicPartition partition) {
    if (consumer != null) {
      consumer.hold(partition);
    }
  }

  @Override
  public void hasRoom(TopicPartition partition) {
    if (consumer != null) {
      consumer.release(partition);
    }
  }

  @Override
  public void advanced(Lane lane) {
    OffsetAndMetadata position = lane.position();
    if (position != null && lanes.get(lane.partition()) == lane) {
      dirty.put(lane.partition(), position);
    }
  }

  /** One object per partition, for whoever shows them: those that don't go on come first. */
  JsonArray describe() {
    JsonArray array = new JsonArray();
    lanes.values().stream()
        .sorted(
            Comparator.comparing((Lane lane) -> lane.reason().isEmpty())
                .thenComparing(lane -> lane.partition().topic())
                .thenComparing(lane -> lane.partition().partition()))
        .forEach(lane -> array.add(describe(lane)));
    return array;
  }

  private void add(TopicPartition partition) {
    EventType type = topics.get(partition.topic());
    LaneContext shared = laneContext;
    if (type == null || shared == null) {
      LOG.error("was assigned {}, which is not subscribed", partition);
      return;
    }
    shared.topicIds().forget(partition.topic());
    Lane lane = new Lane(vertx, shared, partition, type, ++epochs);
    Lane previous = lanes.put(partition, lane);
    if (previous != null) {
      previous.end();
    }
    gauges.add(partition, lane, () -> lag(partition));
    lane.start();
    LOG.info("{} is assigned, epoch {}", partition, lane.epoch());
  }

  private Future<Map<TopicPartition, OffsetAndMetadata>> drain(
      Collection<TopicPartition> partitions) {
    List<Future<Void>> drains = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      Lane lane = lanes.get(partition);
      if (lane != null) {
        drains.add(lane.drain());
      }
    }
    return Future.all(drains)
        .<Void>mapEmpty()
        .timeout(drainTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .otherwise(
            e -> {
              LOG.warn(
                  "{} were not drained within {}; what is in flight may be published twice",
                  partitions,
                  drainTimeout);
              return null;
            })
        .map(v -> end(partitions));
  }

  private Map<TopicPartition, OffsetAndMetadata> end(Collection<TopicPartition> partitions) {
    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
    for (TopicPartition partition : partitions) {
      Lane lane = lanes.remove(partition);
      if (lane != null) {
        OffsetAndMetadata position = lane.position();
        if (position != null) {
          positions.put(partition, position);
        }
        lane.end();
        LOG.info("{} is given up, epoch {}", partition, lane.epoch());
      }
      dirty.remove(partition);
      committed.remove(partition);
      snapshots.remove(partition);
      gauges.remove(partition);
    }
    return positions;
  }

  private long committedOf(TopicPartition partition) {
    PartitionSnapshot snapshot = snapshots.get(partition);
    return committed.getOrDefault(partition, snapshot == null ? -1L : snapshot.committedAtStart());
  }

  /**
   * From the committed offset to the end: what would be received again and what is still to come.
   */
  private long lag(TopicPartition partition) {
    PartitionSnapshot snapshot = snapshots.get(partition);
    if (snapshot == null || snapshot.endOffset() < 0) {
      return -1;
    }
    long done = committedOf(partition);
    Lane lane = lanes.get(partition);
    long from = done >= 0 || lane == null ? done : snapshot.position() - lane.inFlight();
    return from < 0 ? -1 : Math.max(0, snapshot.endOffset() - from);
  }

  private JsonObject describe(Lane lane) {
    TopicPartition partition = lane.partition();
    PartitionSnapshot snapshot = snapshots.get(partition);
    long committedOffset = committedOf(partition);
    // The snapshot is up to a second old; what is committed since was certainly fetched.
    long position = Math.max(snapshot == null ? -1 : snapshot.position(), committedOffset);
    long endOffset =
        snapshot == null || snapshot.endOffset() < 0
            ? -1
            : Math.max(snapshot.endOffset(), position);
    String state = lane.isDraining() ? "draining" : lane.reason().isEmpty() ? "running" : "held";
    return new JsonObject()
        .put("topic", partition.topic())
        .put("partition", partition.partition())
        .put("eventType", lane.type().name())
        .put("exchange", lane.type().exchange())
        .put("state", state)
        .put("reason", lane.reason())
        .put("since", lane.since().toString())
        .put("epoch", lane.epoch())
        .put("position", position)
        .put("committed", committedOffset)
        .put("endOffset", endOffset)
        .put("lag", lag(partition))
        .put("inFlight", lane.inFlight())
        .put("lastError", lane.lastError());
  }
}
