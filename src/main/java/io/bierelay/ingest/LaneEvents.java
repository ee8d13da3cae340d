package io.bierelay.ingest;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What a {@link LaneConsumer} tells; every method is called on the polling thread.
 *
 * <p>{@link #revoke} may block: the group waits for it, bounded by {@code max.poll.interval.ms}.
 */
interface LaneEvents {
  /** New partitions are ours. Their records come after this call has returned. */
  void assigned(Collection<TopicPartition> partitions);

  /** What the group had committed when the partition was assigned; once per assignment. */
  void committedAtStart(Map<TopicPartition, Committed> offsets);

  /** The partition is read from another offset; its records from there come after this call. */
  void restarted(TopicPartition partition);

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
