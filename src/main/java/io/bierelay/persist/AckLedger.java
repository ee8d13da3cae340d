package io.bierelay.persist;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * Says up to which delivery tag a channel may be acknowledged at once.
 *
 * <p>Batches finish in any order, but an acknowledgement of several covers all that was delivered
 * before. So it only ever names the last delivery of a finished batch that has no unfinished one
 * before it. What finished early waits for its elders; after a crash it is delivered again, and
 * storing again changes nothing. One per session. Not safe for several threads.
 */
final class AckLedger {

  private final Deque<Batch> batches = new ArrayDeque<>();

  /** Deliveries that follow one another without a gap, and are acknowledged together. */
  static final class Batch {
    private final long lastTag;
    private boolean finished;

    private Batch(long lastTag) {
      this.lastTag = lastTag;
    }
  }

  /**
   * All that was delivered since the last batch, up to this tag, is at work; call it in the order
   * of arrival.
   */
  Batch begun(long lastTag) {
    Batch newest = batches.peekLast();
    if (newest != null && lastTag <= newest.lastTag) {
      throw new IllegalArgumentException(
          "delivery tag " + lastTag + " came after " + newest.lastTag);
    }
    Batch batch = new Batch(lastTag);
    batches.addLast(batch);
    return batch;
  }

  /**
   * A batch is done with: stored, or confirmed as dead letters.
   *
   * @return the tag to acknowledge with everything before it; empty while an earlier batch is
   *     unfinished
   */
  OptionalLong finished(Batch batch) {
    batch.finished = true;
    OptionalLong upTo = OptionalLong.empty();
    for (Batch oldest = batches.peekFirst();
        oldest != null && oldest.finished;
        oldest = batches.peekFirst()) {
      upTo = OptionalLong.of(oldest.lastTag);
      batches.removeFirst();
    }
    return upTo;
  }

  /** How many batches are not acknowledged. */
  int size() {
    return batches.size();
  }
}
