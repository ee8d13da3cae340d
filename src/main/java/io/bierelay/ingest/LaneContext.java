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
    Notifiers notifiers,
    PoisonPolicy poison,
    MeterRegistry meters,
    Lane.Listener listener) {

  /** How a lane sends; a batch has at most so many bytes and records. */
  record Limits(long bytes, int batchRecords, int batchesInFlight, Duration replyTimeout) {}
}
