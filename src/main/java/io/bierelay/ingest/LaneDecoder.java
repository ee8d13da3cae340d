package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.event.Outbound;
import io.bierelay.event.PoisonPolicy;
import io.bierelay.event.Quarantine;
import io.bierelay.ingest.EventDecoder.Received;
import io.bierelay.ingest.Lane.LaneContext;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The first half of a lane: received records wait here, are decoded one after the other, and wait
 * again until they are sent. Event loop.
 */
final class LaneDecoder {

  private final LaneContext context;
  private final EventType type;
  private final Consumer<String> held;
  private final Runnable decodedLater;
  private final Deque<Received> waiting = new ArrayDeque<>();
  private final Deque<Outbound> ready = new ArrayDeque<>();
  private long bytes;

  /** The head of the waiting is being decoded, or must be tried again. */
  private boolean busy;

  /** Counts what was cleared: a result that belongs to it comes too late. */
  private long generation;

  /**
   * @param held told why the next record can't be decoded for now; {@link #again} tries again
   * @param decodedLater told when a record is decoded that had to wait for somebody's answer
   */
  LaneDecoder(LaneContext context, EventType type, Consumer<String> held, Runnable decodedLater) {
    this.context = context;
    this.type = type;
    this.held = held;
    this.decodedLater = decodedLater;
  }

  void add(Received item) {
    waiting.add(item);
    bytes += item.size();
  }

  /**
   * Decodes as far as one batch ahead, which is enough to keep the sender busy.
   *
   * @return whether any record was decoded at once
   */
  boolean decode(String topicId) {
    boolean any = false;
    while (!busy && !waiting.isEmpty() && ready.size() < context.limits().batchRecords()) {
      Future<Outbound> decoded = context.decoder().decode(waiting.element(), type, topicId);
      if (decoded.succeeded()) {
        any |= accept(decoded.result());
      } else {
        busy = true;
        long own = generation;
        decoded.onComplete(
            done -> {
              if (own == generation) {
                complete(done);
              }
            });
      }
    }
    return any;
  }

  private void complete(AsyncResult<Outbound> done) {
    if (done.failed()) {
      held.accept(String.valueOf(done.cause().getMessage()));
    } else {
      busy = false;
      if (accept(done.result())) {
        decodedLater.run();
      }
    }
  }

  /** Tries the record again that could not be decoded. */
  void again() {
    busy = false;
  }

  /** From here on the JSON is what is held, and no longer the record. */
  private boolean accept(Outbound item) {
    if (item instanceof Quarantine poison && context.poison() == PoisonPolicy.HOLD) {
      busy = true;
      held.accept(
          "offset %d is poison (%s: %s) and %s is hold; mend its cause, or set quarantine"
              .formatted(
                  poison.origin().offset(),
                  poison.reason(),
                  poison.detail(),
                  PoisonPolicy.SETTING.key()));
      return false;
    }
    bytes += item.size() - waiting.remove().size();
    ready.add(item);
    return true;
  }

  boolean hasReady() {
    return !ready.isEmpty();
  }

  /**
   * Takes what was decoded, in order, at most a lane's worth of bytes but at least one.
   *
   * @param most how many items
   */
  List<Outbound> take(int most) {
    List<Outbound> items = new ArrayList<>();
    long size = 0;
    while (!ready.isEmpty() && items.size() < most && size < context.limits().bytes()) {
      Outbound item = ready.remove();
      size += item.size();
      items.add(item);
    }
    bytes -= size;
    return items;
  }

  /** Forgets everything; returns how many records that were. */
  int clear() {
    int count = items();
    waiting.clear();
    ready.clear();
    bytes = 0;
    busy = false;
    generation++;
    return count;
  }

  /** The time stamp of the oldest record that waits; null if none does, or it is not kept. */
  @Nullable Instant oldestRecordedAt() {
    Outbound decoded = ready.peek();
    if (decoded != null) {
      return decoded.recordedAt();
    }
    Received next = waiting.peek();
    return next == null ? null : Instant.ofEpochMilli(next.record().timestamp());
  }

  /** Records that wait, decoded or not. */
  int items() {
    return waiting.size() + ready.size();
  }

  /** What they take. */
  long bytes() {
    return bytes;
  }
}
