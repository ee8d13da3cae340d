package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.bierelay.event.Skipped;
import io.bierelay.ingest.EventDecoder.Received;
import io.bierelay.metrics.Metric;
import io.bierelay.retry.Backoff;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * All that happens to one partition during one assignment, in order: received, decoded, sent to the
 * notifier, confirmed. Lives on one event loop.
 *
 * <pre>
 *   records ──▶ waiting ──decode──▶ ready ──batch──▶ {@link LaneSender} ──confirmed, head only──▶ position
 * </pre>
 *
 * <p>What is under way is bounded in records and bytes; a full lane has its partition paused.
 */
final class Lane implements LaneSender.Listener {

  private final Vertx vertx;
  private final LaneContext context;
  private final TopicPartition partition;
  private final EventType type;
  private final long epoch;
  private final LaneSender sender;
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
  private final Counter received;
  private final Counter confirmed;
  private final Deque<Received> waiting = new ArrayDeque<>();
  private final Deque<Outbound> ready = new ArrayDeque<>();
  private final Promise<Void> drained = Promise.promise();
  private @Nullable String topicId;
  private int records;
  private long bytes;
  private boolean decoding;
  private boolean draining;
  private boolean ended;
  private long nextOffset = -1;
  private String reason = "";
  private String lastError = "";
  private Instant since = Instant.now();

  /** Shared by the lanes of one consumer. */
  record LaneContext(
      EventDecoder decoder,
      TopicIds topicIds,
      Limits limits,
      MeterRegistry meters,
      Listener listener) {}

  /** How much a lane may have under way. */
  record Limits(
      int records, long bytes, int batchRecords, int batchesInFlight, Duration replyTimeout) {}

  /** What a lane tells its owner, on the event loop. */
  interface Listener {
    /** The lane is full: fetch no more of the partition. */
    void full(TopicPartition partition);

    /** The lane has room again. */
    void hasRoom(TopicPartition partition);

    /** There is a new position to commit. */
    void advanced(Lane lane);
  }

  Lane(Vertx vertx, LaneContext context, TopicPartition partition, EventType type, long epoch) {
    this.vertx = vertx;
    this.context = context;
    this.partition = partition;
    this.type = type;
    this.epoch = epoch;
    this.sender = new LaneSender(vertx, partition, type.name(), epoch, context.limits(), this);
    String[] tags = {partition.topic(), String.valueOf(partition.partition())};
    this.received = IngestMetrics.RECEIVED.counter(context.meters(), tags);
    this.confirmed = IngestMetrics.CONFIRMED.counter(context.meters(), tags);
  }

  /** Learns the topic's id, without which no event has an identity; records may come meanwhile. */
  void start() {
    context
        .topicIds()
        .idOf(partition.topic())
        .onSuccess(
            id -> {
              topicId = id;
              goesOn();
              proceed();
            })
        .onFailure(e -> retry(e, this::start));
  }

  /** Takes records in the order of their offsets. */
  void offer(List<ConsumerRecord<byte[], byte[]>> incoming, Instant at) {
    if (ended || draining) {
      return;
    }
    for (ConsumerRecord<byte[], byte[]> record : incoming) {
      Received item = new Received(record, at);
      waiting.add(item);
      bytes += item.size();
    }
    records += incoming.size();
    received.increment(incoming.size());
    if (records >= context.limits().records() || bytes >= context.limits().bytes()) {
      context.listener().full(partition);
    }
    proceed();
  }

  /**
   * Takes nothing more in and completes when all that was sent is confirmed. The caller sets the
   * bound on that, and ends the lane.
   */
  Future<Void> drain() {
    draining = true;
    discardUnsent();
    completeDrain();
    return drained.future();
  }

  /** From now on nothing that still arrives has any effect. */
  void end() {
    ended = true;
    discardUnsent();
    discarded(records);
    records = 0;
    sender.end();
    drained.tryComplete();
  }

  @Override
  public void confirmed(List<Outbound> head) {
    for (Outbound item : head) {
      bytes -= item.size();
      count(item);
    }
    records -= head.size();
    nextOffset = head.get(head.size() - 1).origin().offset() + 1;
    goesOn();
    if (records <= context.limits().records() / 2 && bytes <= context.limits().bytes() / 2) {
      context.listener().hasRoom(partition);
    }
    context.listener().advanced(this);
    completeDrain();
  }

