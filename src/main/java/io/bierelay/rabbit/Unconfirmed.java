package io.bierelay.rabbit;

import io.bierelay.rabbit.BatchPublisher.Detour;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one channel in confirm mode has written and the broker has not settled yet, by delivery tag.
 *
 * <p>Knows no channel and no thread: its owner guards it.
 */
final class Unconfirmed {

  private final Deque<Batch> batches = new ArrayDeque<>();

  /** The next return can't be of a message with an earlier tag: they come in the order of tags. */
  private long returnCursor;

  private int unsettled;

  /** Messages that were written one after the other, and what has become of each so far. */
  static final class Batch {
    final List<OutboundMessage> messages;
    final Promise<BitSet> promise = Promise.promise();

    /** Acknowledged or refused. */
    final BitSet settled;

    /** Sent back because no queue took them. */
    final BitSet returned = new BitSet();

    /** The batch whose returned message this one carries elsewhere; null for an ordinary one. */
    final @Nullable Batch detourOf;

    /** Where its returned messages go instead. */
    final @Nullable Detour detour;

    /** Detours of this batch that are under way. */
    int detours;

    /** How many messages the broker refused. */
    int refused;

    /** About what the messages take on the wire. */
    final long bytes;

    long firstTag = Long.MAX_VALUE;
    long sentNanos;

    Batch(List<OutboundMessage> messages, @Nullable Batch detourOf, @Nullable Detour detour) {
      this.messages = messages;
      this.detourOf = detourOf;
      this.detour = detour;
      this.settled = new BitSet(messages.size());
      this.bytes = OutboundMessage.bytes(messages);
    }

    String firstExchange() {
      return messages.get(0).exchange();
    }

    long lastTag() {
      return firstTag + messages.size() - 1;
    }

    /** Whether the broker, or the session's end, has nothing more to say about it. */
    boolean isDone() {
      return settled.cardinality() == messages.size() && detours == 0;
    }
  }

  /** One message of a batch. */
  record Position(Batch batch, int index) {

    OutboundMessage message() {
      return batch.messages.get(index);
    }
  }

  /**
   * A batch is about to be written: its messages will have consecutive tags, beginning with this
   * one. Call it before the first of them is written, so that no answer comes unexpected.
   */
  void add(Batch batch, long firstTag, long nanos) {
    batch.firstTag = firstTag;
    batch.sentNanos = nanos;
    batches.addLast(batch);
  }

  /** Messages of the newest batch that were written just now. */
  void written(int count) {
    unsettled += count;
  }

  /**
   * The broker acknowledged or refused.
   *
   * @param multiple all tags up to this one
   * @return the batches of which every message is settled now, oldest first
   */
  List<Batch> settle(long tag, boolean multiple, boolean refused) {
    List<Batch> complete = new ArrayList<>(1);
    Iterator<Batch> all = batches.iterator();
    while (all.hasNext()) {
      Batch batch = all.next();
      if (batch.firstTag > tag) {
        break;
      }
      if (!multiple && tag > batch.lastTag()) {
        continue;
      }
      int before = batch.settled.cardinality();
      if (multiple) {
        batch.settled.set(0, (int) Math.min(tag - batch.firstTag + 1, batch.messages.size()));
      } else {
        batch.settled.set((int) (tag - batch.firstTag));
      }
      int now = batch.settled.cardinality();
      unsettled -= now - before;
      batch.refused += refused ? now - before : 0;
      if (now == batch.messages.size()) {
        all.remove();
        complete.add(batch);
      }
    }
    return complete;
  }

  /**
   * The broker had no queue for a message. It says so before it settles that message.
   *
   * @return null if the message is not among those that are unsettled
   */
  @Nullable Position returned(@Nullable String messageId) {
    Position found = messageId == null ? null : find(messageId, returnCursor);
    if (found == null && messageId != null) {
      found = find(messageId, 0);
    }
    if (found != null) {
      returnCursor = found.batch().firstTag + found.index() + 1;
      found.batch().returned.set(found.index());
    }
    return found;
  }

  private @Nullable Position find(String messageId, long fromTag) {
    for (Batch batch : batches) {
      int first = (int) Math.max(0, fromTag - batch.firstTag);
      for (int i = first; i < batch.messages.size(); i++) {
        if (messageId.equals(batch.messages.get(i).properties().getMessageId())
            && !batch.returned.get(i)) {
          return new Position(batch, i);
        }
      }
    }
    return null;
  }

  /** Messages that are written and not settled. */
  int size() {
    return unsettled;
  }

  /** The oldest batch that is not settled; null if there is none. */
  @Nullable Batch oldest() {
    return batches.peekFirst();
  }

  /** Forgets everything: the channel is gone. */
  void clear() {
    batches.clear();
    unsettled = 0;
  }
}
