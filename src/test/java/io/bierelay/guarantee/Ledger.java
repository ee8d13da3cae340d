package io.bierelay.guarantee;

import io.bierelay.event.EventId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicPartition;

/**
 * Everything that was put into Kafka in a scenario, and everything that stood in the queues at its
 * end.
 *
 * <p>A message belongs to a record only if its id is that of the record: a name-based UUID of the
 * topic's id, name, partition and offset. So a repetition with another id is no repetition but a
 * stranger, and a recreated topic's events are not taken for the old one's.
 */
final class Ledger {

  private final Map<TopicPartition, List<PartitionLedger>> partitions = new ConcurrentHashMap<>();
  private final List<String> strangers = new CopyOnWriteArrayList<>();

  /** Opens the book of a partition, or of its next incarnation. */
  PartitionLedger open(String topic, String topicId, int partition) {
    PartitionLedger opened = new PartitionLedger(topic, topicId, partition);
    partitions
        .computeIfAbsent(new TopicPartition(topic, partition), key -> new CopyOnWriteArrayList<>())
        .add(opened);
    return opened;
  }

  /** The book of the partition as it is now. */
  PartitionLedger current(TopicPartition partition) {
    List<PartitionLedger> incarnations = partitions.get(partition);
    return incarnations.get(incarnations.size() - 1);
  }

  /** The partitions that exist now. */
  List<TopicPartition> partitions() {
    return List.copyOf(partitions.keySet());
  }

  /** All books, also those of topics that were deleted. */
  List<PartitionLedger> all() {
    return partitions.values().stream().flatMap(List::stream).toList();
  }

  /** A notification stood in a queue. */
  void notified(String messageId, String topic, int partition, long offset) {
    PartitionLedger found = find(messageId, topic, partition, offset);
    if (found != null) {
      found.notified(offset);
    }
  }

  /** A notification stood in the queue of parked ones. */
  void parked(String messageId, String topic, int partition, long offset) {
    PartitionLedger found = find(messageId, topic, partition, offset);
    if (found != null) {
      found.parked(offset);
    }
  }

  /** A dead letter stood in the queue. */
  void quarantined(String messageId, String topic, int partition, long offset) {
    PartitionLedger found = find(messageId, topic, partition, offset);
    if (found != null) {
      found.quarantined(offset);
    }
  }

  /** Messages whose id is not that of the record that they say they are. */
  List<String> strangers() {
    return new ArrayList<>(strangers);
  }

  long published() {
    return all().stream().mapToLong(PartitionLedger::published).sum();
  }

  long lost() {
    return all().stream().mapToLong(one -> one.lost().cardinality()).sum();
  }

  long outOfOrder() {
    return all().stream().mapToLong(PartitionLedger::outOfOrder).sum();
  }

  long repeated() {
    return all().stream().mapToLong(PartitionLedger::repeated).sum();
  }

  private PartitionLedger find(String messageId, String topic, int partition, long offset) {
    for (PartitionLedger one :
        partitions.getOrDefault(new TopicPartition(topic, partition), List.of())) {
      if (EventId.of(one.topicId(), topic, partition, offset).toString().equals(messageId)) {
        return one;
      }
    }
    strangers.add("%s says it is %s-%d@%d".formatted(messageId, topic, partition, offset));
    return null;
  }
}
