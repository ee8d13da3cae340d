package io.bierelay.ingest;

import io.bierelay.event.BatchReply;
import io.bierelay.event.EventType;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.Outbound;
import io.bierelay.ingest.EventDecoder.Received;
import io.bierelay.retry.Backoff;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
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
 * <p>What is under way is bounded in records and bytes; a full lane has its partition paused. It
 * begins to decode when it knows which incarnation of the topic it reads, and that the committed
 * offset belongs to the same.
 */
final class Lane implements LaneSender.Listener {

  private final Vertx vertx;
  private final LaneContext context;
  private final TopicPartition partition;
  private final EventType type;
  private final long epoch;
  private final LaneMemory memory;
  private final LaneSender sender;
  private final LaneAccounts accounts;
  private final LaneCondition condition = new LaneCondition();
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
  private final LaneDecoder decoder;
  private final Promise<Void> drained = Promise.promise();
  private @Nullable Committed committed;
  private @Nullable String topicId;
  private boolean begun;

  /** Whether something must be tried again before anything more is sent. */
  private boolean stuck;

  private boolean draining;
  private boolean still;
  private boolean outOfStep;
  private boolean ended;
  private long nextToReceive = -1;
  private long nextOffset = -1;

  /** What a lane tells its owner, on the event loop. */
  interface Listener {
    /** The lane is full: fetch no more of the partition. */
    void full(TopicPartition partition);

    /** The lane has room again. */
    void hasRoom(TopicPartition partition);

    /** There is a new position to commit. */
    void advanced(Lane lane);

    /** The topic was created again since the committed offset: the partition begins anew. */
    void isAnotherTopic(Lane lane, String topicId);

    /** A record came with an offset below the one before it; this lane takes no more. */
    void wentBack(Lane lane, long offset);

    /** How much one lane may have under way, as things are now. */
    LaneRoom room();
  }

  Lane(Vertx vertx, LaneContext context, TopicPartition partition, EventType type, long epoch) {
    this.vertx = vertx;
    this.context = context;
    this.partition = partition;
    this.type = type;
    this.epoch = epoch;
    this.memory = new LaneMemory(partition, type.name(), epoch);
    this.sender =
        new LaneSender(context.notifiers(), memory, context.limits(), context.budget(), this);
    this.accounts = new LaneAccounts(context.meters(), partition);
    this.decoder = new LaneDecoder(context, type, this::decodingHeld, this::decodedLater);
  }

  /** Learns the topic's id, without which no event has an identity; records may come meanwhile. */
  void start() {
    context
        .topicIds()
        .idOf(partition.topic())
        .onSuccess(
            id -> {
              topicId = id;
              begin();
            })
        .onFailure(e -> retry(String.valueOf(e.getMessage()), this::start));
  }

  /** What was published before is of no account: it begins where it was told to. */
  void startAnew() {
    memory.forget();
    committedAtStart(Committed.NOTHING);
  }

  /** What makes a notifier forget what was published; the lane's own session is over with it. */
  OpenRequest forgetPublished() {
    memory.forget();
    return memory.request();
  }

  /** Learns what the group had committed when the partition was assigned. */
  void committedAtStart(Committed offset) {
    if (committed == null) {
      committed = offset;
      begin();
    }
  }

  private void begin() {
    Committed known = committed;
    String id = topicId;
    if (ended || begun || known == null || id == null) {
      return;
    }
    if (known.isOfAnother(id)) {
      outOfStep = true;
      condition.held("the topic was deleted and created again: its partitions begin anew");
      context.listener().isAnotherTopic(this, id);
      return;
    }
    begun = true;
    memory.begin(id, known.offset());
    unstuck();
    proceed();
  }

  /** Takes records in the order of their offsets. */
  void offer(List<ConsumerRecord<byte[], byte[]>> incoming, Instant at) {
    if (ended || draining || outOfStep) {
      return;
    }
    int taken = 0;
    for (ConsumerRecord<byte[], byte[]> record : incoming) {
      if (record.offset() < nextToReceive) {
        outOfStep = true;
        break;
      }
      nextToReceive = record.offset() + 1;
      decoder.add(new Received(record, at));
      taken++;
    }
    accounts.received(taken);
    if (outOfStep) {
      long offset = incoming.get(taken).offset();
      condition.held("Kafka gave offset %d after %d".formatted(offset, nextToReceive - 1));
      context.listener().wentBack(this, offset);
    } else if (context.listener().room().isFull(inFlight(), bytes())) {
      context.listener().full(partition);
    }
    proceed();
  }

