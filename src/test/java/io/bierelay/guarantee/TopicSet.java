package io.bierelay.guarantee;

import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.SandboxKafka;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * The five topics of one scenario, their consumer group, and what an administrator does to them.
 */
final class TopicSet implements AutoCloseable {

  static final int PARTITIONS = 4;

  private static final long PATIENCE_SECONDS = 30;

  private final SandboxKafka kafka;
  private final Ledger ledger;
  private final String infix;
  private final Admin admin;

  /** Creates them; their names begin with the infix, and that is the group's name, too. */
  TopicSet(SandboxKafka kafka, Ledger ledger, String infix) {
    this.kafka = kafka;
    this.ledger = ledger;
    this.infix = infix;
    this.admin = Admin.create(kafka.adminProperties());
    kafka.createTopics(names(), PARTITIONS);
    names().forEach(topic -> openBooks(topic, 0, PARTITIONS));
  }

  String infix() {
    return infix;
  }

  String group() {
    return infix;
  }

  /** That type's topic. */
  String of(ContentionType type) {
    return of(type.topic());
  }

  /** The topic of this scenario for one of the default environment. */
  String of(String defaultTopic) {
    return infix + defaultTopic.substring(ContentionType.INFIX.length());
  }

  /** The partitions of that type's topic as they are now. */
  List<TopicPartition> partitionsOf(ContentionType type) {
    return ledger.partitions().stream()
        .filter(tp -> tp.topic().equals(of(type)))
        .sorted(Comparator.comparingInt(TopicPartition::partition))
        .toList();
  }

  /** All partitions of all topics. */
  Set<TopicPartition> all() {
    return Set.copyOf(ledger.partitions());
  }

  /** Deletes a topic and creates it again: the same name and offsets, another id. */
  void recreate(ContentionType type) {
    String topic = of(type);
    get(admin.deleteTopics(List.of(topic)).all());
    await(topic + " is gone")
        .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
        .until(() -> !get(admin.listTopics().names()).contains(topic));
    kafka.createTopics(List.of(topic), PARTITIONS);
    openBooks(topic, 0, PARTITIONS);
  }

  /** Gives a topic more partitions, so many in all. */
  void grow(ContentionType type, int to) {
    int from = partitionsOf(type).size();
    get(admin.createPartitions(Map.of(of(type), NewPartitions.increaseTo(to))).all());
    openBooks(of(type), from, to);
  }

  /** The node, counted from 0, that leads a partition. */
  int leaderOf(TopicPartition partition) {
    return describe(partition.topic()).partitions().get(partition.partition()).leader().id() - 1;
  }

  /** The node, counted from 0, that coordinates the group. */
  int coordinator() {
    return get(admin.describeConsumerGroups(List.of(group())).describedGroups().get(group()))
            .coordinator()
            .id()
        - 1;
  }

  /** Partitions whose committed offset is not at the end of what was published. */
  List<String> unconsumed() {
    Map<TopicPartition, OffsetAndMetadata> committed = committed();
    return ledger.partitions().stream()
        .filter(tp -> ledger.current(tp).end() > offset(committed.get(tp)))
        .map(
            tp ->
                "%s is committed at %d of %d"
                    .formatted(tp, offset(committed.get(tp)), ledger.current(tp).end()))
        .sorted()
        .toList();
  }

  /** The offset that the group has committed; 0 if none. */
  long committedOf(TopicPartition partition) {
    return offset(committed().get(partition));
  }

  /** How many records are published and not committed. */
  long behind() {
    Map<TopicPartition, OffsetAndMetadata> committed = committed();
    return ledger.partitions().stream().mapToLong(tp -> behind(tp, committed)).sum();
  }

  /** The partition with the most of them. */
  TopicPartition furthestBehind() {
    Map<TopicPartition, OffsetAndMetadata> committed = committed();
    return ledger.partitions().stream()
        .max(Comparator.comparingLong(tp -> behind(tp, committed)))
        .orElseThrow();
  }

  private long behind(TopicPartition tp, Map<TopicPartition, OffsetAndMetadata> committed) {
    return Math.max(0, ledger.current(tp).end() - offset(committed.get(tp)));
  }

  /** Deletes the topics. */
  @Override
  public void close() {
    try {
      get(admin.deleteTopics(names()).all());
    } finally {
      admin.close();
    }
  }

  private List<String> names() {
    return Arrays.stream(ContentionType.values()).map(this::of).toList();
  }

  private void openBooks(String topic, int from, int to) {
    // A node that was just away may not know the topic yet.
    TopicDescription description =
        await(topic + " exists")
            .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
            .ignoreExceptions()
            .until(() -> describe(topic), d -> d.partitions().size() == to);
    String id = description.topicId().toString();
    IntStream.range(from, to).forEach(partition -> ledger.open(topic, id, partition));
  }

  private TopicDescription describe(String topic) {
    return get(admin.describeTopics(List.of(topic)).topicNameValues().get(topic));
  }

  private Map<TopicPartition, OffsetAndMetadata> committed() {
    return get(admin.listConsumerGroupOffsets(group()).partitionsToOffsetAndMetadata());
  }

  private static long offset(OffsetAndMetadata committed) {
    return committed == null ? 0 : committed.offset();
  }

  private static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }
}
