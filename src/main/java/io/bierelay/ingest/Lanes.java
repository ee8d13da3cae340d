package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.event.LaneBus;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
 * <p>Its state lives on the verticle's event loop. The methods of {@link LaneEvents} are called on
 * the polling thread and hand over; only {@link #revoke} waits there for the answer.
 */
final class Lanes implements LaneEvents, Lane.Listener, Incarnations.Restarts {

  private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

  private final Vertx vertx;
  private final Context context;
  private final Map<String, EventType> topics;
  private final Duration drainTimeout;
  private final LaneDrain drain;
  private final LaneRoom.Shares shares;
  private final Map<TopicPartition, Lane> lanes = new HashMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> dirty = new HashMap<>();
  private final Incarnations incarnations;
  private final LaneStops stops;
  private final LaneView view;
  private final LaneGauges gauges;
  private @Nullable LaneContext laneContext;
  private @Nullable LaneConsumer consumer;
  private volatile boolean connected = true;
  private boolean stopping;
  private long epochs;

  Lanes(Vertx vertx, Context context, Settings settings, LaneGauges gauges, LaneStops stops) {
    this.vertx = vertx;
    this.context = context;
    this.topics = IngestSettings.topics(settings);
    this.drainTimeout = settings.get(IngestSettings.DRAIN_TIMEOUT);
    this.drain = new LaneDrain(vertx, context, drainTimeout);
    this.shares = LaneRoom.Shares.of(settings);
    this.gauges = gauges;
    this.stops = stops;
    this.view = new LaneView(settings.get(IngestSettings.GROUP), stops.pauses());
    this.incarnations = new Incarnations(vertx, this);
  }

  /** Before the consumer subscribes. */
  void attach(LaneContext laneContext, LaneConsumer consumer, String clientId) {
    this.laneContext = laneContext;
    incarnations.attach(laneContext.topicIds());
    this.consumer = consumer;
    this.connected = true;
    view.clientId(clientId);
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

  /**
   * Takes nothing more in, lets what is in flight be confirmed, and commits: before the consumer
   * leaves the group, which may no longer ask for it.
   */
  Future<Void> stop() {
    stopping = true;
    return drain
        .of(lanes.values())
        .compose(v -> drain.commitLast(consumer, List.copyOf(lanes.values())));
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

  @Override
  public void assigned(Collection<TopicPartition> partitions) {
    // The records of these partitions are handed over the same way, later: the lanes come first.
    context.runOnContext(v -> partitions.forEach(this::add));
  }

  @Override
  public void committedAtStart(Map<TopicPartition, Committed> offsets) {
    context.runOnContext(
        v ->
            offsets.forEach(
                (partition, offset) -> {
                  Lane lane = lanes.get(partition);
                  if (lane != null) {
                    view.committedAtStart(partition, offset.offset());
                    lane.committedAtStart(offset);
                  }
                }));
  }

  @Override
  public void restarted(TopicPartition partition) {
    context.runOnContext(
        v -> {
          if (lanes.containsKey(partition)) {
            end(List.of(partition));
            add(partition);
            Lane begun = lanes.get(partition);
            if (begun != null) {
              // What is committed, or remembered as published, is of no account any more.
              begun.startAnew();
            }
          }
        });
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
    context.runOnContext(v -> offsets.forEach((tp, o) -> view.committed(tp, o.offset())));
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
          view.snapshot(partitions.stream().filter(s -> lanes.containsKey(s.partition())).toList());
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

  @Override
  public LaneRoom room() {
    return shares.among(lanes.values());
  }

  @Override
  public void isAnotherTopic(Lane lane, String topicId) {
    LOG.warn(
        "topic {} was deleted and created again: partition {} begins anew, with id {}",
        lane.partition().topic(),
        lane.partition().partition(),
        topicId);
    restart(lane, LaneConsumer.BEGINNING);
  }

  @Override
  public void wentBack(Lane lane, long offset) {
    incarnations.lookInto(lane, offset);
  }

  @Override
  public boolean isCurrent(Lane lane) {
    return lanes.get(lane.partition()) == lane;
  }

  @Override
  public void restart(Lane lane, long offset) {
    LaneConsumer current = consumer;
    if (current != null && isCurrent(lane)) {
      gauges.restarted(lane.partition());
      dirty.remove(lane.partition());
      current.restartSoon(lane.partition(), offset);
    }
  }

  /** The topics' ids as Kafka tells them now. */
  void currentIds(Map<String, String> ids) {
    incarnations.compare(List.copyOf(lanes.values()), ids);
  }

  /** A notifier's broker takes nothing for the moment, or takes again. */
  void blocked(LaneBus.Blocked news) {
    view.blocked(news);
  }

  /** Has each stand still or go on, as things are now. */
  void applyStops() {
    lanes.values().forEach(stops::apply);
  }

  /** The lane of a partition; null if it is not ours. */
  @Nullable Lane lane(TopicPartition partition) {
    return lanes.get(partition);
  }

  /** Our partitions. */
  Set<TopicPartition> partitions() {
    return Set.copyOf(lanes.keySet());
  }

  /** Where the lanes stand. */
  LaneView view() {
    return view;
  }

  /** Null while there is none. */
  @Nullable LaneConsumer consumer() {
    return consumer;
  }

  /** What the lane has advanced is not committed any more, unless it already is. */
  void forgetPosition(TopicPartition partition) {
    dirty.remove(partition);
  }

  /** One object per partition, for whoever shows them: those that don't go on come first. */
  JsonArray describe() {
    return view.describe(lanes.values());
  }

  private void add(TopicPartition partition) {
    EventType type = topics.get(partition.topic());
    LaneContext shared = laneContext;
    if (type == null || shared == null) {
      LOG.error("was assigned {}, which is not subscribed", partition);
      return;
    }
    shared.topicIds().forget(partition.topic());
    incarnations.forget(partition);
    Lane lane = new Lane(vertx, shared, partition, type, ++epochs);
    Lane previous = lanes.put(partition, lane);
    if (previous != null) {
      previous.end(false);
    }
    // The old lane may have been filled after the polling thread had forgotten the partition.
    hasRoom(partition);
    gauges.add(partition, lane, view);
    stops.apply(lane);
    if (stopping) {
      var unused = lane.drain(); // It takes nothing in.
    }
    lane.start();
    LOG.info("{} is assigned, epoch {}", partition, lane.epoch());
  }

  private Future<Map<TopicPartition, OffsetAndMetadata>> drain(
      Collection<TopicPartition> partitions) {
    List<Lane> own = partitions.stream().map(lanes::get).filter(Objects::nonNull).toList();
    return drain.of(own).map(v -> end(partitions));
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
        lane.end(position != null && view.committedOf(lane) == position.offset());
        LOG.info("{} is given up, epoch {}", partition, lane.epoch());
      }
      dirty.remove(partition);
      view.forget(partition);
      gauges.remove(partition);
    }
    return positions;
  }
}