  @Override
  public void held(Throwable e) {
    String why = String.valueOf(e.getMessage());
    if (reason.isEmpty()) {
      since = Instant.now();
    }
    reason = why;
    lastError = why;
  }

  @Override
  public void proceed() {
    if (ended || draining) {
      return;
    }
    decodeWaiting();
    while (!ready.isEmpty() && sender.canSend()) {
      sender.send(nextBatch());
      decodeWaiting();
    }
  }

  private List<Outbound> nextBatch() {
    List<Outbound> items = new ArrayList<>();
    long size = 0;
    while (!ready.isEmpty()
        && items.size() < context.limits().batchRecords()
        && size < context.limits().bytes()) {
      Outbound item = ready.remove();
      size += item.size();
      items.add(item);
    }
    return items;
  }

  private void decodeWaiting() {
    String id = topicId;
    // One batch ahead is enough to keep the sender busy.
    while (id != null
        && !decoding
        && !waiting.isEmpty()
        && ready.size() < context.limits().batchRecords()) {
      Future<Outbound> decoded = context.decoder().decode(waiting.element(), type, id);
      if (decoded.succeeded()) {
        decoded(decoded.result());
      } else {
        decoding = true;
        decoded.onSuccess(this::decodedLater).onFailure(e -> retry(e, this::decodeAgain));
      }
    }
  }

  /** From here on the JSON is what is held, and no longer the record. */
  private void decoded(Outbound item) {
    bytes += item.size() - waiting.remove().size();
    ready.add(item);
  }

  private void decodedLater(Outbound item) {
    if (ended || draining) {
      return;
    }
    decoding = false;
    decoded(item);
    goesOn();
    proceed();
  }

  private void decodeAgain() {
    decoding = false;
    proceed();
  }

  private void retry(Throwable e, Runnable again) {
    if (ended) {
      return;
    }
    held(e);
    vertx.setTimer(
        backoff.nextMs(),
        timer -> {
          if (!ended) {
            again.run();
          }
        });
  }

  private void goesOn() {
    backoff.reset();
    if (!reason.isEmpty()) {
      reason = "";
      since = Instant.now();
    }
  }

  private void count(Outbound item) {
    if (item instanceof Quarantine quarantine) {
      count(IngestMetrics.QUARANTINED, quarantine.reason());
    } else if (item instanceof Skipped skipped) {
      count(IngestMetrics.SKIPPED, skipped.reason());
    } else {
      confirmed.increment();
    }
  }

  private void count(Metric metric, String why) {
    metric
        .counter(context.meters(), partition.topic(), String.valueOf(partition.partition()), why)
        .increment();
  }

  private void discardUnsent() {
    int unsent = waiting.size() + ready.size();
    records -= unsent;
    bytes -= waiting.stream().mapToLong(Received::size).sum();
    bytes -= ready.stream().mapToLong(Outbound::size).sum();
    waiting.clear();
    ready.clear();
    discarded(unsent);
  }

  private void discarded(int count) {
    if (count > 0) {
      IngestMetrics.DISCARDED
          .counter(context.meters(), partition.topic(), String.valueOf(partition.partition()))
          .increment(count);
    }
  }

  private void completeDrain() {
    if (draining && sender.isEmpty()) {
      drained.tryComplete();
    }
  }

  TopicPartition partition() {
    return partition;
  }

  EventType type() {
    return type;
  }

  long epoch() {
    return epoch;
  }

  /** Records received and not yet confirmed. */
  int inFlight() {
    return records;
  }

  /** The offset behind the last one that is confirmed with all before it; null if there is none. */
  @Nullable OffsetAndMetadata position() {
    return nextOffset < 0 ? null : new OffsetAndMetadata(nextOffset);
  }

  /** Why it does not go on; empty when it does. */
  String reason() {
    return reason;
  }

  /** Since when it has been in its state. */
  Instant since() {
    return since;
  }

  /** The last failure, even if it is over; empty if there was none. */
  String lastError() {
    return lastError;
  }

  boolean isDraining() {
    return draining;
  }
}
