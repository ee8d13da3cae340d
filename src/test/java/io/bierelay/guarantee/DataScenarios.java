package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.guarantee.PartitionLedger.Expected;
import io.bierelay.sandbox.ContentionType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** What may be wrong with the events themselves, and with the registry of their schemas. */
final class DataScenarios {

  /** What the policy for poison may be called. */
  private static final List<String> POISON_POLICIES = List.of("kafka.poison", "event.poison");

  private static final int TEN_MEGABYTES = 10_000_000;

  private DataScenarios() {}

  static List<Scenario> all() {
    List<Scenario> all = new ArrayList<>(always());
    POISON_POLICIES.stream()
        .filter(KnownSettings::has)
        .forEach(
            setting ->
                all.add(
                    Scenario.named("poison held, then quarantined")
                        .with(setting, "hold")
                        .expecting(Guarantees.noDuplicates())
                        .playing(run -> poisonHeld(run, setting))));
    return all;
  }

  private static List<Scenario> always() {
    return List.of(
        Scenario.named("registry away for 60 s, new schemas arrive")
            .perSecond(500)
            .expecting(Guarantees.noDuplicates())
            .playing(run -> registryAway(run, Duration.ofSeconds(60))),
        Scenario.named("registry away for 10 s, new schemas arrive")
            .brief()
            .expecting(Guarantees.noDuplicates())
            .playing(run -> registryAway(run, Duration.ofSeconds(10))),
        Scenario.named("poison at 1 %")
            .brief()
            .poisonEvery(100)
            .expecting(Guarantees.noDuplicates()),
        Scenario.named("10 MB among small ones, one above the limit")
            .brief()
            .with("avro.json.max.size", "64MiB")
            .expecting(Guarantees.duplicatesBounded())
            .playing(DataScenarios::large));
  }

  /** Only the lanes that meet a new schema wait; the others know theirs. */
  private static void registryAway(ScenarioRun run, Duration length) {
    ContentionType meets = ContentionType.UPDATED;
    String others = run.topics().of(ContentionType.ASSOCIATED);
    run.servers().registryProxy().away();
    int serial = 0;
    for (TopicPartition partition : run.topics().partitionsOf(meets)) {
      byte[] value = run.pool().ofNewSchema(meets, run.topics().infix() + "News" + ++serial);
      run.flow().send(partition, value, Expected.NOTIFIED);
    }
    run.pause(length.dividedBy(2));
    long held = run.watch().confirmedNow(run.topics().of(meets));
    long going = run.watch().confirmedNow(others);
    run.pause(length.dividedBy(2));
    assertThat(run.watch().confirmedNow(others)).as("known schemas go on").isGreaterThan(going);
    assertThat(run.watch().confirmedNow(run.topics().of(meets)))
        .as("new schemas wait")
        .isEqualTo(held);
    run.servers().registryProxy().back();
    run.recover(run.topics().of(meets));
  }

  private static void large(ScenarioRun run) {
    TopicPartition fits = run.topics().partitionsOf(ContentionType.UPDATED).get(0);
    run.flow()
        .send(fits, run.pool().large(ContentionType.UPDATED, TEN_MEGABYTES), Expected.NOTIFIED);
    run.pause(Duration.ofSeconds(5));
    TopicPartition tooLarge = run.topics().partitionsOf(ContentionType.CLASSIFIED).get(1);
    run.fault(
        () ->
            run.flow()
                .send(
                    tooLarge,
                    run.pool()
                        .large(
                            ContentionType.CLASSIFIED,
                            GuaranteeServers.MAX_MESSAGE_BYTES + (1 << 20)),
                    Expected.QUARANTINED));
    run.pause(Duration.ofSeconds(5));
  }

  /** One lane stands still at the poison, until an instance with another policy takes over. */
  private static void poisonHeld(ScenarioRun run, String setting) {
    TopicPartition partition = run.topics().partitionsOf(ContentionType.COMPLETED).get(2);
    run.flow()
        .send(partition, run.pool().poison(ContentionType.COMPLETED, 1), Expected.QUARANTINED);
    run.pause(Duration.ofSeconds(3));
    Member holding = run.fleet().live().get(0);
    long held = run.topics().committedOf(partition);
    run.pause(Duration.ofSeconds(3));
    assertThat(run.topics().committedOf(partition)).as("the lane with the poison").isEqualTo(held);
    run.fleet().terminate(holding);
    run.fleet().launch(Map.of(setting, "quarantine")).process().awaitReady();
    run.fleet().awaitAssigned(run.topics().all());
  }
}
