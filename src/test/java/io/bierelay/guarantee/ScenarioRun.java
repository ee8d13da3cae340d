package io.bierelay.guarantee;

import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.ClusterSeats;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RelayProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.core.ConditionTimeoutException;

/** A scenario while it runs: what its script can reach and do. */
final class ScenarioRun implements AutoCloseable {

  private static final Duration START_PATIENCE = Duration.ofSeconds(60);

  /** The first scenario finds every server's and every instance's code not compiled yet. */
  private static final Duration WARM_UP_PATIENCE = Duration.ofMinutes(4);

  private static final Duration RECOVERY_PATIENCE = Duration.ofSeconds(60);
  private static final Duration SETTLE_PATIENCE = Duration.ofSeconds(10);
  private static final Duration CALM = Duration.ofSeconds(2);

  private final Scenario scenario;
  private final GuaranteeServers servers;
  private final Random random;
  private final Ledger ledger = new Ledger();
  private final TopicSet topics;
  private final RabbitAddress virtualHost;
  private final QueueObserver observer;
  private final EventPool pool;
  private final EventFlow flow;
  private final Fleet fleet;
  private final ClusterSeats seats;
  private final ProgressWatch watch;
  private final Windows windows = new Windows();
  private final List<Duration> recoveries = new ArrayList<>();
  private List<String> unsettled = List.of();
  private int faults;

  /** Makes what the scenario needs for itself: topics, a virtual host with queues, instances. */
  ScenarioRun(Scenario scenario, GuaranteeServers servers, String infix, long seed) {
    this.scenario = scenario;
    this.servers = servers;
    this.random = new Random(seed);
    this.topics = new TopicSet(servers.kafka(), ledger, infix);
    this.virtualHost = servers.makeVirtualHost(infix);
    this.observer = new QueueObserver(virtualHost, ledger, scenario.queues());
    this.pool = new EventPool(seed, servers.registry());
    this.flow = new EventFlow(servers.kafka().adminProperties(), ledger, pool);
    boolean exactlyOnce = "exactly-once".equals(scenario.settings().get("notify.delivery"));
    Map<String, Object> settings = new HashMap<>(servers.admit(topics, virtualHost, exactlyOnce));
    settings.put("kafka.topic.infix", infix);
    settings.put("kafka.group.id", topics.group());
    settings.putAll(scenario.settings());
    this.seats = new ClusterSeats(scenario.ingest(), scenario.notifiers());
    this.fleet = new Fleet(settings, List.of("-XX:+ExitOnOutOfMemoryError"));
    this.watch = new ProgressWatch(fleet);
  }

  /** Starts the instances and the flow of events, and lets them run without any fault. */
  void begin() {
    observer.subscribe();
    seats.all().forEach(fleet::launch);
    for (int i = 0; seats.all().isEmpty() && i < scenario.instances(); i++) {
      fleet.launch(Objects.requireNonNullElseGet(scenario.firstJar(), RelayProcess::jar));
    }
    fleet.live().forEach(member -> member.process().awaitReady());
    fleet.awaitAssigned(topics.all());
    for (int i = 0; i < TopicSet.PARTITIONS; i++) {
      for (ContentionType type : ContentionType.values()) {
        flow.include(type, topics.partitionsOf(type).get(i));
      }
    }
    flow.poisonEvery(scenario.poisonEvery());
    flow.start(
        scenario.perSecond(),
        Double.isInfinite(scenario.perSecond()) ? scenario.events() : Long.MAX_VALUE);
    await("the first notifications").atMost(START_PATIENCE).until(() -> confirmed() > 0);
    // The first seconds, of the JIT and of catching up, are not what the rest is to be compared to.
    pause(CALM);
    catchUp();
    long begin = System.nanoTime();
    pause(CALM);
    watch.confirmedNow("");
    windows.calm(begin, System.nanoTime());
  }

  /**
   * Lets it go on for a while after the script, publishes what is still owed, and awaits it all.
   */
  void end() {
    pause(CALM);
    await("the flow of events")
        .atMost(scenario.patience().plus(Duration.ofMinutes(5)))
        .until(() -> flow.isDone() || flow.taken() >= scenario.events());
    flow.stop();
    watch.confirmedNow("");
    windows.over(System.nanoTime());
    await("everything is consumed")
        .atMost(scenario.patience())
        .pollInterval(Duration.ofMillis(200))
        .until(topics::unconsumed, List::isEmpty);
  }