  /** Takes nothing more in; completes when all that was sent is confirmed. The caller ends it. */
  Future<Void> drain() {
    draining = true;
    discardUnsent();
    completeDrain();
    return drained.future();
  }

  /** Whether it sends nothing more: what is sent is finished, what comes fills the lane. */
  void stand(boolean standsStill) {
    still = standsStill;
    proceed();
  }

  /**
   * From now on nothing that still arrives has any effect.
   *
   * @param committed whether Kafka has stored its position
   */
  void end(boolean committed) {
    if (ended) {
      return;
    }
    ended = true;
    discardUnsent();
    accounts.discarded(sender.items());
    sender.end(committed);
    drained.tryComplete();
  }

  @Override
  public void confirmed(List<Outbound> head, BatchReply reply) {
    accounts.completed(head, reply);
    nextOffset = head.get(head.size() - 1).origin().offset() + 1;
    if (!stuck) {
      condition.goesOn();
    }
    if (context.listener().room().isHalfEmpty(inFlight(), bytes())) {
      context.listener().hasRoom(partition);
    }
    context.listener().advanced(this);
    completeDrain();
  }

  @Override
  public void held(Throwable e) {
    condition.held(String.valueOf(e.getMessage()));
  }

  @Override
  public void proceed() {
    if (ended || draining || still) {
      return;
    }
    decodeWaiting();
    while (decoder.hasReady()) {
      int room = sender.room();
      if (room == 0) {
        return;
      }
      sender.send(decoder.take(room));
      decodeWaiting();
    }
  }

  private void decodeWaiting() {
    String id = topicId;
    if (begun && id != null && decoder.decode(id) && stuck) {
      unstuck();
    }
  }

  private void decodingHeld(String why) {
    retry(why, this::decodeAgain);
  }

  private void decodeAgain() {
    decoder.again();
    proceed();
  }

  private void decodedLater() {
    if (!ended && !draining) {
      if (stuck) {
        unstuck();
      }
      proceed();
    }
  }

  private void retry(String why, Runnable again) {
    if (ended) {
      return;
    }
    stuck = true;
    condition.held(why);
    vertx.setTimer(backoff.nextMs(), timer -> ifNotEnded(again));
  }

  private void ifNotEnded(Runnable what) {
    if (!ended) {
      what.run();
    }
  }

  private void unstuck() {
    stuck = false;
    backoff.reset();
    condition.goesOn();
  }

  private void discardUnsent() {
    accounts.discarded(decoder.clear());
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

  /** The incarnation of the topic that it reads; null before it is known. */
  @Nullable String topicId() {
    return topicId;
  }

  /** Records received and not yet done with, counted where they are. */
  int inFlight() {
    return decoder.items() + sender.items();
  }

  private long bytes() {
    return decoder.bytes() + sender.bytes();
  }

  LaneAccounts accounts() {
    return accounts;
  }

  /** The time stamp of the oldest record that it holds; null if it holds none, or has no time. */
  @Nullable Instant oldestHeld() {
    Outbound sent = sender.oldest();
    Instant oldest = sent == null ? decoder.oldestRecordedAt() : sent.recordedAt();
    return oldest == null || oldest.toEpochMilli() <= 0 ? null : oldest;
  }

  /** Behind the last one that is confirmed with all before it; -1 before the first. */
  long nextOffset() {
    return nextOffset;
  }

  boolean isAtRest() {
    return sender.isAtRest();
  }

  /**
   * The offset behind the last one that is confirmed with all before it; null if there is none. It
   * says of which incarnation of the topic it is: an offset of another one means nothing.
   */
  @Nullable OffsetAndMetadata position() {
    String id = topicId;
    return nextOffset < 0 || id == null ? null : new OffsetAndMetadata(nextOffset, id);
  }

  LaneCondition condition() {
    return condition;
  }

  /** How long RabbitMQ's confirm of the oldest batch has been missing, in milliseconds. */
  long oldestMs() {
    return sender.oldestMs();
  }

  LaneMemory memory() {
    return memory;
  }

  String notifier() {
    return sender.address();
  }

  boolean isDraining() {
    return draining;
  }
}
