package io.bierelay.ingest;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * That a partition is to be read from another offset, waiting for the polling thread.
 *
 * @param offset where to read on; {@link LaneConsumer#BEGINNING} for the first record there is
 * @param stored the position that Kafka must have stored before, so that no crash undoes the move;
 *     empty where what is committed is of no account
 * @param done completes on the polling thread
 */
record SeekOrder(long offset, Optional<OffsetAndMetadata> stored, CompletableFuture<Void> done) {

  static SeekOrder to(long offset) {
    return new SeekOrder(offset, Optional.empty(), new CompletableFuture<>());
  }

  static SeekOrder committing(OffsetAndMetadata position) {
    return new SeekOrder(position.offset(), Optional.of(position), new CompletableFuture<>());
  }

  /** Nothing was done. */
  void giveUp(String why) {
    done.completeExceptionally(ControlRefused.conflict(why));
  }

  /**
   * Stores the position, if there is one.
   *
   * @return whether it is stored; if not, and the order is not done either, a rebalance has to end
   *     first
   */
  boolean isStored(BiConsumer<TopicPartition, OffsetAndMetadata> commit, TopicPartition partition) {
    if (stored.isEmpty()) {
      return true;
    }
    try {
      commit.accept(partition, stored.get());
      return true;
    } catch (RebalanceInProgressException e) {
      return false;
    } catch (WakeupException e) {
      giveUp("the consumer is being closed");
      throw e;
    } catch (KafkaException e) {
      done.completeExceptionally(e);
      return false;
    }
  }
}
