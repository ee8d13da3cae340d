package io.bierelay.persist;

import io.bierelay.metrics.EventRate;
import io.bierelay.metrics.Metric;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** The meters of {@link PersistMetric}, looked up once each: counting must not cost a search. */
final class PersistMeters {

  /**
   * Over all instances in the process, since a gauge of one name and queue can show one value only.
   */
  private static final Map<String, AtomicInteger> UNACKED = new ConcurrentHashMap<>();

  /** Likewise what RabbitMQ tells of its queues, by metric and queue. */
  private static final Map<String, AtomicInteger> QUEUES = new ConcurrentHashMap<>();

  private static final int MAX_UNKNOWN = 50;
  private static final String OTHER = "other";

  /** A letter first, and so few digits that no number of a person fits in. */
  private static final Pattern FIELD_NAME = Pattern.compile("[A-Za-z_]{1,60}[0-9]{0,3}");

  /** Of the broker, so of the whole process; -1 until it is known. */
  private static final AtomicInteger DEAD_LETTERS = new AtomicInteger(-1);

  private final MeterRegistry registry;
  private final Map<String, Counter> stored = new ConcurrentHashMap<>();
  private final Map<String, Counter> duplicates = new ConcurrentHashMap<>();
  private final Map<String, Counter> misses = new ConcurrentHashMap<>();
  private final Map<String, Counter> unknownFields = new ConcurrentHashMap<>();
  private final Map<String, EventRate> rates = new ConcurrentHashMap<>();
  private Stored soFar = new Stored(0, 0, 0);
  private final Counter batchRows;
  private final Timer batchTime;
  private final Timer latency;

  PersistMeters(MeterRegistry registry) {
    this.registry = registry;
    this.batchRows = PersistMetric.BATCH_ROWS.counter(registry);
    this.batchTime = PersistMetric.BATCH_TIME.timer(registry);
    this.latency = PersistMetric.LATENCY.timer(registry);
  }

  /** What this instance stored so far, for whoever shows it. */
  record Stored(long batches, long rows, long lastBatchMs) {}

  /** What was stored so far. */
  Stored soFar() {
    return soFar;
  }

  /** How many events of a type are done with, a second. */
  EventRate rate(String eventType) {
    return rates.computeIfAbsent(eventType, type -> new EventRate());
  }

  /** As RabbitMQ told; of the broker, so of the whole process. */
  void depth(String queue, int ready, int consumers) {
    shown(PersistMetric.QUEUE_DEPTH, queue).set(ready);
    shown(PersistMetric.QUEUE_CONSUMERS, queue).set(consumers);
  }

  private AtomicInteger shown(Metric metric, String queue) {
    AtomicInteger shown =
        QUEUES.computeIfAbsent(metric.name() + "/" + queue, name -> new AtomicInteger());
    metric.gauge(registry, shown::get, queue);
    return shown;
  }

  void batch(int rows, long nanos) {
    soFar = new Stored(soFar.batches() + 1, soFar.rows() + rows, nanos / 1_000_000);
    batchRows.increment(rows);
    batchTime.record(nanos, TimeUnit.NANOSECONDS);
  }

  void stored(EventRow row, Instant committed) {
    rate(row.eventType()).add(1);
    stored
        .computeIfAbsent(row.eventType(), type -> PersistMetric.STORED.counter(registry, type))
        .increment();
    if (row.notifiedAt() != null) {
      // Two machines' clocks: a negative time is their difference, and no latency.
      long taken = committed.toEpochMilli() - row.notifiedAt().toEpochMilli();
      latency.record(Math.max(0, taken), TimeUnit.MILLISECONDS);
    }
    for (String field : row.misses()) {
      misses
          .computeIfAbsent(field, name -> PersistMetric.EXTRACTION_MISSES.counter(registry, name))
          .increment();
    }
  }

  /** Names come from outside: only what looks like a schema's field is told, and not many. */
  void unknownField(String name) {
    Counter known = unknownFields.get(name);
    if (known == null) {
      boolean shown = unknownFields.size() < MAX_UNKNOWN && FIELD_NAME.matcher(name).matches();
      String tag = shown ? name : OTHER;
      known =
          unknownFields.computeIfAbsent(
              tag, field -> PersistMetric.UNKNOWN_FIELDS.counter(registry, field));
    }
    known.increment();
  }

  void duplicate(EventRow row) {
    rate(row.eventType()).add(1);
    duplicates
        .computeIfAbsent(row.eventType(), type -> PersistMetric.DUPLICATES.counter(registry, type))
        .increment();
  }

  void deadLettered(String reason) {
    PersistMetric.DEAD_LETTERED.counter(registry, reason).increment();
  }

  /**
   * @param alert from how many on it is time to look
   */
  void deadLetters(int count, int alert) {
    DEAD_LETTERS.set(count);
    PersistMetric.DEAD_LETTERS.gauge(registry, DEAD_LETTERS::get);
    PersistMetric.DEAD_LETTERS_ALERT.gauge(registry, () -> DEAD_LETTERS.get() >= alert ? 1 : 0);
  }

  void removed(boolean replayed, String reason) {
    (replayed ? PersistMetric.REPLAYED : PersistMetric.DISCARDED)
        .counter(registry, reason)
        .increment();
  }

  void retry(String sqlState) {
    PersistMetric.RETRIES.counter(registry, sqlState.isEmpty() ? "none" : sqlState).increment();
  }

  /** What the gauge of a queue shows; add to it, and take away what was added. */
  AtomicInteger unacked(String queue) {
    AtomicInteger shown = UNACKED.computeIfAbsent(queue, name -> new AtomicInteger());
    PersistMetric.UNACKED.gauge(registry, shown::get, queue);
    return shown;
  }
}
