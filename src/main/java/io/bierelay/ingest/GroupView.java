package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.ingest.ConsumerGroup.Description;
import io.bierelay.ingest.ConsumerGroup.Member;
import io.bierelay.ingest.FleetWords.Said;
import io.bierelay.ingest.FleetWords.Word;
import io.bierelay.kafka.KafkaFailure;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * All partitions of the consumer group, whoever owns them: who that is, by Kafka's word; how it
 * goes, by the owner's, and where that is not to be had by what Kafka knows. One event loop.
 *
 * <p>However many ask, Kafka is asked a few times a second at most.
 */
final class GroupView {

  private static final Duration FRESH = Duration.ofMillis(400);

  private final String groupId;
  private final Map<String, EventType> topics;
  private final FleetWords fleet;
  private final Supplier<Optional<KafkaSide>> kafka;
  private final Ownership ownership = new Ownership();
  private @Nullable Future<JsonObject> last;
  private long lastNanos;

  /** What can be asked while Kafka's client is open. */
  record KafkaSide(ConsumerGroup group, KafkaOffsets offsets, OldestRecords oldest) {}

  private record Facts(
      Set<TopicPartition> partitions,
      Description group,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<TopicPartition, Long> ends,
      Said said,
      Set<String> degraded) {}

  GroupView(
      String groupId,
      Map<String, EventType> topics,
      FleetWords fleet,
      Supplier<Optional<KafkaSide>> kafka) {
    this.groupId = groupId;
    this.topics = topics;
    this.fleet = fleet;
    this.kafka = kafka;
  }

  /**
   * The answer to {@link io.bierelay.event.SubscriptionBus#GROUP}.
   *
   * @return fails with a {@link ControlRefused} if Kafka can't tell who owns what
   */
  Future<JsonObject> ask() {
    Future<JsonObject> current = last;
    boolean fresh = System.nanoTime() - lastNanos < FRESH.toNanos();
    if (current != null && (!current.isComplete() || (fresh && current.succeeded()))) {
      return current;
    }
    lastNanos = System.nanoTime();
    Future<JsonObject> asked = make();
    last = asked;
    return asked;
  }

  private Future<JsonObject> make() {
    Optional<KafkaSide> side = kafka.get();
    if (side.isEmpty()) {
      return Future.failedFuture(ControlRefused.unavailable("Kafka is away; see the status"));
    }
    KafkaSide asked = side.get();
    Set<String> degraded = new TreeSet<>();
    Future<Set<TopicPartition>> partitions = asked.group().partitions(topics.keySet());
    Future<Description> group = asked.group().describe();
    Future<Map<TopicPartition, OffsetAndMetadata>> committed =
        optional(asked.group().committed(), Map.of(), "committed offsets", degraded);
    Future<Map<TopicPartition, Long>> ends =
        partitions.compose(
            all -> optional(asked.offsets().ends(all), Map.of(), "ends of partitions", degraded));
    Future<Said> said = fleet.collect();
    return Future.all(partitions, group, committed, ends, said)
        .map(
            v ->
                new Facts(
                    partitions.result(),
                    group.result(),
                    committed.result(),
                    ends.result(),
                    said.result(),
                    degraded))
        .map(facts -> answer(facts, asked.oldest()))
        .recover(
            e ->
                Future.failedFuture(
                    ControlRefused.unavailable("Kafka: " + KafkaFailure.describe(e))));
  }

  private static <T> Future<T> optional(
      Future<T> answer, T otherwise, String what, Set<String> degraded) {
    return answer.otherwise(
        e -> {
          degraded.add(what + ": " + KafkaFailure.describe(e));
          return otherwise;
        });
  }

