package io.bierelay.ingest;

import io.bierelay.metrics.Metric;
import java.util.List;

/** What ingest counts. Topics and partitions are few and known, so both are tags. */
final class IngestMetrics {

  static final Metric RECEIVED =
      Metric.counter(
          "bie.relay.events.received",
          "events",
          "Records received from Kafka.",
          "topic",
          "partition");

  static final Metric CONFIRMED =
      Metric.counter(
          "bie.relay.events.confirmed",
          "events",
          "Notifications that RabbitMQ confirmed.",
          "topic",
          "partition");

  static final Metric QUARANTINED =
      Metric.counter(
          "bie.relay.events.quarantined",
          "events",
          "Records that can never be decoded or published, confirmed by the dead-letter exchange.",
          "topic",
          "partition",
          "reason");

  static final Metric PARKED =
      Metric.counter(
          "bie.relay.events.parked",
          "events",
          "Notifications that no queue took, confirmed by the queue of parked events.",
          "topic",
          "partition");

  static final Metric DROPPED =
      Metric.counter(
          "bie.relay.events.dropped",
          "events",
          "Notifications that no queue took, dropped because of notify.unroutable: drop.",
          "topic",
          "partition");

  static final Metric RESTARTED =
      Metric.counter(
          "bie.relay.lane.restarts",
          "restarts",
          "Partitions that were begun anew, because their topic was created again or their log had"
              + " become shorter.",
          "topic",
          "partition");

  static final Metric SKIPPED =
      Metric.counter(
          "bie.relay.events.skipped",
          "events",
          "Records that were dropped because the configuration says so, such as tombstones with"
              + " kafka.tombstones: skip.",
          "topic",
          "partition",
          "reason");

  static final Metric DISCARDED =
      Metric.counter(
          "bie.relay.events.discarded",
          "events",
          "Records received and given back unconfirmed with their partition: the next owner receives"
              + " them again.",
          "topic",
          "partition");

  static final Metric IN_FLIGHT =
      Metric.gauge(
          "bie.relay.lane.inflight",
          "events",
          "Records received and neither confirmed nor quarantined yet.",
          "topic",
          "partition");

  static final Metric LAG =
      Metric.gauge(
          "bie.relay.lag",
          "events",
          "Records between the committed position and the end of the partition.",
          "topic",
          "partition");

  static final Metric LAG_SECONDS =
      Metric.gauge(
          "bie.relay.lag.seconds",
          "seconds",
          "Age of the partition's oldest record that is not finished, by its time stamp; NaN where"
              + " it is not known.",
          "topic",
          "partition");

  static final Metric COMMIT_FAILURES =
      Metric.counter(
          "bie.relay.commit.failures",
          "commits",
          "Commits that Kafka did not store; they are tried again.");

  static final Metric DISAGREE =
      Metric.gauge(
          "bie.relay.accounts.disagree",
          "partitions",
          "Partitions whose accounts do not agree: a fault in this program.");

  static final Metric HELD =
      Metric.gauge(
          "bie.relay.lane.held",
          "1",
          "1 while the partition waits for something that is away, 0 otherwise.",
          "topic",
          "partition");

  static final Metric PAUSED =
      Metric.gauge(
          "bie.relay.lane.paused",
          "1",
          "1 while a person has paused the partition, 0 otherwise.",
          "topic",
          "partition");

  static final Metric MOVED =
      Metric.counter(
          "bie.relay.lane.moves",
          "moves",
          "Partitions that were read from another position because a person asked for it.",
          "topic",
          "partition");

  static final List<Metric> ALL =
      List.of(
          RECEIVED,
          CONFIRMED,
          QUARANTINED,
          PARKED,
          DROPPED,
          SKIPPED,
          DISCARDED,
          IN_FLIGHT,
          LAG,
          LAG_SECONDS,
          RESTARTED,
          COMMIT_FAILURES,
          DISAGREE,
          HELD,
          PAUSED,
          MOVED);

  private IngestMetrics() {}
}
