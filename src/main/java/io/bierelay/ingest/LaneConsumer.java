package io.bierelay.ingest;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A native consumer that does on its polling thread what must happen there: it blocks a revocation
 * until the partitions are drained and committed, commits, pauses and resumes between two polls.
 *
 * <p>vertx-kafka-client has its thread. Its own rebalance handlers run later on the event loop,
 * when the partition already belongs to somebody else, so the listener is wrapped here. Everything
 * else that touches the consumer waits in a mailbox for the next poll: no task competes with
 * polling.
 */
final class LaneConsumer extends KafkaConsumer<byte[], byte[]> {

  private static final Logger LOG = LoggerFactory.getLogger(LaneConsumer.class);

  /** To {@link #restartSoon} a partition with the first record that is there. */
  static final long BEGINNING = -1;

  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(4);
  private static final long SNAPSHOT_NANOS = Duration.ofSeconds(1).toNanos();

  /** What else vertx-kafka-client does on this thread waits so long at most. */
  private static final long POLLING_NANOS = Duration.ofSeconds(1).toNanos();

  private final LaneEvents events;
  private final Handover handover;
  private final Map<TopicPartition, OffsetAndMetadata> toCommit = new ConcurrentHashMap<>();
  private final Set<TopicPartition> held = ConcurrentHashMap.newKeySet();
  private final Map<TopicPartition, SeekOrder> toSeek = new ConcurrentHashMap<>();
  private final Set<TopicPartition> toLookUp = new HashSet<>();
  private final AtomicReference<@Nullable LastCommit> lastCommit = new AtomicReference<>();
  private long lastSnapshot = System.nanoTime() - SNAPSHOT_NANOS;

  private record LastCommit(
      Map<TopicPartition, OffsetAndMetadata> offsets, CompletableFuture<Void> stored) {}

  /** May look up host names, which blocks. */
  LaneConsumer(Properties properties, LaneEvents events, Handover handover) {
    super(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.events = events;
    this.handover = handover;
  }

  /** Asks for a commit with one of the next polls. Any thread. */
  void commitSoon(Map<TopicPartition, OffsetAndMetadata> offsets) {
    toCommit.putAll(offsets);
  }

  /**
   * Commits before the consumer is closed: where a rebalance is under way, closing gives the
   * partitions up as lost, and asks nobody. Any thread.
   *
   * @return completes on the polling thread when Kafka has stored them, after the rebalance if
   *     there is one; never if nobody polls
   */
  CompletableFuture<Void> commitLast(Map<TopicPartition, OffsetAndMetadata> offsets) {
    LastCommit last = new LastCommit(Map.copyOf(offsets), new CompletableFuture<>());
    lastCommit.set(last);
    return last.stored();
  }

  /** Fetches no more of a partition, from the next poll on. Any thread. */
  void hold(TopicPartition partition) {
    held.add(partition);
  }

  /** Fetches a partition again, from the next poll on. Any thread. */
  void release(TopicPartition partition) {
    held.remove(partition);
  }

  /** Those of which it fetches no more. Any thread. */
  Set<TopicPartition> held() {
    return Set.copyOf(held);
  }

  /**
   * Reads a partition from another offset with the next poll, and tells so. Any thread.
   *
   * @param offset {@link #BEGINNING} for the first there is
   */
  void restartSoon(TopicPartition partition, long offset) {
    order(partition, SeekOrder.to(offset));
  }

  /**
   * Commits another position and reads on from there, with one of the next polls. Any thread.
   *
   * @return completes on the polling thread when Kafka has stored it and {@link
   *     LaneEvents#restarted} is told; fails, and nothing is changed, if it can't be stored or the
   *     partition is given up before; never completes if nobody polls
   */
  CompletableFuture<Void> moveSoon(TopicPartition partition, OffsetAndMetadata position) {
    SeekOrder order = SeekOrder.committing(position);
    order(partition, order);
    return order.done();
  }

  /**
   * In bounded time. A broker takes one request after the other from a connection, so our leaving
   * waits behind our joining, and that behind whichever member is slow to join or is dead: with
   * Kafka's own bound, longer than a stop may take. Whoever leaves like this has nothing to commit
   * any more; at worst the group waits for it until its session ends, as after a kill.
   */
  @Override
  public void close() {
    close(CLOSE_TIMEOUT);
  }

  private void order(TopicPartition partition, SeekOrder order) {
    SeekOrder replaced = toSeek.put(partition, order);
    if (replaced != null) {
      replaced.giveUp("the partition begins anew for another reason");
    }
  }

  @Override
  public void subscribe(Collection<String> topics, ConsumerRebalanceListener ignored) {
    super.subscribe(topics, new Rebalance());
  }

  /** Called to close it: whatever the polling thread waits for ends. */
  @Override
  public void wakeup() {
    handover.end();
    super.wakeup();
  }

  /**
   * Polls again and again for a while, and hands over what it gets.
   *
   * @return never any records: vertx-kafka-client would poll again only after the event loop has
   *     taken them and woken this thread up, which at a low rate costs more than the poll
   */
  @Override
  public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    long begun = System.nanoTime();
    do {
      pollOnce(timeout);
    } while (!handover.isOver() && System.nanoTime() - begun < POLLING_NANOS);
    return ConsumerRecords.empty();
  }

