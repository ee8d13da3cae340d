package io.bierelay.persist;

import io.bierelay.metrics.Metric;
import java.util.List;

/** The metrics that storing events registers. */
final class PersistMetric {

  static final Metric STORED =
      Metric.counter("bie.persist.stored", "events", "Events whose row was committed.", "type");

  static final Metric DUPLICATES =
      Metric.counter(
          "bie.persist.duplicates",
          "events",
          "Notifications whose row was already there; nothing was changed.",
          "type");

  static final Metric DEAD_LETTERED =
      Metric.counter(
          "bie.persist.dead.lettered",
          "events",
          "Notifications that were given up to the dead-letter exchange, and confirmed there.",
          "reason");

  static final Metric EXTRACTION_MISSES =
      Metric.counter(
          "bie.persist.extraction.misses",
          "events",
          "Events in which a column's value was missing, null or of another type.",
          "field");

  static final Metric UNKNOWN_FIELDS =
      Metric.counter(
          "bie.persist.unknown.fields",
          "fields",
          "Fields of events that neither persist.privacy.allow nor persist.privacy.drop knows, by"
              + " name: of the first 50 names that look like a field's, the others as 'other'.",
          "field");

  static final Metric DEAD_LETTERS =
      Metric.gauge(
          "bie.persist.dead.letters", "messages", "Dead letters of all stages in their queue.");

  static final Metric DEAD_LETTERS_ALERT =
      Metric.gauge(
          "bie.persist.dead.letters.alert",
          "boolean",
          "1 while there are persist.dead.letters.alert dead letters or more, else 0.");

  static final Metric REPLAYED =
      Metric.counter(
          "bie.persist.dead.letters.replayed",
          "messages",
          "Dead letters that were sent back to where they came from.",
          "reason");

  static final Metric DISCARDED =
      Metric.counter(
          "bie.persist.dead.letters.discarded",
          "messages",
          "Dead letters that a person removed.",
          "reason");

  static final Metric BATCH_ROWS =
      Metric.counter(
          "bie.persist.batch.rows",
          "rows",
          "Rows sent in batches; divided by the number of batches, a batch's mean size.");

  static final Metric BATCH_TIME =
      Metric.timer("bie.persist.batch.time", "From a batch's sending to its commit, one attempt.");

  static final Metric RETRIES =
      Metric.counter(
          "bie.persist.retries",
          "batches",
          "Attempts to store that failed for a reason which passes, and were made again.",
          "sqlstate");

  static final Metric LATENCY =
      Metric.timer(
          "bie.persist.latency", "From the receipt of an event in svc-bie-kafka to its commit.");

  static final Metric UNACKED =
      Metric.gauge(
          "bie.persist.unacked",
          "messages",
          "Messages that were delivered and wait for their commit.",
          "queue");

  static final Metric QUEUE_DEPTH =
      Metric.gauge(
          "bie.persist.queue.depth",
          "messages",
          "Messages that wait in a queue of the workflow, as RabbitMQ told within the last 5 s.",
          "queue");

  static final Metric QUEUE_CONSUMERS =
      Metric.gauge(
          "bie.persist.queue.consumers",
          "consumers",
          "Consumers of a queue of the workflow, of all processes.",
          "queue");

  static final List<Metric> ALL =
      List.of(
          STORED,
          DUPLICATES,
          DEAD_LETTERED,
          EXTRACTION_MISSES,
          UNKNOWN_FIELDS,
          DEAD_LETTERS,
          DEAD_LETTERS_ALERT,
          REPLAYED,
          DISCARDED,
          BATCH_ROWS,
          BATCH_TIME,
          RETRIES,
          LATENCY,
          UNACKED,
          QUEUE_DEPTH,
          QUEUE_CONSUMERS);

  private PersistMetric() {}
}
