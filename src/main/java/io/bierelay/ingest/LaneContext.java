package io.bierelay.ingest;

import io.bierelay.event.PoisonPolicy;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;

/** What all lanes of one consumer share. */
record LaneContext(
    EventDecoder decoder,
    TopicIds topicIds,
    Limits limits,
    InFlightBudget budget,
    PoisonPolicy poison,
    MeterRegistry meters,
    Lane.Listener listener) {

  /** How much a lane may have under way. */
  record Limits(
      int records, long bytes, int batchRecords, int batchesInFlight, Duration replyTimeout) {}
}
