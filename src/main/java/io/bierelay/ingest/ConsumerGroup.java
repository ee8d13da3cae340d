package io.bierelay.ingest;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ConsumerGroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * Asks Kafka who is in the consumer group, who owns what, and what is committed. One event loop.
 */
final class ConsumerGroup {

  private final Context context;
  private final Admin admin;
  private final String group;
  private final int timeoutMs;

  ConsumerGroup(Context context, Admin admin, String group, int timeoutMs) {
    this.context = context;
    this.admin = admin;
    this.group = group;
    this.timeoutMs = timeoutMs;
  }

  /**
   * A member.
   *
   * @param id given by Kafka, another one for each time that it joins
   * @param address as Kafka sees it
   * @param owned empty while the group rebalances
   */
  record Member(String id, String clientId, String address, Set<TopicPartition> owned) {}

  /**
   * The group as Kafka describes it.
   *
   * @param stable whether the members' partitions are told; not while it rebalances
   * @param state in Kafka's words
   */
  record Description(boolean stable, String state, List<Member> members) {}

  /** Who is in it. */
  Future<Description> describe() {
    DescribeConsumerGroupsOptions options = new DescribeConsumerGroupsOptions();
    options.timeoutMs(timeoutMs);
    KafkaFuture<Map<String, ConsumerGroupDescription>> answer =
        admin.describeConsumerGroups(List.of(group), options).all();
    return of(answer).map(found -> describe(Objects.requireNonNull(found.get(group))));
  }

  private static Description describe(ConsumerGroupDescription found) {
    ConsumerGroupState state = found.state();
    return new Description(
        state == ConsumerGroupState.STABLE
            || state == ConsumerGroupState.EMPTY
            || state == ConsumerGroupState.DEAD,
        state.toString(),
        found.members().stream().map(ConsumerGroup::member).toList());
  }

  private static Member member(MemberDescription member) {
    return new Member(
        member.consumerId(),
        member.clientId(),
        member.host().replaceFirst("^/", ""),
        member.assignment().topicPartitions());
  }

  /** What is committed; partitions without a commit are absent. */
  Future<Map<TopicPartition, OffsetAndMetadata>> committed() {
    ListConsumerGroupOffsetsOptions options = new ListConsumerGroupOffsetsOptions();
    options.timeoutMs(timeoutMs);
    return of(admin.listConsumerGroupOffsets(group, options).partitionsToOffsetAndMetadata())
        .map(
            found -> {
              Map<TopicPartition, OffsetAndMetadata> known = new HashMap<>(found);
              known.values().removeIf(Objects::isNull);
              return known;
            });
  }

  /** All partitions of these topics; topics that don't exist, or are not shown to us, have none. */
  Future<Set<TopicPartition>> partitions(Collection<String> topics) {
    DescribeTopicsOptions options = new DescribeTopicsOptions().timeoutMs(timeoutMs);
    Set<TopicPartition> partitions = new HashSet<>();
    var all =
        admin.describeTopics(topics, options).topicNameValues().values().stream()
            .map(
                topic ->
                    of(topic)
                        .onSuccess(
                            found -> {
                              for (TopicPartitionInfo one : found.partitions()) {
                                partitions.add(new TopicPartition(found.name(), one.partition()));
                              }
                            }))
            .toList();
    return Future.join(all)
        .map(partitions)
        .recover(
            e ->
                partitions.isEmpty() ? Future.failedFuture(e) : Future.succeededFuture(partitions));
  }

  private <T> Future<T> of(KafkaFuture<T> answer) {
    return Future.fromCompletionStage(answer.toCompletionStage(), context);
  }
}
