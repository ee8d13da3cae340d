package io.bierelay.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a lane hands to the notifier; its confirmation completes the offset. */
public sealed interface Outbound permits Notification, Quarantine, Skipped {

  /** The event's identity. */
  UUID id();

  /** Where it stands in Kafka. */
  Origin origin();

  /** The event type's name. */
  String eventType();

  /** The Kafka record's time stamp; null where it is not kept. */
  @Nullable Instant recordedAt();

  /** Bytes on their way to the broker, roughly: what the bounds of a lane count. */
  int size();
}
