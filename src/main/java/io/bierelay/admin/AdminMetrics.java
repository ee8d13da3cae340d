package io.bierelay.admin;

import io.bierelay.metrics.Meters;
import io.bierelay.metrics.Metric;
import java.util.List;

/** What the admin endpoint measures. */
final class AdminMetrics {

  static final Metric VERTICLES_DOWN =
      Metric.gauge(
          "bie.verticles.down",
          "instances",
          "Verticle instances that are not ready: missing, waiting, failed, stopping or silent.");

  static final Metric OLDEST_EVENT =
      Metric.gauge(
          "bie.oldest.event.age",
          "seconds",
          "Age of the oldest unfinished event of this process that is not paused on purpose; 0 if"
              + " there is none. As of the last scrape.");

  static final Metric CONNECTIONS =
      Metric.gauge("bie.admin.connections", "connections", "Open connections to the endpoint.");

  static final Metric STREAM_READERS =
      Metric.gauge("bie.admin.stream.readers", "readers", "Who reads the live stream now.");

  static final Metric STREAM_DROPPED =
      Metric.counter(
          "bie.admin.stream.dropped",
          "readers",
          "Readers of the live stream that were disconnected because they were too slow.");

  static final Metric REFUSED =
      Metric.counter(
          "bie.admin.refused",
          "requests",
          "Requests that were refused, by why: wrong-credentials, locked-out, role.",
          "reason");

  static final Metric CERTIFICATE_DAYS =
      Metric.gauge(
          "bie.certificate.days.left",
          "days",
          "Days until a certificate expires, negative afterwards: by kind, those that we show (own),"
              + " those of authorities that we trust (trusted), and those that servers showed"
              + " (server).",
          "server",
          "kind",
          "name");

  static final List<Metric> ALL =
      List.of(
          VERTICLES_DOWN,
          OLDEST_EVENT,
          CONNECTIONS,
          STREAM_READERS,
          STREAM_DROPPED,
          REFUSED,
          CERTIFICATE_DAYS);

  private AdminMetrics() {}

  static void refused(String reason) {
    REFUSED.counter(Meters.registry(), reason).increment();
  }
}