  private JsonObject answer(Facts facts, OldestRecords oldest) {
    Instant now = Instant.now();
    ownership.learn(facts.group(), facts.partitions(), now);
    if (!facts.said().trouble().isEmpty()) {
      facts.degraded().add("what other processes say: " + facts.said().trouble());
    }
    if (!facts.group().stable()) {
      facts.degraded().add("owners: the group rebalances (%s)".formatted(facts.group().state()));
    }
    JsonArray rows = new JsonArray();
    facts.partitions().stream()
        .sorted(
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
        .forEach(partition -> rows.add(row(partition, facts, oldest, now)));
    return new JsonObject()
        .put("subscriptions", rows)
        .put("degraded", new JsonArray(List.copyOf(facts.degraded())));
  }

  private JsonObject row(TopicPartition partition, Facts facts, OldestRecords oldest, Instant now) {
    Member owner = ownership.ownerOf(partition);
    String instance = owner == null ? "" : ClientId.instanceOf(owner.clientId()).orElse("");
    Word word = owner == null ? null : wordOf(partition, owner, instance, facts);
    JsonObject row = word == null ? fromKafka(partition, facts, oldest, now) : word.row().copy();
    if (owner == null) {
      return row.put("state", "unassigned")
          .put("reason", unassigned(facts.group()))
          .putNull("owner");
    }
    String known = instance.isEmpty() && word != null ? word.instance() : instance;
    row.put("owner", describe(owner, known));
    Optional<Instant> spoke = fleet.lastWordOf(known);
    if (spoke.isPresent() && spoke.get().isBefore(now.minus(FleetWords.SILENCE))) {
      String silence =
          "its process has said nothing for %d s; if it has ended, Kafka gives the partition to"
                  .formatted(Duration.between(spoke.get(), now).toSeconds())
              + " another one after the session's time-out";
      row.put("state", "held").put("reason", silence).put("since", spoke.get().toString());
    } else if (word == null) {
      facts.degraded().add(unheard(known, owner, facts.said()));
    }
    return row;
  }

  private static String unheard(String instance, Member owner, Said said) {
    String who = instance.isEmpty() ? owner.clientId() + " at " + owner.address() : instance;
    return "state and rates of the partitions of %s: %s"
        .formatted(
            who,
            said.kept()
                ? "it has said nothing yet, or is of another version"
                : "there is neither a clustered event bus nor a SubscriptionStateVerticle");
  }

  private static String unassigned(Description group) {
    if (group.members().isEmpty()) {
      return "the consumer group has no members";
    }
    return "no member of the group owns it"
        + (group.stable() ? "" : "; the group rebalances (" + group.state() + ")");
  }

  private static @Nullable Word wordOf(
      TopicPartition partition, Member owner, String instance, Facts facts) {
    return facts.said().words().getOrDefault(partition, List.of()).stream()
        .filter(
            word ->
                instance.isEmpty()
                    ? word.clientId().equals(owner.clientId())
                    : word.instance().equals(instance))
        .max(Comparator.comparing(Word::at))
        .orElse(null);
  }

  private JsonObject fromKafka(
      TopicPartition partition, Facts facts, OldestRecords oldest, Instant now) {
    OffsetAndMetadata stored = facts.committed().get(partition);
    long committed = stored == null ? -1 : stored.offset();
    long end = facts.ends().getOrDefault(partition, -1L);
    long lag = committed < 0 || end < 0 ? -1 : Math.max(0, end - committed);
    EventType type = topics.get(partition.topic());
    return new JsonObject()
        .put("kind", "partition")
        .put("group", groupId)
        .put("topic", partition.topic())
        .put("partition", partition.partition())
        .put("eventType", type == null ? "" : type.name())
        .put("exchange", type == null ? "" : type.exchange())
        .put("state", "running")
        .put("reason", "")
        .put("since", ownership.since(partition).toString())
        .put("pausedBy", "")
        .put("epoch", 0)
        .put("position", committed)
        .put("committed", committed)
        .put("endOffset", end)
        .put("lag", lag)
        .put("lagSeconds", lag == 0 ? Double.valueOf(0) : oldest.ageOf(partition, committed, now))
        .put("inFlight", 0)
        .putNull("rate1")
        .putNull("rate5")
        .putNull("lastEventAt")
        .put("lastError", "");
  }

  private static JsonObject describe(Member owner, String instance) {
    int colon = instance.lastIndexOf(':');
    return new JsonObject()
        .put("host", colon > 0 ? instance.substring(0, colon) : owner.address())
        .put("address", owner.address())
        .put("instance", instance)
        .put("memberId", owner.id())
        .put("clientId", owner.clientId());
  }
}
