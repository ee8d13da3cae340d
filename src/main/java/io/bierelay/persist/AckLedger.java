package io.bierelay.persist;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Says up to which delivery tag a channel may be acknowledged at once.
 *
 * <p>Batches finish in any order, but an acknowledgement of several covers all that was delivered
 * before. So it only ever names the last of those finished deliveries that have no unfinished one
 * before them. What finished early waits for its elders; after a crash it is delivered again, and
 * storing again changes nothing. One per session. Not safe for several threads.
 */
final class AckLedger {

  private final Deque<Long> outstanding = new ArrayDeque<>();
  private final Set<Long> finished = new HashSet<>();

  /** A delivery arrived; call it in the order of arrival. */
  void delivered(long tag) {
    Long last = outstanding.peekLast();
    if (last != null && tag <= last) {
      throw new IllegalArgumentException("delivery tag " + tag + " came after " + last);
    }
    outstanding.addLast(tag);
  }

  /**
   * Deliveries are done with: stored, or confirmed as dead letters.
   *
   * @return the tag to acknowledge with everything before it; empty while an earlier delivery is
   *     unfinished
   */
  OptionalLong finished(Collection<Long> tags) {
    finished.addAll(tags);
    OptionalLong upTo = OptionalLong.empty();
    for (Long tag = outstanding.peekFirst();
        tag != null && finished.remove(tag);
        tag = outstanding.peekFirst()) {
      upTo = OptionalLong.of(tag);
      outstanding.removeFirst();
    }
    return upTo;
  }

  /** How many deliveries are not acknowledged. */
  int size() {
    return outstanding.size();
  }
}
