package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.Elsewhere;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** Finds what a person has named, and says where it is if it is not here. Event loop. */
final class Whereabouts {

  private final Map<String, EventType> topics;
  private final GroupView group;

  Whereabouts(Map<String, EventType> topics, GroupView group) {
    this.topics = topics;
    this.group = group;
  }

  /**
   * The type of a topic's events.
   *
   * @throws ControlRefused if it is not subscribed
   */
  EventType typeOf(String topic) {
    EventType type = topics.get(topic);
    if (type == null) {
      throw ControlRefused.notFound(
          "topic '%s' is not subscribed; these are: %s"
              .formatted(topic, String.join(", ", topics.keySet())));
    }
    return type;
  }

  /** Those of the topics' partitions that are not among these, each with its owner. */
  Future<List<Elsewhere>> others(String topic, Set<TopicPartition> own) {
    return group
        .ask()
        .map(
            answer ->
                answer.getJsonArray("subscriptions").stream()
                    .map(JsonObject.class::cast)
                    .filter(
                        row ->
                            topic.equals(SubscriptionBus.ALL_TOPICS)
                                || row.getString("topic").equals(topic))
                    .filter(row -> !own.contains(partitionOf(row)))
                    .map(
                        row ->
                            new Elsewhere(
                                row.getString("topic"), row.getInteger("partition"), owner(row)))
                    .toList());
  }

  /**
   * Why a partition can't be reached from here.
   *
   * @return fails with a {@link ControlRefused} that says so
   */
  <T> Future<T> notHere(TopicPartition partition) {
    return group
        .ask()
        .compose(
            answer ->
                answer.getJsonArray("subscriptions").stream()
                    .map(JsonObject.class::cast)
                    .filter(row -> partitionOf(row).equals(partition))
                    .findFirst()
                    .<Future<T>>map(row -> Future.failedFuture(refusal(partition, row)))
                    .orElseGet(() -> Future.failedFuture(noSuch(partition, answer))));
  }

  private static ControlRefused refusal(TopicPartition partition, JsonObject row) {
    return ControlRefused.conflict(
        row.getJsonObject("owner") == null
            ? "%s is owned by nobody at the moment: %s"
                .formatted(partition, row.getString("reason"))
            : "%s is owned by %s; ask there".formatted(partition, owner(row)));
  }

  private static ControlRefused noSuch(TopicPartition partition, JsonObject answer) {
    long count =
        answer.getJsonArray("subscriptions").stream()
            .map(JsonObject.class::cast)
            .filter(row -> row.getString("topic").equals(partition.topic()))
            .count();
    return ControlRefused.notFound(
        count == 0
            ? "topic '%s' does not exist".formatted(partition.topic())
            : "topic '%s' has the partitions 0 to %d, not %d"
                .formatted(partition.topic(), count - 1, partition.partition()));
  }

  private static String owner(JsonObject row) {
    JsonObject owner = row.getJsonObject("owner");
    if (owner == null) {
      return "nobody";
    }
    String instance = owner.getString("instance", "");
    return "%s (host %s, client id %s)"
        .formatted(
            instance.isEmpty() ? "another member" : instance,
            owner.getString("host"),
            owner.getString("clientId"));
  }

  private static TopicPartition partitionOf(JsonObject row) {
    return new TopicPartition(row.getString("topic"), row.getInteger("partition"));
  }
}
