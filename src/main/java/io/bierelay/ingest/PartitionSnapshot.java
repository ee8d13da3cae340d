package io.bierelay.ingest;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the consumer stands in one partition.
 *
 * @param position the offset that is fetched next; -1 if not known
 * @param endOffset where the partition ends; -1 if not known
 */
record PartitionSnapshot(TopicPartition partition, long position, long endOffset) {

  private static final Logger LOG = LoggerFactory.getLogger(PartitionSnapshot.class);

  /** Of each partition that is assigned. On the polling thread; asks no server. */
  static List<PartitionSnapshot> all(Consumer<?, ?> consumer) {
    return consumer.assignment().stream().map(one -> of(consumer, one)).toList();
  }

  /** Whether the consumer has a connection to any broker. */
  static boolean isConnected(Consumer<?, ?> consumer) {
    return consumer.metrics().entrySet().stream()
        .filter(m -> m.getKey().name().equals("connection-count"))
        .anyMatch(m -> m.getValue().metricValue() instanceof Number n && n.doubleValue() > 0);
  }

  private static PartitionSnapshot of(Consumer<?, ?> consumer, TopicPartition partition) {
    long position = -1;
    long end = -1;
    try {
      position = consumer.position(partition, Duration.ZERO);
      // Known from the last fetch.
      long lag = consumer.currentLag(partition).orElse(-1);
      end = lag < 0 ? -1 : position + lag;
    } catch (KafkaException e) {
      LOG.debug("position of {} is not known yet: {}", partition, e.toString());
    }
    return new PartitionSnapshot(partition, position, end);
  }

  PartitionSnapshot withEnd(long end) {
    return new PartitionSnapshot(partition, position, end);
  }
}
