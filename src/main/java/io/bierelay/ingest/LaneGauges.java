package io.bierelay.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The gauges of the assigned partitions: they come and go with the assignment. Event loop. */
final class LaneGauges {

  private final MeterRegistry registry;
  private final Counter commitFailures;
  private final Map<TopicPartition, List<Meter>> meters = new HashMap<>();

  LaneGauges(MeterRegistry registry) {
    this.registry = registry;
    this.commitFailures = IngestMetrics.COMMIT_FAILURES.counter(registry);
    IngestMetrics.DISAGREE.gauge(registry, LaneView::disagreeing);
  }

  void add(TopicPartition partition, Lane lane, LaneView view) {
    remove(partition);
    String[] tags = {partition.topic(), String.valueOf(partition.partition())};
    meters.put(
        partition,
        List.of(
            IngestMetrics.IN_FLIGHT.gauge(registry, lane::inFlight, tags),
            IngestMetrics.LAG.gauge(registry, () -> view.lag(lane), tags),
            IngestMetrics.LAG_SECONDS.gauge(registry, () -> view.lagSeconds(partition), tags),
            IngestMetrics.HELD.gauge(registry, () -> view.reason(lane).isEmpty() ? 0 : 1, tags),
            IngestMetrics.PAUSED.gauge(registry, () -> view.isPaused(partition) ? 1 : 0, tags)));
  }

  /** Without this, another instance's partitions would still show with their last value. */
  void remove(TopicPartition partition) {
    List<Meter> old = meters.remove(partition);
    if (old != null) {
      old.forEach(registry::remove);
    }
  }

  void restarted(TopicPartition partition) {
    IngestMetrics.RESTARTED
        .counter(registry, partition.topic(), String.valueOf(partition.partition()))
        .increment();
  }

  void commitFailed() {
    commitFailures.increment();
  }
}