  private void pollOnce(Duration timeout) {
    lookUpCommitted();
    applySeeks();
    applyHolds();
    commitPending();
    commitLast();
    ConsumerRecords<byte[], byte[]> records = super.poll(timeout);
    if (!records.isEmpty()) {
      handover.give(records);
    }
    if (System.nanoTime() - lastSnapshot >= SNAPSHOT_NANOS) {
      lastSnapshot = System.nanoTime();
      events.snapshot(PartitionSnapshot.all(this), PartitionSnapshot.isConnected(this));
    }
  }

  /** Without the committed offset a lane can't begin: what could not be had is asked for again. */
  private void lookUpCommitted() {
    toLookUp.retainAll(assignment());
    if (toLookUp.isEmpty()) {
      return;
    }
    try {
      Map<TopicPartition, Committed> found = new HashMap<>();
      committed(Set.copyOf(toLookUp), COMMIT_TIMEOUT)
          .forEach((partition, offset) -> found.put(partition, Committed.of(offset)));
      toLookUp.clear();
      events.committedAtStart(found);
    } catch (TimeoutException e) {
      LOG.warn(
          "the committed offsets of {} can't be had, asking again: {}", toLookUp, e.toString());
    }
  }

  private void applySeeks() {
    for (TopicPartition partition : List.copyOf(toSeek.keySet())) {
      SeekOrder order = toSeek.get(partition);
      if (order == null) {
        continue;
      }
      if (!assignment().contains(partition)) {
        toSeek.remove(partition, order);
        order.giveUp("the partition is not ours any more");
      } else if (order.isStored(this::store, partition)) {
        toSeek.remove(partition, order);
        apply(partition, order);
      } else if (order.done().isDone()) {
        toSeek.remove(partition, order);
      }
    }
  }

  private void store(TopicPartition partition, OffsetAndMetadata position) {
    toCommit.remove(partition);
    commitSync(Map.of(partition, position), COMMIT_TIMEOUT);
  }

  private void apply(TopicPartition partition, SeekOrder order) {
    if (order.offset() == BEGINNING) {
      seekToBeginning(List.of(partition));
    } else {
      seek(partition, order.offset());
    }
    toCommit.remove(partition);
    held.remove(partition);
    events.restarted(partition);
    order.stored().ifPresent(position -> events.committed(Map.of(partition, position)));
    order.done().complete(null);
  }

  private void applyHolds() {
    Set<TopicPartition> paused = paused();
    if (held.isEmpty() && paused.isEmpty()) {
      return;
    }
    Set<TopicPartition> pause = new HashSet<>(held);
    pause.retainAll(assignment());
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

  private void commitLast() {
    LastCommit last = lastCommit.get();
    if (last == null) {
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(last.offsets());
    offsets.keySet().retainAll(assignment());
    try {
      commitSync(offsets, COMMIT_TIMEOUT);
      lastCommit.set(null);
      events.committed(offsets);
      last.stored().complete(null);
    } catch (RebalanceInProgressException e) {
      LOG.debug("the last commit waits for a rebalance: {}", e.toString());
    } catch (WakeupException e) {
      throw e; // The consumer is being closed.
    } catch (KafkaException e) {
      lastCommit.set(null);
      last.stored().completeExceptionally(e);
    }
  }

  private final class Rebalance implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) {
        return;
      }
      events.assigned(partitions);
      toLookUp.addAll(partitions);
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
      partitions.forEach(this::forgetSeek);
      toLookUp.removeAll(partitions);
    }

    private void forgetSeek(TopicPartition partition) {
      SeekOrder order = toSeek.remove(partition);
      if (order != null) {
        order.giveUp("the partition was given up meanwhile");
      }
    }
  }
}
