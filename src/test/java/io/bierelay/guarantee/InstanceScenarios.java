package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;

/** What happens to the relay's own instances: changes in good order, kills, a zombie. */
final class InstanceScenarios {

  private static final int KILLS = 20;
  private static final long BEHIND = 200_000;

  private InstanceScenarios() {}

  static List<Scenario> all() {
    return List.of(
        Scenario.named("nothing fails").expecting(Guarantees.noDuplicates()),
        Scenario.named("rolling restart of three instances")
            .brief()
            .instances(3)
            .expecting(Guarantees.noDuplicates())
            .playing(InstanceScenarios::rollingRestart),
        Scenario.named("scale 1 to 3 to 1")
            .brief()
            .expecting(Guarantees.noDuplicates())
            .playing(InstanceScenarios::scale),
        Scenario.named("SIGTERM while far behind")
            .brief()
            .instances(2)
            .events(BEHIND)
            .perSecond(Double.POSITIVE_INFINITY)
            .patience(Duration.ofMinutes(4))
            .expecting(Guarantees.noDuplicates())
            .playing(InstanceScenarios::terminateFarBehind),
        Scenario.named("20 x SIGKILL")
            .instances(2)
            .events(100_000)
            .perSecond(1_000)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.duplicatesBounded())
            .playing(run -> kills(run, KILLS)),
        Scenario.named("5 x SIGKILL")
            .brief()
            .instances(2)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.duplicatesBounded())
            .playing(run -> kills(run, KILLS / 4)),
        Scenario.named("zombie: SIGSTOP beyond the session, SIGCONT")
            .brief()
            .instances(2)
            .expecting(Guarantees.duplicatesBounded())
            .playing(InstanceScenarios::zombie),
        Scenario.named("exactly once: 4 x SIGKILL")
            .brief()
            .exactlyOnce()
            .instances(2)
            .events(12_000)
            .perSecond(500)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.noDuplicates())
            .playing(run -> kills(run, 4)),
        Scenario.named("exactly once: zombie")
            .brief()
            .exactlyOnce()
            .instances(2)
            .events(12_000)
            .perSecond(500)
            .with("rabbitmq.heartbeat", "2s")
            .expecting(Guarantees.noDuplicates())
            .playing(InstanceScenarios::zombie),
        Scenario.named("exactly once: 200 x SIGKILL")
            .exactlyOnce()
            .instances(2)
            .events(500_000)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.noDuplicates())
            .playing(run -> kills(run, 200)),
        Scenario.named("200 x SIGKILL")
            .instances(2)
            .events(500_000)
            .withKafka("session.timeout.ms", "3000")
            .withKafka("heartbeat.interval.ms", "1000")
            .expecting(Guarantees.duplicatesBounded())
            .playing(run -> kills(run, 200)));
  }

  private static void rollingRestart(ScenarioRun run) {
    for (Member old : run.fleet().live()) {
      run.fleet().terminate(old);
      run.fleet().start();
      run.fleet().awaitAssigned(run.topics().all());
    }
  }

  /**
   * Everything that may be in flight is: it must be confirmed before the partitions are given up.
   */
  private static void terminateFarBehind(ScenarioRun run) {
    for (int i = 1; i <= 2; i++) {
      long enough = i * BEHIND / 5;
      await("enough is confirmed to be in full swing")
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> run.confirmed() > enough);
      run.fleet().terminate(run.fleet().live().get(0));
      run.fleet().start();
    }
  }

  private static void scale(ScenarioRun run) {
    Member first = run.fleet().live().get(0);
    run.fleet().start();
    run.fleet().start();
    run.fleet().awaitAssigned(run.topics().all());
    run.fleet().terminate(first);
    run.fleet().awaitAssigned(run.topics().all());
    run.fleet().terminate(run.fleet().live().get(0));
    run.fleet().awaitAssigned(run.topics().all());
  }

  /** At any moment, also while the one that replaces the last victim is still starting. */
  private static void kills(ScenarioRun run, int count) {
    for (int i = 0; i < count; i++) {
      run.pause(run.between(500, 5_000));
      List<Member> live = run.fleet().live();
      run.fault(() -> run.fleet().kill(live.get(run.random().nextInt(live.size()))));
      run.fleet().launch();
    }
    run.fleet().live().forEach(member -> member.process().awaitReady());
    run.fleet().awaitAssigned(run.topics().all());
  }

  private static void zombie(ScenarioRun run) {
    Member zombie = run.fleet().live().get(0);
    Member other = run.fleet().live().get(1);
    run.fault(zombie::freeze);
    await("the other one has all partitions")
        .atMost(Duration.ofSeconds(30))
        .until(() -> other.epochs().size() == run.topics().all().size());
    run.pause(Duration.ofSeconds(3));
    zombie.thaw();
    run.fleet().awaitAssigned(run.topics().all());
    assertThat(zombie.process().isAlive()).as("the zombie lives").isTrue();
  }
}
