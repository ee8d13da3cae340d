package io.bierelay.state;

import io.bierelay.metrics.Metric;
import java.util.List;

/** What is counted of the fleet's store. */
final class StateMetrics {

  static final Metric FAILURES =
      Metric.counter(
          "bie.state.redis.failures",
          "requests",
          "Requests that Redis did not answer, or refused.");

  static final Metric UP =
      Metric.gauge(
          "bie.state.redis.up",
          "1",
          "1 while Redis answers, 0 while it is away; not ready for less.");

  static final List<Metric> ALL = List.of(FAILURES, UP);

  private StateMetrics() {}
}
