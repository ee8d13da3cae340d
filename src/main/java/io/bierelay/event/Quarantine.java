package io.bierelay.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A record that can never become a notification, on its way to the dead-letter exchange.
 *
 * <p>The arrays are handed over, not copied.
 *
 * @param reason a short constant such as {@code unknown-schema}, fit for a metric's tag
 * @param detail one sentence for a person; never the record's content
 * @param schemaId the writer's schema id if the value had one, else -1
 * @param key raw, as received
 * @param value raw, as received; null for a tombstone
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
public record Quarantine(
    UUID id,
    Origin origin,
    String eventType,
    String reason,
    String detail,
    int schemaId,
    Instant receivedAt,
    Instant recordedAt,
    byte @Nullable [] key,
    byte @Nullable [] value)
    implements Outbound {

  @Override
  public int size() {
    return value == null ? 0 : value.length;
  }

  /** Says what it is without what it carries. */
  @Override
  public String toString() {
    return "Quarantine[" + id + " " + origin + " " + reason + "]";
  }
}
