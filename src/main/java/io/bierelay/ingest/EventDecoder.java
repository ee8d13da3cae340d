package io.bierelay.ingest;

import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.PoisonException;
import io.bierelay.avro.PoisonReason;
import io.bierelay.event.EventId;
import io.bierelay.event.EventType;
import io.bierelay.event.Notification;
import io.bierelay.event.NotificationFormat;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.bierelay.event.Skipped;
import io.bierelay.event.TraceContext;
import io.bierelay.ingest.ValueReader.Value;
import io.bierelay.ingest.ValueSettings.Tombstones;
import io.bierelay.trace.Tracing;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Turns a Kafka record into what leaves for RabbitMQ: a notification, a quarantine when it can
 * never become one, or nothing when tombstones are to be skipped.
 *
 * <p>Used on one event loop: the buffer is shared by all calls.
 */
final class EventDecoder {

  private static final int SECONDS_PER_MINUTE = 60;

  private static final Value NULL = new ValueReader.Text(new byte[] {'n', 'u', 'l', 'l'});

  private final ValueReader reader;
  private final Tombstones tombstones;
  private final JsonBuffer json;
  private final Tracing tracing;

  /** The minute of {@link #notifiedAtText}, since the epoch: the text tells nothing finer. */
  private long notifiedAtMinute;

  private String notifiedAtText = NotificationFormat.notifiedAt(Instant.EPOCH);

  EventDecoder(ValueReader reader, Tombstones tombstones, JsonBuffer json, Tracing tracing) {
    this.reader = reader;
    this.tombstones = tombstones;
    this.json = json;
    this.tracing = tracing;
  }

  /**
   * A record as a lane received it.
   *
   * @param receivedAt when this process received it
   */
  record Received(ConsumerRecord<byte[], byte[]> record, Instant receivedAt) {

    /** The record with its headers and arrays, and this, without what is in them. */
    private static final long OBJECTS = 240;

    /** What the bounds of a lane count: about what it takes in memory. */
    long size() {
      return OBJECTS
          + Math.max(0L, record.serializedValueSize())
          + Math.max(0L, record.serializedKeySize());
    }
  }

  /**
   * Decodes. The result is there at once when nobody has to be asked for it.
   *
   * @return fails only when something is away, which is transient
   */
  Future<Outbound> decode(Received received, EventType type, String topicId) {
    if (received.record().value() == null) {
      return Future.succeededFuture(tombstone(received, type, topicId));
    }
    Future<Value> read = reader.read(received.record());
    if (read.succeeded()) {
      try {
        return Future.succeededFuture(outbound(received, type, topicId, read.result()));
      } catch (Throwable e) { // As a future's map would, for a stack that overflows too.
        return Future.failedFuture(e);
      }
    }
    return read.map(value -> outbound(received, type, topicId, value))
        .recover(
            e ->
                e instanceof PoisonException poison
                    ? Future.succeededFuture(quarantine(received, type, topicId, poison))
                    : Future.failedFuture(e));
  }

  private Outbound outbound(Received received, EventType type, String topicId, Value value) {
    try {
      return notification(received, type, topicId, value);
    } catch (PoisonException poison) {
      return quarantine(received, type, topicId, poison);
    }
  }

  private Outbound tombstone(Received received, EventType type, String topicId) {
    ConsumerRecord<byte[], byte[]> record = received.record();
    return switch (tombstones) {
      case QUARANTINE ->
          quarantine(
              received,
              type,
              topicId,
              new PoisonException(
                  PoisonReason.NULL_VALUE, "the record has no value (a tombstone)"));
      case RELAY -> notification(received, type, topicId, NULL);
      case SKIP ->
          new Skipped(
              id(record, topicId), origin(record), type.name(), PoisonReason.NULL_VALUE.tag());
    };
  }

  private Notification notification(
      Received received, EventType type, String topicId, Value value) {
    ConsumerRecord<byte[], byte[]> record = received.record();
    json.reset();
    json.ascii("{\"topic\":");
    json.quoted(record.topic());
    json.ascii(",\"notifiedAt\":");
    json.quoted(notifiedAtText(received.receivedAt()));
    json.ascii(",\"event\":");
    value.writeTo(json);
    json.ascii("}");
    UUID id = id(record, topicId);
    Origin origin = origin(record);
    return new Notification(
        id,
        origin,
        type.name(),
        value.schemaId(),
        received.receivedAt(),
        Instant.ofEpochMilli(record.timestamp()),
        record.key(),
        json.toByteArray(),
        tracing.takesOver() ? trace(received, id, origin, null) : null);
  }

  private @Nullable TraceContext trace(
      Received received, UUID id, Origin origin, @Nullable String error) {
    Headers headers = received.record().headers();
    Header parent = headers.lastHeader(TraceContext.PARENT);
    Header state = parent == null ? null : headers.lastHeader(TraceContext.STATE);
    return tracing.received(
        parent == null
            ? null
            : TraceContext.parse(parent.value(), state == null ? null : state.value()),
        origin,
        id,
        received.receivedAt(),
        error);
  }

  private String notifiedAtText(Instant instant) {
    long minute = Math.floorDiv(instant.getEpochSecond(), SECONDS_PER_MINUTE);
    if (minute != notifiedAtMinute) {
      notifiedAtMinute = minute;
      notifiedAtText = NotificationFormat.notifiedAt(instant);
    }
    return notifiedAtText;
  }

  private Quarantine quarantine(
      Received received, EventType type, String topicId, PoisonException poison) {
    ConsumerRecord<byte[], byte[]> record = received.record();
    UUID id = id(record, topicId);
    Origin origin = origin(record);
    if (tracing.makesSpans()) {
      trace(received, id, origin, poison.reason().tag());
    }
    return new Quarantine(
        id,
        origin,
        type.name(),
        poison.reason().tag(),
        poison.detail(),
        poison.schemaId(),
        received.receivedAt(),
        Instant.ofEpochMilli(record.timestamp()),
        record.key(),
        record.value());
  }

  private static Origin origin(ConsumerRecord<byte[], byte[]> record) {
    return new Origin(record.topic(), record.partition(), record.offset());
  }

  private static UUID id(ConsumerRecord<byte[], byte[]> record, String topicId) {
    return EventId.of(topicId, record.topic(), record.partition(), record.offset());
  }
}
