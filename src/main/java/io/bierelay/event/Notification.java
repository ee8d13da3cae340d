package io.bierelay.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way to its exchange.
 *
 * <p>The arrays are handed over, not copied: whoever receives a notification must not change them.
 *
 * @param id the event's identity
 * @param origin where it stands in Kafka
 * @param eventType the type's name
 * @param schemaId the writer's schema in the registry; -1 when the value had none
 * @param receivedAt when this service received it
 * @param recordedAt the Kafka record's time stamp
 * @param key the Kafka record's key, UTF-8; may be personal data
 * @param body the complete message body, JSON in UTF-8
 * @param trace where it stands in a trace; null for nowhere
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
public record Notification(
    UUID id,
    Origin origin,
    String eventType,
    int schemaId,
    Instant receivedAt,
    Instant recordedAt,
    byte @Nullable [] key,
    byte[] body,
    @Nullable TraceContext trace)
    implements Outbound {

  /** One that is in no trace. */
  public Notification(
      UUID id,
      Origin origin,
      String eventType,
      int schemaId,
      Instant receivedAt,
      Instant recordedAt,
      byte @Nullable [] key,
      byte[] body) {
    this(id, origin, eventType, schemaId, receivedAt, recordedAt, key, body, null);
  }

  /** The same in a trace. */
  public Notification in(TraceContext place) {
    return new Notification(
        id, origin, eventType, schemaId, receivedAt, recordedAt, key, body, place);
  }

  @Override
  public int size() {
    return body.length;
  }

  /** Says what it is without what it carries, which may be personal data. */
  @Override
  public String toString() {
    return "Notification[" + id + " " + origin + "]";
  }
}
