package io.bierelay.guarantee;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One story: how many instances and events, what goes wrong, and what is expected all the same. */
final class Scenario {

  /** What goes wrong; runs while events are published. */
  interface Script {
    /** Throws when something is not as it should be. */
    void play(ScenarioRun run) throws Exception;
  }

  /** Before the key of a setting that the whole run shall have. */
  private static final String SETTING = "guarantee.setting.";

  private static final long EVENTS = 20_000;
  private static final double PER_SECOND = 1_000;

  private final String name;
  private final Map<String, Object> settings = new HashMap<>();
  private final Map<String, String> kafkaClient = new HashMap<>();
  private final List<Guarantee> guarantees = new ArrayList<>();
  private boolean brief;
  private String queues = System.getProperty("guarantee.queues", "quorum");
  private int instances = 1;
  private int ingest;
  private int notify;
  private @Nullable Path firstJar;
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

  /** The type of the subscriber's queues; by default what the run was told. */
  Scenario queues(String type) {
    queues = type;
    return this;
  }

  /** Nothing twice, by the ledger; the subscriber's queues are of the type that allows it. */
  Scenario exactlyOnce() {
    return with("notify.delivery", "exactly-once")
        .with("notify.ledger.trust", "routed")
        .queues("classic");
  }

  Scenario instances(int number) {
    instances = number;
    return this;
  }

  /** So many processes that only consume, and so many that only publish, as one cluster. */
  Scenario cluster(int consuming, int publishing) {
    ingest = consuming;
    notify = publishing;
    return this;
  }

  /** The instances at the beginning are of another JAR than the build's. */
  Scenario beginningWith(Path jar) {
    firstJar = jar;
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

  String queues() {
    return queues;
  }

  boolean isBrief() {
    return brief;
  }

  int instances() {
    return instances;
  }

  /** Processes that only consume; 0 where each is whole. */
  int ingest() {
    return ingest;
  }

  /** Processes that only publish. */
  int notifiers() {
    return notify;
  }

  /** What the first instances are of; null for the build's. */
  @Nullable Path firstJar() {
    return firstJar;
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
    Map<String, Object> all = new HashMap<>();
    System.getProperties().stringPropertyNames().stream()
        .filter(key -> key.startsWith(SETTING))
        .forEach(key -> all.put(key.substring(SETTING.length()), System.getProperty(key)));
    if (System.getProperty("guarantee.delivery") != null) {
      all.put("notify.delivery", System.getProperty("guarantee.delivery"));
    }
    all.putAll(settings);
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
