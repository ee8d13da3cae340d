package io.bierelay.ingest;

import io.bierelay.event.LaneBus;
import io.bierelay.event.PauseRule;
import io.bierelay.status.ProcessIdentity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The lanes as a person wants to see them: where each partition stands, and why it does not go on.
 * Event loop, but for what gauges read.
 */
final class LaneView {

  /** A confirm takes milliseconds; what takes this long is worth a word. */
  private static final long SLOW_MS = 3_000;

  /**
   * Of all consumers in the process, since a gauge of one name can show one value only; a partition
   * is one consumer's.
   */
  private static final Set<TopicPartition> DISAGREEING = ConcurrentHashMap.newKeySet();

  private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
  private final Map<TopicPartition, PartitionSnapshot> snapshots = new ConcurrentHashMap<>();
  private final Map<TopicPartition, LaneAge> ages = new HashMap<>();

  /** As of the last description, for the gauges: they are read on another thread. */
  private final Map<TopicPartition, Double> shownAges = new ConcurrentHashMap<>();

  private final Map<String, String> blocked = new ConcurrentHashMap<>();
  private final String group;
  private final PauseBook pauses;
  private String clientId = "";

  LaneView(String group, PauseBook pauses) {
    this.group = group;
    this.pauses = pauses;
  }

  /** How the consumer calls itself. */
  void clientId(String id) {
    clientId = id;
  }

  /** Kafka has stored this position. */
  void committed(TopicPartition partition, long offset) {
    committed.put(partition, offset);
  }

  /** What the group had committed when the partition was assigned; -1 if nothing. */
  void committedAtStart(TopicPartition partition, long offset) {
    committed.putIfAbsent(partition, offset);
  }

  /** Where the consumer stands. */
  void snapshot(List<PartitionSnapshot> partitions) {
    partitions.forEach(
        one -> {
          snapshots.merge(
              one.partition(),
              one,
              (old, now) -> now.withEnd(Math.max(old.endOffset(), now.endOffset())));
          ageOf(one.partition()).end(one.endOffset(), Instant.now());
        });
  }

  /**
   * Where partitions end, as Kafka tells: the consumer learns of it only by fetching, which it does
   * not do for a lane that is full.
   */
  void ends(Map<TopicPartition, Long> ends) {
    ends.forEach(
        (partition, end) -> {
          if (!snapshots.containsKey(partition)) {
            return; // Given up while Kafka was asked.
          }
          snapshots.computeIfPresent(
              partition, (tp, old) -> old.withEnd(Math.max(old.endOffset(), end)));
          ageOf(partition).end(end, Instant.now());
        });
  }

  /** A notifier's broker takes nothing for the moment, or takes again. */
  void blocked(LaneBus.Blocked news) {
    if (news.reason().isEmpty()) {
      blocked.remove(news.address());
    } else {
      blocked.put(news.address(), news.reason());
    }
  }

  /** The partition is not ours any more, or begins anew. */
  void forget(TopicPartition partition) {
    committed.remove(partition);
    snapshots.remove(partition);
    ages.remove(partition);
    shownAges.remove(partition);
    DISAGREEING.remove(partition);
  }

  /** One object per lane: those that don't go on come first. */
  JsonArray describe(Collection<Lane> lanes) {
    JsonArray array = new JsonArray();
    lanes.stream()
        .sorted(
            Comparator.comparing((Lane lane) -> reason(lane).isEmpty())
                .thenComparing(lane -> lane.partition().topic())
                .thenComparing(lane -> lane.partition().partition()))
        .forEach(lane -> array.add(describe(lane)));
    return array;
  }

  /** Why a lane does not go on though it should; empty when it does. */
  String reason(Lane lane) {
    String own = lane.condition().reason();
    if (!own.isEmpty() || lane.oldestMs() < SLOW_MS) {
      return own;
    }
    String why = blocked.getOrDefault(lane.notifier(), "");
    return why.isEmpty()
        ? "RabbitMQ has not confirmed what was sent %d s ago".formatted(lane.oldestMs() / 1_000)
        : why;
  }

  /**
   * From the committed offset to the end: what would be received again and what is still to come;
   * -1 if it is not known.
   */
  long lag(Lane lane) {
    PartitionSnapshot snapshot = snapshots.get(lane.partition());
    if (snapshot == null || snapshot.endOffset() < 0) {
      return -1;
    }
    long done = committedOf(lane);
    long from = done >= 0 ? done : snapshot.position() - lane.inFlight();
    return from < 0 ? -1 : Math.max(0, snapshot.endOffset() - from);
  }

