package io.bierelay.ingest;

import io.bierelay.event.BatchReply;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.bierelay.event.Skipped;
import io.bierelay.metrics.EventRate;
import io.bierelay.metrics.Metric;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What became of the records of one partition: each that was received is counted in exactly one of
 * the other accounts, or is in flight. Event loop.
 *
 * <p>The totals here begin with the assignment; the metrics of the same names go on over all
 * assignments in this process.
 */
final class LaneAccounts {

  private final MeterRegistry meters;
  private final String[] tags;
  private final Counter receivedMeter;
  private final Counter confirmedMeter;
  private final EventRate rate = new EventRate();
  private @Nullable Instant lastEventAt;
  private long received;
  private long confirmed;
  private long quarantined;
  private long skipped;
  private long parked;
  private long dropped;
  private long discarded;

  LaneAccounts(MeterRegistry meters, TopicPartition partition) {
    this.meters = meters;
    this.tags = new String[] {partition.topic(), String.valueOf(partition.partition())};
    this.receivedMeter = IngestMetrics.RECEIVED.counter(meters, tags);
    this.confirmedMeter = IngestMetrics.CONFIRMED.counter(meters, tags);
  }

  void received(int count) {
    received += count;
    receivedMeter.increment(count);
  }

  /** These are done with, in the way that the reply tells. */
  void completed(List<Outbound> items, BatchReply reply) {
    long before = confirmed;
    for (int i = 0; i < items.size(); i++) {
      Outbound item = items.get(i);
      if (item instanceof Quarantine quarantine) {
        quarantined++;
        count(IngestMetrics.QUARANTINED, quarantine.reason());
      } else if (item instanceof Skipped skip) {
        skipped++;
        count(IngestMetrics.SKIPPED, skip.reason());
      } else if (reply.oversized().get(i)) {
        quarantined++;
        count(IngestMetrics.QUARANTINED, BatchReply.OVERSIZED_REASON);
      } else if (reply.parked().get(i)) {
        parked++;
        IngestMetrics.PARKED.counter(meters, tags).increment();
      } else if (reply.dropped().get(i)) {
        dropped++;
        IngestMetrics.DROPPED.counter(meters, tags).increment();
      } else {
        confirmed++;
      }
    }
    rate.add(items.size());
    Instant last = items.get(items.size() - 1).recordedAt();
    if (last != null) {
      lastEventAt = last;
    }
    if (confirmed > before) {
      confirmedMeter.increment((double) (confirmed - before));
    }
  }

  /** These are given back unfinished: the next owner of the partition receives them again. */
  void discarded(int count) {
    if (count > 0) {
      discarded += count;
      IngestMetrics.DISCARDED.counter(meters, tags).increment(count);
    }
  }

  /** How many are done with, a second. */
  EventRate rate() {
    return rate;
  }

  /** The time stamp of the record that was done with last; null before the first. */
  @Nullable Instant lastEventAt() {
    return lastEventAt;
  }

  /**
   * For whoever shows them.
   *
   * @param inFlight as counted where the records are
   */
  JsonObject toJson(int inFlight) {
    return new JsonObject()
        .put("received", received)
        .put("confirmed", confirmed)
        .put("quarantined", quarantined)
        .put("parked", parked)
        .put("dropped", dropped)
        .put("skipped", skipped)
        .put("discarded", discarded)
        .put("inFlight", inFlight)
        .put("agree", agree(inFlight));
  }

  /** Whether every record that was received is accounted for. */
  boolean agree(int inFlight) {
    return received == confirmed + quarantined + parked + dropped + skipped + discarded + inFlight;
  }

  private void count(Metric metric, String why) {
    metric.counter(meters, tags[0], tags[1], why).increment();
  }
}
