package io.bierelay.ingest;

import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.LaneBus.Resume;
import io.bierelay.event.Outbound;
import io.bierelay.event.Skipped;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the broker remembers of a lane's partition, and what follows from it: which records are
 * published already and must not be published again. Event loop.
 */
final class LaneMemory {

  /** The reason that such a record is skipped with. */
  static final String PUBLISHED = "already-published";

  private static final Logger LOG = LoggerFactory.getLogger(LaneMemory.class);

  private final TopicPartition partition;
  private final String eventType;
  private final long epoch;
  private String topicId = "";
  private long committed = -1;
  private boolean reset;
  private Resume resume = Resume.NOTHING;

  LaneMemory(TopicPartition partition, String eventType, long epoch) {
    this.partition = partition;
    this.eventType = eventType;
    this.epoch = epoch;
  }

  /**
   * Which incarnation of the topic the lane reads, and where it begins.
   *
   * @param committedOffset -1 if nothing was committed
   */
  void begin(String id, long committedOffset) {
    topicId = id;
    committed = committedOffset;
  }

  /** The next opening asks the broker to forget what it knows of the partition. */
  void forget() {
    reset = true;
  }

  /** What a notifier is asked. */
  OpenRequest request() {
    return new OpenRequest(
        partition.topic(), partition.partition(), epoch, eventType, topicId, committed, reset);
  }

  /** What it answered. */
  void opened(Resume known) {
    reset = false;
    if (known.offset() > Math.max(committed, resume.offset())) {
      LOG.info(
          "{} goes on at offset {}: what is before it is published, by {}",
          partition,
          known.offset(),
          known.ledger());
    }
    resume = known;
  }

  /**
   * The same items; those that are published already are only skipped.
   *
   * <p>An offset below the committed one means that Kafka gave the committed one up: what the
   * broker remembers then is of a log that is gone.
   */
  List<Outbound> withoutPublished(List<Outbound> items) {
    if (items.get(0).origin().offset() >= resume.offset()
        || items.get(0).origin().offset() < committed) {
      return items;
    }
    List<Outbound> all = new ArrayList<>(items.size());
    for (Outbound item : items) {
      boolean published = item.origin().offset() < resume.offset() && !(item instanceof Skipped);
      all.add(
          published ? new Skipped(item.id(), item.origin(), item.eventType(), PUBLISHED) : item);
    }
    return all;
  }

  /** The queue that remembers; empty if none does. */
  String ledger() {
    return resume.ledger();
  }

  /** The queue that keeps other owners out; empty if none does. */
  String lock() {
    return resume.lock();
  }

  /** Why what was published before is not known, though it should be; empty if it is. */
  String doubt() {
    return resume.doubt();
  }
}