  /** When all is quiet: waits until everything is at its place and the accounts agree. */
  void settle() {
    try {
      await()
          .atMost(SETTLE_PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> observer.waiting() >= ledger.published());
    } catch (ConditionTimeoutException e) {
      // Then something is lost, which the guarantees tell more precisely.
    }
    try {
      await()
          .atMost(SETTLE_PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .until(watch::unsettled, List::isEmpty);
    } catch (ConditionTimeoutException e) {
      unsettled = watch.unsettled();
    }
  }

  Evidence evidence() {
    return new Evidence(ledger, watch, windows, faults, unsettled, recoveries);
  }

  // What scripts do.

  /** Something that may repeat events, and from which the relay recovers by itself. */
  void fault(Runnable what) {
    faults++;
    what.run();
  }

  /**
   * Takes a server away for some time and brings it back; then waits for the next confirmed
   * notification, and notes how long that took.
   */
  void outage(Duration length, Runnable away, Runnable back) {
    faults++;
    long begin = System.nanoTime();
    away.run();
    pause(length.dividedBy(2));
    long halfway = confirmed();
    pause(length.dividedBy(2));
    if (confirmed() != halfway) {
      throw new IllegalStateException(
          "the outage was none: %d notifications were confirmed in its second half"
              .formatted(confirmed() - halfway));
    }
    back.run();
    recover("");
    windows.outage(begin, System.nanoTime());
  }

  /** Waits for the next confirmed notification of topics whose names begin so; notes the time. */
  void recover(String topicPrefix) {
    long begin = System.nanoTime();
    long before = watch.confirmedNow(topicPrefix);
    await("the first notification after the recovery")
        .atMost(RECOVERY_PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(25))
        .until(() -> watch.confirmedNow(topicPrefix) > before);
    recoveries.add(Duration.ofNanos(System.nanoTime() - begin));
  }

  /**
   * Waits until the relay is no more than a second behind the flow; where that is as fast as can
   * be, it does not wait.
   */
  void catchUp() {
    if (Double.isInfinite(scenario.perSecond())) {
      return;
    }
    try {
      await("the relay keeps up with the flow")
          .atMost(WARM_UP_PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> topics.behind() < scenario.perSecond());
    } catch (ConditionTimeoutException e) {
      // Who is behind, and where it stands by its own account, tells what the time alone does not.
      TopicPartition last = topics.furthestBehind();
      throw new IllegalStateException(
          "the relay does not keep up with the flow: %d behind; most of all %s: %s"
              .formatted(
                  topics.behind(),
                  last,
                  fleet.live().stream().flatMap(one -> one.standing(last).stream()).toList()),
          e);
    }
  }

  /** Lets time pass, while the relay works. */
  void pause(Duration time) {
    await()
        .pollDelay(time)
        .atMost(time.plusSeconds(60))
        .until(
            () -> {
              flow.check();
              return true;
            });
    List<Member> crashed = fleet.crashed();
    if (!crashed.isEmpty()) {
      throw new IllegalStateException(crashed.get(0).name() + " ended by itself");
    }
  }

  /** A time at random. */
  Duration between(long leastMillis, long mostMillis) {
    return Duration.ofMillis(leastMillis + random.nextLong(mostMillis - leastMillis));
  }

  /** How many notifications were confirmed so far. */
  long confirmed() {
    return watch.confirmedNow("");
  }

  Random random() {
    return random;
  }

  GuaranteeServers servers() {
    return servers;
  }

  Ledger ledger() {
    return ledger;
  }

  TopicSet topics() {
    return topics;
  }

  QueueObserver observer() {
    return observer;
  }

  EventPool pool() {
    return pool;
  }

  EventFlow flow() {
    return flow;
  }

  Fleet fleet() {
    return fleet;
  }

  ProgressWatch watch() {
    return watch;
  }

  @Override
  public void close() {
    watch.close();
    flow.close();
    fleet.close();
    seats.close();
    servers.heal();
    servers.removeVirtualHost(virtualHost);
    topics.close();
  }
}
