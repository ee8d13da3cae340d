package io.bierelay.trace;

import io.bierelay.metrics.Metric;
import java.util.List;

/** What is counted of traces. */
public final class TraceMetrics {

  static final Metric SPANS =
      Metric.counter(
          "bie.relay.trace.spans",
          "spans",
          "Spans that ended: exported, failed (the collector took them not), dropped (the queue was"
              + " full, or the process ended).",
          "outcome");

  /** All of them. */
  public static final List<Metric> ALL = List.of(SPANS);

  private TraceMetrics() {}
}
