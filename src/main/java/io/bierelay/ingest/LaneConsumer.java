package io.bierelay.ingest;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A native consumer that does on its polling thread what must happen there: it blocks a revocation
 * until the partitions are drained and committed, commits, pauses and resumes between two polls.
 *
 * <p>vertx-kafka-client polls it. Its own rebalance handlers run later on the event loop, when the
 * partition already belongs to somebody else, so the listener is wrapped here. Everything else that
 * touches the consumer waits in a mailbox for the next poll: no task competes with polling.
 */
final class LaneConsumer extends KafkaConsumer<byte[], byte[]> {

  private static final Logger LOG = LoggerFactory.getLogger(LaneConsumer.class);
  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(5);
  private static final long SNAPSHOT_NANOS = Duration.ofSeconds(1).toNanos();

  private final LaneEvents events;
  private final Map<TopicPartition, OffsetAndMetadata> toCommit = new ConcurrentHashMap<>();
  private final Set<TopicPartition> held = ConcurrentHashMap.newKeySet();
  private final Map<TopicPartition, Long> committedAtStart = new HashMap<>();
  private long lastSnapshot = System.nanoTime() - SNAPSHOT_NANOS;

  /**
   * What the consumer tells; every method is called on the polling thread.
   *
   * <p>{@link #revoke} may block: the group waits for it, bounded by {@code max.poll.interval.ms}.
   */
  interface LaneEvents {
    /** New partitions are ours. Their records come after this call has returned. */
    void assigned(Collection<TopicPartition> partitions);

    /** Drains the partitions and returns what is to be committed before they are given up. */
    Map<TopicPartition, OffsetAndMetadata> revoke(Collection<TopicPartition> partitions);

    /** The partitions belong to somebody else already: nothing of them may be committed. */
    void lost(Collection<TopicPartition> partitions);

    /** Kafka has stored these offsets. */
    void committed(Map<TopicPartition, OffsetAndMetadata> offsets);

    /** Kafka has not stored these offsets; they are still to be committed. */
    void commitFailed(Map<TopicPartition, OffsetAndMetadata> offsets, Exception e);

    /** About once a second: where each partition stands, and whether any broker is connected. */
    void snapshot(List<PartitionSnapshot> partitions, boolean connected);
  }

  /**
   * Where the consumer stands in one partition.
   *
   * @param position the offset that is fetched next; -1 if not known
   * @param endOffset where the partition ends; -1 if not known
   * @param committedAtStart what the group had committed when the partition was assigned; -1 if
   *     nothing, or not known
   */
  record PartitionSnapshot(
      TopicPartition partition, long position, long endOffset, long committedAtStart) {}

  /** May look up host names, which blocks. */
  LaneConsumer(Properties properties, LaneEvents events) {
    super(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.events = events;
  }

  /** Asks for a commit with one of the next polls. Any thread. */
  void commitSoon(Map<TopicPartition, OffsetAndMetadata> offsets) {
    toCommit.putAll(offsets);
  }

  /** Fetches no more of a partition, from the next poll on. Any thread. */
  void hold(TopicPartition partition) {
    held.add(partition);
  }

  /** Fetches a partition again, from the next poll on. Any thread. */
  void release(TopicPartition partition) {
    held.remove(partition);
  }

  @Override
  public void subscribe(Collection<String> topics, ConsumerRebalanceListener ignored) {
    super.subscribe(topics, new Rebalance());
  }

  @Override
  public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    applyHolds();
    commitPending();
    ConsumerRecords<byte[], byte[]> records = super.poll(timeout);
    if (System.nanoTime() - lastSnapshot >= SNAPSHOT_NANOS) {
      lastSnapshot = System.nanoTime();
      takeSnapshot();
    }
    return records;
  }

  private void applyHolds() {
    Set<TopicPartition> assigned = assignment();
    Set<TopicPartition> paused = paused();
    Set<TopicPartition> pause = new HashSet<>(held);
    pause.retainAll(assigned);
    Set<TopicPartition> resume = new HashSet<>(paused);
    resume.removeAll(pause);
    pause.removeAll(paused);
    if (!pause.isEmpty()) {
      pause(pause);
    }
    if (!resume.isEmpty()) {
      resume(resume);
    }
  }

  private void commitPending() {
    if (toCommit.isEmpty()) {
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    Set<TopicPartition> assigned = assignment();
    for (TopicPartition partition : List.copyOf(toCommit.keySet())) {
      OffsetAndMetadata offset = toCommit.remove(partition);
      if (offset != null && assigned.contains(partition)) {
        offsets.put(partition, offset);
      }
    }
    if (!offsets.isEmpty()) {
      commitAsync(
          offsets,
          (committed, e) -> {
            if (e == null) {
              events.committed(committed);
            } else {
              events.commitFailed(committed, e);
            }
          });
    }
  }

  private void takeSnapshot() {
    List<PartitionSnapshot> snapshots = assignment().stream().map(this::snapshotOf).toList();
    boolean connected =
        metrics().entrySet().stream()
            .filter(m -> m.getKey().name().equals("connection-count"))
            .anyMatch(m -> m.getValue().metricValue() instanceof Number n && n.doubleValue() > 0);
    events.snapshot(snapshots, connected);
  }

  private PartitionSnapshot snapshotOf(TopicPartition partition) {
    long position = -1;
    long end = -1;
    try {
      position = position(partition, Duration.ZERO);
      // Known from the last fetch; asks no server.
      long lag = currentLag(partition).orElse(-1);
      end = lag < 0 ? -1 : position + lag;
    } catch (KafkaException e) {
      LOG.debug("position of {} is not known yet: {}", partition, e.toString());
    }
    return new PartitionSnapshot(
        partition, position, end, committedAtStart.getOrDefault(partition, -1L));
  }

  private final class Rebalance implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) {
        return;
      }
      try {
        committed(new HashSet<>(partitions), COMMIT_TIMEOUT)
            .forEach((tp, o) -> committedAtStart.put(tp, o == null ? -1 : o.offset()));
      } catch (KafkaException e) {
        // Only shown, never acted on: the position itself is looked up by the consumer.
        LOG.debug("committed offsets of {} are not known: {}", partitions, e.toString());
      }
      events.assigned(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) {
        return;
      }
      Map<TopicPartition, OffsetAndMetadata> offsets = events.revoke(partitions);
      forget(partitions);
      if (offsets.isEmpty()) {
        return;
      }
      try {
        commitThrough(offsets);
        events.committed(offsets);
      } catch (CommitFailedException e) {
        LOG.warn("{} went to another member before their commit: it will replay", partitions);
      } catch (KafkaException e) {
        LOG.warn(
            "could not commit {} while giving them up, the next owner will replay: {}",
            offsets,
            e.toString());
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      events.lost(partitions);
      forget(partitions);
    }

    /** A stop wakes the consumer up, also out of this commit, which it must not prevent. */
    private void commitThrough(Map<TopicPartition, OffsetAndMetadata> offsets) {
      try {
        commitSync(offsets, COMMIT_TIMEOUT);
      } catch (WakeupException e) {
        commitSync(offsets, COMMIT_TIMEOUT);
      }
    }

    private void forget(Collection<TopicPartition> partitions) {
      partitions.forEach(held::remove);
      partitions.forEach(toCommit::remove);
      partitions.forEach(committedAtStart::remove);
    }
  }
}
