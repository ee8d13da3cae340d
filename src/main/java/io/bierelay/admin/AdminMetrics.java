package io.bierelay.admin;

import io.bierelay.metrics.Metric;
import java.util.List;

/** What the admin endpoint measures. */
final class AdminMetrics {

  static final Metric VERTICLES_DOWN =
      Metric.gauge(
          "bie.verticles.down",
          "instances",
          "Verticle instances that are not ready: missing, waiting, failed, stopping or silent.");

  static final List<Metric> ALL = List.of(VERTICLES_DOWN);

  private AdminMetrics() {}
}
