package io.bierelay.ingest;

import io.bierelay.ingest.IngestSettings.IsolationLevel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Asks Kafka where partitions begin and end, and where a moment lies in them. One event loop. */
final class KafkaOffsets {

  private final Context context;
  private final Admin admin;
  private final IsolationLevel isolation;
  private final int timeoutMs;

  KafkaOffsets(Context context, Admin admin, IsolationLevel isolation, int timeoutMs) {
    this.context = context;
    this.admin = admin;
    this.isolation = isolation;
    this.timeoutMs = timeoutMs;
  }

  /** The offset behind the last record that a consumer of ours would get. */
  Future<Map<TopicPartition, Long>> ends(Collection<TopicPartition> partitions) {
    return ask(partitions, OffsetSpec.latest());
  }

  /** The first offset that is still there. */
  Future<Map<TopicPartition, Long>> beginnings(Collection<TopicPartition> partitions) {
    return ask(partitions, OffsetSpec.earliest());
  }

  /** The first offset with that time stamp or a later one; -1 where there is none. */
  Future<Map<TopicPartition, Long>> at(Collection<TopicPartition> partitions, long epochMs) {
    return ask(partitions, OffsetSpec.forTimestamp(epochMs));
  }

  /** Partitions that can't be told of, such as those of a deleted topic, are absent. */
  private Future<Map<TopicPartition, Long>> ask(
      Collection<TopicPartition> partitions, OffsetSpec spec) {
    if (partitions.isEmpty()) {
      return Future.succeededFuture(Map.of());
    }
    Map<TopicPartition, OffsetSpec> question =
        Set.copyOf(partitions).stream().collect(Collectors.toMap(Function.identity(), tp -> spec));
    ListOffsetsOptions options =
        new ListOffsetsOptions(
            isolation == IsolationLevel.READ_COMMITTED
                ? org.apache.kafka.common.IsolationLevel.READ_COMMITTED
                : org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED);
    options.timeoutMs(timeoutMs);
    ListOffsetsResult answer = admin.listOffsets(question, options);
    Map<TopicPartition, Long> offsets = new HashMap<>();
    var all =
        question.keySet().stream()
            .map(
                tp ->
                    Future.fromCompletionStage(
                            answer.partitionResult(tp).toCompletionStage(), context)
                        .map(ListOffsetsResultInfo::offset)
                        .onSuccess(offset -> offsets.put(tp, offset)))
            .toList();
    return Future.join(all)
        .<Map<TopicPartition, Long>>map(offsets)
        .recover(e -> offsets.isEmpty() ? Future.failedFuture(e) : Future.succeededFuture(offsets));
  }
}
