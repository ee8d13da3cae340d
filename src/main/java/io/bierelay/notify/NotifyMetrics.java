package io.bierelay.notify;

import io.bierelay.metrics.Metric;
import java.util.List;

/** What notify counts. */
final class NotifyMetrics {

  static final Metric CONFIRM_TIME =
      Metric.timer(
          "bie.notify.confirm.time", "From a batch's arrival to RabbitMQ's confirm of all of it.");

  static final Metric UNROUTABLE =
      Metric.counter(
          "bie.notify.unroutable",
          "notifications",
          "Notifications that RabbitMQ returned because no queue is bound, each time they were sent.",
          "exchange");

  static final Metric UNCONFIRMED =
      Metric.gauge(
          "bie.notify.unconfirmed", "messages", "Messages published and not yet confirmed.");

  static final Metric BLOCKED =
      Metric.gauge(
          "bie.notify.blocked",
          "boolean",
          "1 while RabbitMQ takes no messages, because of its memory or disk alarm, else 0.");

  static final Metric SESSIONS =
      Metric.counter(
          "bie.notify.sessions",
          "sessions",
          "Sessions opened to RabbitMQ: more than one is a reconnect.");

  static final Metric LEDGER_DOUBTS =
      Metric.counter(
          "bie.notify.ledger.doubts",
          "times",
          "A partition's ledger or lock was not as it was left (deleted, purged, written by somebody"
              + " else): what was unconfirmed or uncommitted was published again.");

  static final Metric LOCKS =
      Metric.gauge(
          "bie.notify.locks", "partitions", "Partitions whose lock this notifier's session has.");

  static final List<Metric> ALL =
      List.of(CONFIRM_TIME, UNROUTABLE, UNCONFIRMED, BLOCKED, SESSIONS, LEDGER_DOUBTS, LOCKS);

  private NotifyMetrics() {}
}
