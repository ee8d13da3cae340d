package io.bierelay.guarantee;

import io.bierelay.sandbox.ClusterSeats.Seat;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Consuming and publishing in processes of their own, which share one event bus. */
final class ClusterScenarios {

  private ClusterScenarios() {}

  static List<Scenario> all() {
    return List.of(
        Scenario.named("cluster: two ingest, two notify")
            .cluster(2, 2)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.duplicatesBounded())
            .playing(ClusterScenarios::killEachInTurn),
        Scenario.named("cluster: rolling restart of each")
            .cluster(2, 2)
            .expecting(Guarantees.noDuplicates())
            .playing(ClusterScenarios::restartEachInTurn),
        Scenario.named("cluster: notifier stands still beyond its silence")
            .cluster(1, 2)
            .expecting(Guarantees.duplicatesBounded())
            .playing(ClusterScenarios::frozenNotifier),
        Scenario.named("cluster: RabbitMQ takes nothing, backpressure over the wire")
            .cluster(2, 2)
            .expecting(Guarantees.duplicatesBounded(), Guarantees.memoryBelow(450))
            .playing(
                run ->
                    run.outage(
                        Duration.ofSeconds(15),
                        run.servers()::raiseMemoryAlarm,
                        run.servers()::clearMemoryAlarm)),
        Scenario.named("exactly once in a cluster: two ingest, two notify")
            .cluster(2, 2)
            .exactlyOnce()
            .events(12_000)
            .perSecond(500)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.noDuplicates())
            .playing(ClusterScenarios::killEachInTurn));
  }

  /** Whoever comes after a victim takes its place, with its addresses. */
  private static void killEachInTurn(ScenarioRun run) {
    for (Member victim : run.fleet().live()) {
      run.pause(run.between(500, 2_000));
      run.fault(() -> run.fleet().kill(victim));
      replace(run, victim);
    }
  }

  private static void restartEachInTurn(ScenarioRun run) {
    for (Member old : run.fleet().live()) {
      run.fleet().terminate(old);
      replace(run, old);
    }
  }

  /** What it was sent it publishes when it wakes: nobody waits for that any more. */
  private static void frozenNotifier(ScenarioRun run) {
    Member frozen = run.fleet().live().get(1);
    run.fault(frozen::freeze);
    run.pause(Duration.ofSeconds(9));
    run.catchUp();
    frozen.thaw();
    run.pause(Duration.ofSeconds(3));
    run.catchUp();
  }

  /** Lanes that were bound to it must go on too, or the relay does not keep up with the flow. */
  private static void replace(ScenarioRun run, Member gone) {
    Seat seat = Objects.requireNonNull(gone.seat());
    run.fleet().launch(seat).process().awaitReady();
    run.fleet().awaitAssigned(run.topics().all());
    run.catchUp();
  }
}
