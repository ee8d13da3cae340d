package io.bierelay.guarantee;

import static org.awaitility.Awaitility.await;

import io.bierelay.guarantee.PartitionLedger.Expected;
import io.bierelay.sandbox.ContentionType;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** What happens to Kafka and to its topics. */
final class KafkaScenarios {

  /** {@code ingest.lane.records}, and one poll on top. */
  private static final int UNCOMMITTED = 2_000 + 500;

  private static final int MORE_PARTITIONS = 6;

  private KafkaScenarios() {}

  static List<Scenario> all() {
    return List.of(
        Scenario.named("Kafka leader killed")
            .brief()
            .instances(2)
            .expecting(Guarantees.duplicatesBounded(UNCOMMITTED))
            .playing(KafkaScenarios::leaderKilled),
        Scenario.named("all of Kafka away for 30 s")
            .expecting(Guarantees.duplicatesBounded(UNCOMMITTED))
            .playing(
                run ->
                    run.outage(
                        Duration.ofSeconds(30),
                        () -> run.servers().kafkaProxies().forEach(FaultProxy::away),
                        () -> run.servers().kafkaProxies().forEach(FaultProxy::back))),
        Scenario.named("topic deleted and created again")
            .brief()
            .expecting(Guarantees.duplicatesBounded())
            .playing(KafkaScenarios::recreated),
        Scenario.named("partitions added")
            .brief()
            .expecting(Guarantees.noDuplicates())
            .playing(KafkaScenarios::partitionsAdded));
  }

  /** First the leader of a partition, then the node that coordinates the group. */
  private static void leaderKilled(ScenarioRun run) {
    TopicPartition partition = run.topics().partitionsOf(ContentionType.UPDATED).get(0);
    killed(run, run.topics().leaderOf(partition));
    run.pause(Duration.ofSeconds(10));
    killed(run, run.topics().coordinator());
  }

  private static void killed(ScenarioRun run, int node) {
    run.fault(
        () -> {
          run.servers().kafkaProxies().get(node).away();
          run.servers().kafka().stopNode(node);
        });
    run.pause(Duration.ofSeconds(12));
    run.servers().kafka().startNode(node);
    run.servers().kafkaProxies().get(node).back();
    run.recover("");
  }

  /** Once with fewer records than before, once at once with more: the old offset fits again. */
  private static void recreated(ScenarioRun run) {
    recreate(run, ContentionType.UPDATED);
    run.pause(Duration.ofSeconds(5));
    long most = recreate(run, ContentionType.DELETED);
    for (TopicPartition partition : run.topics().partitionsOf(ContentionType.DELETED)) {
      for (long i = 0; i < 2 * most; i++) {
        run.flow().send(partition, run.pool().small(ContentionType.DELETED, i), Expected.NOTIFIED);
      }
    }
    run.recover(run.topics().of(ContentionType.DELETED));
    run.pause(Duration.ofSeconds(5));
  }

  /** Returns the most records that a partition had before. */
  private static long recreate(ScenarioRun run, ContentionType type) {
    String topic = run.topics().of(type);
    run.flow().exclude(topic);
    await("the old topic is consumed")
        .atMost(Duration.ofSeconds(30))
        .until(() -> run.topics().unconsumed().stream().noneMatch(one -> one.startsWith(topic)));
    long most =
        run.topics().partitionsOf(type).stream()
            .mapToLong(tp -> run.ledger().current(tp).end())
            .max()
            .orElseThrow();
    run.fault(() -> run.topics().recreate(type));
    run.topics().partitionsOf(type).forEach(tp -> run.flow().include(type, tp));
    return most;
  }

  private static void partitionsAdded(ScenarioRun run) {
    ContentionType type = ContentionType.UPDATED;
    run.topics().grow(type, MORE_PARTITIONS);
    run.topics().partitionsOf(type).stream()
        .filter(tp -> tp.partition() >= TopicSet.PARTITIONS)
        .forEach(tp -> run.flow().include(type, tp));
    run.fleet().awaitAssigned(run.topics().all());
  }
}