  /** The age of the oldest unfinished record, in seconds; null if it is not known. */
  @Nullable Double lagSeconds(Lane lane) {
    PartitionSnapshot snapshot = snapshots.get(lane.partition());
    return ageOf(lane.partition())
        .seconds(
            unfinished(lane),
            snapshot == null ? -1 : snapshot.endOffset(),
            lane.oldestHeld(),
            Instant.now());
  }

  /**
   * As {@link #lagSeconds(Lane)} told a moment ago, at most; NaN if it is not known. Any thread.
   */
  double lagSeconds(TopicPartition partition) {
    return shownAges.getOrDefault(partition, Double.NaN);
  }

  /** The first offset that is not finished; -1 if it is not known. */
  long unfinished(Lane lane) {
    long done = Math.max(lane.nextOffset(), committedOf(lane));
    PartitionSnapshot snapshot = snapshots.get(lane.partition());
    if (done >= 0 || snapshot == null || snapshot.position() < 0) {
      return done;
    }
    return snapshot.position() - lane.inFlight();
  }

  /** What Kafka has stored, as far as is known; -1 if nothing. */
  long committedOf(Lane lane) {
    return committed.getOrDefault(lane.partition(), -1L);
  }

  private LaneAge ageOf(TopicPartition partition) {
    return ages.computeIfAbsent(partition, tp -> new LaneAge());
  }

  private Instant since(Lane lane) {
    boolean silentlySlow = lane.condition().reason().isEmpty() && lane.oldestMs() >= SLOW_MS;
    return silentlySlow ? Instant.now().minusMillis(lane.oldestMs()) : lane.condition().since();
  }

  private JsonObject describe(Lane lane) {
    TopicPartition partition = lane.partition();
    PartitionSnapshot snapshot = snapshots.get(partition);
    long committedOffset = committedOf(lane);
    // The snapshot is up to a second old; what is committed since was certainly fetched.
    long position = Math.max(snapshot == null ? -1 : snapshot.position(), committedOffset);
    long endOffset =
        snapshot == null || snapshot.endOffset() < 0
            ? -1
            : Math.max(snapshot.endOffset(), position);
    String reason = reason(lane);
    Optional<PauseRule> pause = pauses.pauseOf(partition);
    String state =
        lane.isDraining()
            ? "draining"
            : pause.isPresent() ? "paused" : reason.isEmpty() ? "running" : "held";
    Double age = lagSeconds(lane);
    shownAges.put(partition, age == null ? Double.NaN : age);
    if (lane.accounts().agree(lane.inFlight())) {
      DISAGREEING.remove(partition);
    } else {
      DISAGREEING.add(partition);
    }
    Instant lastEvent = lane.accounts().lastEventAt();
    return new JsonObject()
        .put("kind", "partition")
        .put("group", group)
        .put("topic", partition.topic())
        .put("partition", partition.partition())
        .put("eventType", lane.type().name())
        .put("exchange", lane.type().exchange())
        .put("state", state)
        .put("reason", pause.map(rule -> "paused by " + rule.by()).orElse(reason))
        .put("since", pause.map(LaneView::saidAt).orElseGet(() -> since(lane)).toString())
        .put("pausedBy", pause.map(PauseRule::by).orElse(""))
        .put("epoch", lane.epoch())
        .put("position", position)
        .put("committed", committedOffset)
        .put("endOffset", endOffset)
        .put("lag", lag(lane))
        .put("lagSeconds", age)
        .put("inFlight", lane.inFlight())
        .put("rate1", lane.accounts().rate().oneMinute())
        .put("rate5", lane.accounts().rate().fiveMinutes())
        .put("lastEventAt", lastEvent == null ? null : lastEvent.toString())
        .put("accounts", lane.accounts().toJson(lane.inFlight()))
        .put("lastError", lane.condition().lastError())
        .put("owner", owner())
        .put("ledger", lane.memory().ledger())
        .put("lock", lane.memory().lock())
        .put("ledgerDoubt", lane.memory().doubt());
  }

  /** Whether a person has paused it. Any thread. */
  boolean isPaused(TopicPartition partition) {
    return pauses.pauseOf(partition).isPresent();
  }

  /** How many partitions had accounts that did not agree when last described. Any thread. */
  static int disagreeing() {
    return DISAGREEING.size();
  }

  private static Instant saidAt(PauseRule rule) {
    return Instant.ofEpochMilli(rule.at());
  }

  private JsonObject owner() {
    ProcessIdentity own = ProcessIdentity.own();
    return new JsonObject()
        .put("host", own.host())
        .put("instance", own.instance())
        .put("memberId", "")
        .put("clientId", clientId);
  }
}
