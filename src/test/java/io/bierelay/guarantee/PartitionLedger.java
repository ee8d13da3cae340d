package io.bierelay.guarantee;

import java.util.BitSet;

/**
 * What was put into one partition of one incarnation of a topic, and what came out of it: bits, so
 * that a million events need no memory to speak of. Safe for several threads.
 */
final class PartitionLedger {

  /** Where a record has to end. */
  enum Expected {
    /** At its type's exchange; or parked, where that is the policy. */
    NOTIFIED,
    /** At the dead-letter exchange. */
    QUARANTINED
  }

  private final String topic;
  private final String topicId;
  private final int partition;
  private final BitSet events = new BitSet();
  private final BitSet poison = new BitSet();
  private final BitSet notified = new BitSet();
  private final BitSet quarantined = new BitSet();
  private final BitSet parked = new BitSet();
  private long lastFirst = -1;
  private long lastParked = -1;
  private long outOfOrder;
  private long repeated;

  PartitionLedger(String topic, String topicId, int partition) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
  }

  /** Kafka took a record. */
  synchronized void published(long offset, Expected expected) {
    (expected == Expected.NOTIFIED ? events : poison).set((int) offset);
  }

  /**
   * A notification stood in the queue; called in the order of the queue.
   *
   * <p>Order is that of first publications: what is repeated was seen before, and a subscriber that
   * ignores ids it knows never sees it.
   */
  synchronized void notified(long offset) {
    if (notified.get((int) offset)) {
      repeated++;
      return;
    }
    notified.set((int) offset);
    if (offset < lastFirst) {
      outOfOrder++;
    } else {
      lastFirst = offset;
    }
  }

  /** A notification stood in the queue of parked ones; called in the order of that queue. */
  synchronized void parked(long offset) {
    if (parked.get((int) offset)) {
      repeated++;
      return;
    }
    parked.set((int) offset);
    if (offset < lastParked) {
      outOfOrder++;
    } else {
      lastParked = offset;
    }
  }

  /** A dead letter stood in the queue. */
  synchronized void quarantined(long offset) {
    if (quarantined.get((int) offset)) {
      repeated++;
    }
    quarantined.set((int) offset);
  }

  /** How many records Kafka took. */
  synchronized long published() {
    return events.cardinality() + poison.cardinality();
  }

  /** How many of them can never be decoded or published. */
  synchronized long poison() {
    return poison.cardinality();
  }

  /** The offset behind the last one that Kafka took; 0 if there is none. */
  synchronized long end() {
    return Math.max(events.length(), poison.length());
  }

  /** Records that are at neither of the places where they should be. */
  synchronized BitSet lost() {
    BitSet lost = (BitSet) events.clone();
    lost.andNot(notified);
    lost.andNot(parked);
    BitSet lostPoison = (BitSet) poison.clone();
    lostPoison.andNot(quarantined);
    lost.or(lostPoison);
    return lost;
  }

  /** What came out and should not have: never put in, or at the wrong place. */
  synchronized BitSet unexpected() {
    BitSet unexpected = (BitSet) notified.clone();
    unexpected.andNot(events);
    BitSet deadLetters = (BitSet) quarantined.clone();
    deadLetters.andNot(poison);
    unexpected.or(deadLetters);
    return unexpected;
  }

  /** How many were parked, because no queue was bound. */
  synchronized long parked() {
    return parked.cardinality();
  }

  /** First publications with an offset below one that was published before. */
  synchronized long outOfOrder() {
    return outOfOrder;
  }

  /** Publications beyond the first of the same record. */
  synchronized long repeated() {
    return repeated;
  }

  String topic() {
    return topic;
  }

  /** Kafka's id of the incarnation. */
  String topicId() {
    return topicId;
  }

  int partition() {
    return partition;
  }

  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
