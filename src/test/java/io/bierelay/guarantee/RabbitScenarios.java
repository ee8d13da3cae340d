package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.guarantee.FaultProxy.Direction;
import io.bierelay.sandbox.ContentionType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** What happens to RabbitMQ, and to the way there. */
final class RabbitScenarios {

  private static final String UNROUTABLE = "notify.unroutable";
  private static final Duration SLOW = Duration.ofMillis(150);
  private static final int CUTS = 50;
  private static final int BACKLOG = 1_000_000;

  private RabbitScenarios() {}

  static List<Scenario> all() {
    List<Scenario> all = new ArrayList<>(always());
    if (KnownSettings.has(UNROUTABLE)) {
      all.add(
          Scenario.parking("exchange deleted under way, parking")
              .with(UNROUTABLE, "park")
              .expecting(Guarantees.duplicatesBounded(), Guarantees.somethingParked())
              .playing(RabbitScenarios::parked));
    }
    return all;
  }

  private static List<Scenario> always() {
    return List.of(
        Scenario.named("RabbitMQ restarted, then killed with -9")
            .brief()
            .expecting(Guarantees.duplicatesBounded())
            .playing(RabbitScenarios::restartAndKill),
        Scenario.named("RabbitMQ's connection cut 50 times")
            .brief()
            .instances(2)
            .expecting(Guarantees.duplicatesBounded())
            .playing(RabbitScenarios::cuts),
        Scenario.named("RabbitMQ killed with -9 20 times")
            .events(60_000)
            .patience(Duration.ofMinutes(3))
            .expecting(Guarantees.duplicatesBounded())
            .playing(RabbitScenarios::brokerKills),
        Scenario.named("exactly once: RabbitMQ's connection cut 50 times")
            .exactlyOnce()
            .instances(2)
            .expecting(Guarantees.noDuplicates())
            .playing(RabbitScenarios::cuts),
        Scenario.named("slow, half-closed and refused connections")
            .expecting(Guarantees.duplicatesBounded())
            .playing(RabbitScenarios::badNetwork),
        Scenario.named("confirms stalled for 30 s")
            .perSecond(600)
            .expecting(Guarantees.duplicatesBounded())
            .playing(
                run ->
                    run.outage(
                        Duration.ofSeconds(30),
                        () -> run.servers().rabbitProxy().stall(Direction.TO_CLIENT),
                        () -> run.servers().rabbitProxy().flow())),
        Scenario.named("confirms late, but in time")
            .brief()
            .with("rabbitmq.heartbeat", "1m")
            .with("notify.confirm.timeout", "1m")
            .expecting(Guarantees.noDuplicates())
            .playing(
                run ->
                    run.outage(
                        Duration.ofSeconds(15),
                        () -> run.servers().rabbitProxy().stall(Direction.TO_CLIENT),
                        () -> run.servers().rabbitProxy().flow())),
        Scenario.named("memory alarm raised and cleared")
            .brief()
            .expecting(Guarantees.noDuplicates())
            .playing(RabbitScenarios::alarm),
        Scenario.named("exchange deleted under way, holding")
            .brief()
            .withIfKnown(UNROUTABLE, "hold")
            .expecting(Guarantees.duplicatesBounded())
            .playing(RabbitScenarios::exchangeDeleted),
        Scenario.named("RabbitMQ away beyond max.poll.interval")
            .brief()
            .withKafka("max.poll.interval.ms", "10000")
            .expecting(Guarantees.duplicatesBounded())
            .playing(RabbitScenarios::pollInterval),
        Scenario.named("backlog of 1,000,000, RabbitMQ away for 60 s")
            .events(BACKLOG)
            .perSecond(Double.POSITIVE_INFINITY)
            .patience(Duration.ofMinutes(6))
            .expecting(Guarantees.duplicatesBounded(), Guarantees.memoryBelow(450))
            .playing(RabbitScenarios::backlog));
  }

  private static void restartAndKill(ScenarioRun run) {
    run.outage(
        Duration.ofSeconds(2), run.servers().rabbit()::stop, () -> run.servers().rabbit().start());
    run.pause(Duration.ofSeconds(4));
    run.outage(
        Duration.ofSeconds(2), run.servers().rabbit()::kill, () -> run.servers().rabbit().start());
  }

  private static void brokerKills(ScenarioRun run) {
    for (int i = 0; i < 20; i++) {
      run.pause(run.between(500, 2_000));
      run.outage(
          Duration.ofSeconds(1),
          run.servers().rabbit()::kill,
          () -> run.servers().rabbit().start());
    }
  }

  private static void cuts(ScenarioRun run) {
    for (int i = 0; i < CUTS; i++) {
      run.pause(run.between(50, 800));
      run.fault(() -> run.servers().rabbitProxy().cutOne(run.random()));
    }
    run.recover("");
  }

  private static void badNetwork(ScenarioRun run) {
    FaultProxy proxy = run.servers().rabbitProxy();
    proxy.delay(Direction.TO_SERVER, SLOW);
    proxy.delay(Direction.TO_CLIENT, SLOW);
    run.pause(Duration.ofSeconds(5));
    proxy.flow();
    for (Direction direction : Direction.values()) {
      run.fault(() -> proxy.halfClose(direction));
      run.recover("");
      run.pause(Duration.ofSeconds(2));
    }
    run.outage(
        Duration.ofSeconds(5),
        () -> {
          proxy.refuse();
          proxy.cut();
        },
        proxy::accept);
  }

  private static void alarm(ScenarioRun run) {
    run.outage(
        Duration.ofSeconds(10), run.servers()::raiseMemoryAlarm, run.servers()::clearMemoryAlarm);
  }

  /**
   * The relay declares the exchange again; that nobody is bound to it is what the subscriber has to
   * mend, and until then the lanes of that exchange hold.
   */
  private static void exchangeDeleted(ScenarioRun run) {
    for (ContentionType type : List.of(ContentionType.UPDATED, ContentionType.DELETED)) {
      run.fault(() -> run.observer().deleteExchange(type.exchange()));
      run.pause(Duration.ofSeconds(3));
      run.observer().rebind(type.exchange());
      run.recover(run.topics().of(type));
      run.pause(Duration.ofSeconds(2));
    }
  }

  private static void pollInterval(ScenarioRun run) {
    Member member = run.fleet().live().get(0);
    Map<TopicPartition, Long> before = member.epochs();
    run.outage(
        Duration.ofSeconds(15),
        run.servers().rabbitProxy()::away,
        run.servers().rabbitProxy()::back);
    assertThat(member.epochs()).as("epochs of the lanes").isEqualTo(before);
    assertThat(member.process().readLog()).doesNotContain(" lost [").doesNotContain("given up");
  }

  private static void backlog(ScenarioRun run) {
    await("a third is confirmed")
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> run.confirmed() > BACKLOG / 3);
    run.outage(
        Duration.ofSeconds(60),
        run.servers().rabbitProxy()::away,
        run.servers().rabbitProxy()::back);
  }

  /** What comes while nobody is bound is parked, and the lanes go on. */
  private static void parked(ScenarioRun run) {
    ContentionType type = ContentionType.UPDATED;
    run.fault(() -> run.observer().deleteExchange(type.exchange()));
    run.pause(Duration.ofSeconds(3));
    run.observer().rebind(type.exchange());
    run.pause(Duration.ofSeconds(2));
  }
}
