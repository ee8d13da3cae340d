package io.bierelay.notify;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.Outbound;
import io.bierelay.notify.LedgerRule.Trust;
import io.bierelay.rabbit.BatchPublisher;
import io.bierelay.rabbit.LedgerQueue;
import io.bierelay.rabbit.OutboundMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes one lane's batches on a channel of its own and keeps the partition's ledger: what it
 * says never runs ahead of what is true. Context of the notifier.
 *
 * <p>A batch goes out in parts. A note says up to where all parts are confirmed; it is written
 * while there is none under way, at most every few milliseconds, and supersedes the one before.
 * Notes and notifications share the channel, whose order the broker keeps.
 *
 * <p>Where also counts what was merely routed, each part is one transaction with its note, and the
 * next waits for it.
 */
final class LaneLedger {

  private static final Logger LOG = LoggerFactory.getLogger(LaneLedger.class);

  /** A note costs as much as a small notification: at most 40 per second and partition. */
  private static final long NOTE_MS = 25;

  private final Vertx vertx;
  private final OpenRequest lane;
  private final LedgerQueue queue;
  private final BatchPublisher publisher;
  private final BatchDelivery delivery;
  private final Trust trust;
  private final int part;
  private final String life;
  private final Runnable noteLost;
  private final Deque<Part> parts = new ArrayDeque<>();
  private final Promise<Void> closed = Promise.promise();
  private Future<BatchReply> turn = Future.succeededFuture(BatchReply.allConfirmed());
  private long routed;
  private long confirmed;
  private boolean mute;
  private boolean failed;
  private boolean noteDue;
  private boolean noteUnderWay;
  private boolean closing;
  private boolean committed;
  private long noteTimer = -1;

  private static final class Part {
    final long last;
    boolean done;
    boolean failed;

    Part(long last) {
      this.last = last;
    }
  }

  /**
   * @param part how many go out at once
   * @param confirmed everything up to this offset is done with; -1 if nothing is
   * @param noteLost told when no queue took a note: somebody has deleted the ledger
   */
  LaneLedger(
      Vertx vertx,
      OpenRequest lane,
      LedgerQueue queue,
      BatchPublisher publisher,
      BatchDelivery delivery,
      Trust trust,
      int part,
      String life,
      long confirmed,
      Runnable noteLost) {
    this.vertx = vertx;
    this.lane = lane;
    this.queue = queue;
    this.publisher = publisher;
    this.delivery = delivery;
    this.trust = trust;
    this.part = part;
    this.life = life;
    this.noteLost = noteLost;
    this.routed = confirmed;
    this.confirmed = confirmed;
  }

  /** Keeps no ledger, because the queue of that name is another thing. */
  LaneLedger muted() {
    mute = true;
    return this;
  }

  /** Writes the first note; from its confirm on the ledger is this lane's. */
  Future<Void> begin() {
    return mute ? Future.succeededFuture() : publisher.publish(List.of(note()));
  }

  /** Publishes; completes when every item is done with. */
  Future<BatchReply> publish(List<Outbound> items) {
    List<Future<BatchReply>> replies = new ArrayList<>();
    for (int from = 0; from < items.size(); from += part) {
      replies.add(publishPart(items.subList(from, Math.min(items.size(), from + part))));
    }
    return Future.join(replies).map(all -> joined(all.list()));
  }

  /** Takes nothing more; completes when nothing is under way, with the last word in the ledger. */
  Future<Void> close(boolean positionCommitted) {
    closing = true;
    committed = positionCommitted;
    noteDue = true;
    goOn();
    return closed.future();
  }

  /** Writes the note again: the ledger is a new one. */
  void again() {
    noteDue = true;
    goOn();
  }

  private Future<BatchReply> publishPart(List<Outbound> items) {
    Part next = new Part(items.get(items.size() - 1).origin().offset());
    parts.add(next);
    Future<BatchReply> sent;
    if (trust == Trust.ROUTED) {
      turn = turn.transform(before -> sendNoted(next, items));
      sent = turn;
    } else {
      routed = Math.max(routed, next.last);
      sent = delivery.deliver(publisher, items);
    }
    return sent.onComplete(
        done -> {
          next.done = true;
          next.failed = done.failed();
          settle();
        });
  }

  /** What is behind a part that failed must not overtake it: all of it comes again. */
  private Future<BatchReply> sendNoted(Part next, List<Outbound> items) {
    if (failed) {
      return Future.failedFuture(new IllegalStateException("what was sent before it failed"));
    }
    routed = Math.max(routed, next.last);
    return delivery.deliver(publisher, items, mute ? null : note(next.last), noteLost);
  }

  private void settle() {
    while (!parts.isEmpty() && parts.element().done) {
      Part part = parts.remove();
      failed |= part.failed;
      if (!failed) {
        confirmed = part.last;
      }
      noteDue = true;
    }
    goOn();
  }

  /** One note at a time, not too often; what came meanwhile is in the next one. */
  private void goOn() {
    if (closing && parts.isEmpty() && !noteUnderWay && (mute || !noteDue)) {
      vertx.cancelTimer(noteTimer);
      closed.tryComplete();
      return;
    }
    boolean last = closing && parts.isEmpty();
    boolean noted = trust == Trust.ROUTED && !parts.isEmpty();
    boolean wait = ((noteTimer >= 0 && !last) || noted) && !failed;
    if (mute || !noteDue || noteUnderWay || wait) {
      return;
    }
    writeNote();
  }

  private void writeNote() {
    noteDue = false;
    noteUnderWay = true;
    vertx.cancelTimer(noteTimer);
    noteTimer =
        vertx.setTimer(
            NOTE_MS,
            timer -> {
              noteTimer = -1;
              goOn();
            });
    publisher
        .publish(List.of(note()), returned -> null)
        .onSuccess(
            returned -> {
              if (!returned.isEmpty()) {
                noteLost.run();
              }
            })
        .onFailure(e -> LOG.debug("note of {} not written: {}", queue.ledger(), e.toString()))
        .onComplete(
            done -> {
              noteUnderWay = false;
              goOn();
            });
  }

  /**
   * After a failure nothing that was routed counts: the broker may have refused it, or found no
   * queue for it.
   */
  private OutboundMessage note() {
    return note(failed ? confirmed : routed);
  }

  private OutboundMessage note(long reached) {
    boolean known = committed && closing && parts.isEmpty() && !failed;
    LedgerNote note =
        new LedgerNote(lane.topicId(), reached, confirmed, lane.committed(), known, life);
    return queue.note(note.write(lane.topic(), lane.partition()));
  }

  private BatchReply joined(List<BatchReply> replies) {
    if (replies.stream().allMatch(BatchReply::isAllConfirmed)) {
      return BatchReply.allConfirmed();
    }
    BitSet parked = new BitSet();
    BitSet dropped = new BitSet();
    BitSet oversized = new BitSet();
    for (int i = 0; i < replies.size(); i++) {
      shift(replies.get(i).parked(), i * part, parked);
      shift(replies.get(i).dropped(), i * part, dropped);
      shift(replies.get(i).oversized(), i * part, oversized);
    }
    return new BatchReply(parked, dropped, oversized);
  }

  private static void shift(BitSet from, int by, BitSet into) {
    from.stream().forEach(i -> into.set(i + by));
  }
}
