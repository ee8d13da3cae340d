package io.bierelay.guarantee;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One story: how many instances and events, what goes wrong, and what is expected all the same. */
final class Scenario {

  /** What goes wrong; runs while events are published. */
  interface Script {
    /** Throws when something is not as it should be. */
    void play(ScenarioRun run) throws Exception;
  }

  private static final long EVENTS = 20_000;
  private static final double PER_SECOND = 1_000;

  private final String name;
  private final Map<String, Object> settings = new HashMap<>();
  private final Map<String, String> kafkaClient = new HashMap<>();
  private final List<Guarantee> guarantees = new ArrayList<>();
  private boolean brief;
  private int instances = 1;
  private long events = EVENTS;
  private double perSecond = PER_SECOND;
  private int poisonEvery;
  private Duration patience = Duration.ofSeconds(90);
  private Script script = run -> {};

  private Scenario(String name) {
    this.name = name;
    kafkaClient.put("session.timeout.ms", "6000");
    kafkaClient.put("heartbeat.interval.ms", "2000");
    kafkaClient.put("metadata.max.age.ms", "3000");
  }

  /**
   * A scenario in which nothing may be lost, parked, invented or disordered, and the accounts
   * agree.
   */
  static Scenario named(String name) {
    return parking(name).expecting(Guarantees.nothingParked());
  }

  /** The same, where notifications that no queue takes may be parked. */
  static Scenario parking(String name) {
    return new Scenario(name)
        .expecting(
            Guarantees.nothingLost(),
            Guarantees.nothingInvented(),
            Guarantees.orderPerPartition(),
            Guarantees.accountsAgree(),
            Guarantees.keepsGoing());
  }

  /** Part of the shorter selection, too. */
  Scenario brief() {
    brief = true;
    return this;
  }

  Scenario instances(int number) {
    instances = number;
    return this;
  }

  /** At least so many; more are published when the script takes longer. */
  Scenario events(long atLeast) {
    events = atLeast;
    return this;
  }

  Scenario perSecond(double rate) {
    perSecond = rate;
    return this;
  }

  Scenario poisonEvery(int number) {
    poisonEvery = number;
    return this;
  }

  /** How long it may take, when all is over, until everything is consumed. */
  Scenario patience(Duration time) {
    patience = time;
    return this;
  }

  Scenario with(String setting, Object value) {
    settings.put(setting, value);
    return this;
  }

  /** For a setting without which the relay does the same by default. */
  Scenario withIfKnown(String setting, Object value) {
    return KnownSettings.has(setting) ? with(setting, value) : this;
  }

  /** A property of the Kafka consumer. */
  Scenario withKafka(String property, String value) {
    kafkaClient.put(property, value);
    return this;
  }

  Scenario expecting(Guarantee... more) {
    guarantees.addAll(List.of(more));
    return this;
  }

  Scenario playing(Script what) {
    script = what;
    return this;
  }

  String name() {
    return name;
  }

  boolean isBrief() {
    return brief;
  }

  int instances() {
    return instances;
  }

  long events() {
    return events;
  }

  double perSecond() {
    return perSecond;
  }

  int poisonEvery() {
    return poisonEvery;
  }

  Duration patience() {
    return patience;
  }

  /** The instances' settings beside the servers' addresses. */
  Map<String, Object> settings() {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("kafka.client", Map.copyOf(kafkaClient));
    return all;
  }

  List<Guarantee> guarantees() {
    return List.copyOf(guarantees);
  }

  Script script() {
    return script;
  }

  @Override
  public String toString() {
    return name;
  }
}
