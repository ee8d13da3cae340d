package io.bierelay.ingest;

import io.bierelay.avro.AvroJson;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.PoisonException;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.avro.WireFormat;
import io.bierelay.event.EventId;
import io.bierelay.event.EventType;
import io.bierelay.event.Notification;
import io.bierelay.event.NotificationFormat;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Turns a Kafka record into what leaves for RabbitMQ: a notification, or a quarantine when it can
 * never become one.
 *
 * <p>Used on one event loop: the buffer is shared by all calls.
 */
final class EventDecoder {

  private final SchemaRegistry registry;
  private final JsonBuffer json;

  EventDecoder(SchemaRegistry registry, JsonBuffer json) {
    this.registry = registry;
    this.json = json;
  }

  /**
   * A record as a lane received it.
   *
   * @param receivedAt when this process received it
   */
  record Received(ConsumerRecord<byte[], byte[]> record, Instant receivedAt) {

    /** What the bounds of a lane count. */
    long size() {
      return Math.max(0L, record.serializedValueSize()) + Math.max(0L, record.serializedKeySize());
    }
  }

  /**
   * Decodes. The result is there at once when the schema is known.
   *
   * @return fails only when the registry is away, which is transient
   */
  Future<Outbound> decode(Received received, EventType type, String topicId) {
    byte[] value = received.record().value();
    int schemaId;
    try {
      schemaId = WireFormat.schemaId(value);
    } catch (PoisonException e) {
      return Future.succeededFuture(quarantine(received, type, topicId, e));
    }
    return registry
        .writerFor(schemaId)
        .<Outbound>map(writer -> notification(received, type, topicId, schemaId, writer))
        .recover(
            e ->
                e instanceof PoisonException poison
                    ? Future.succeededFuture(quarantine(received, type, topicId, poison))
                    : Future.failedFuture(e));
  }

  private Notification notification(
      Received received, EventType type, String topicId, int schemaId, AvroJson writer) {
    ConsumerRecord<byte[], byte[]> record = received.record();
    json.reset();
    json.ascii("{\"topic\":");
    json.quoted(record.topic());
    json.ascii(",\"notifiedAt\":");
    json.quoted(NotificationFormat.notifiedAt(received.receivedAt()));
    json.ascii(",\"event\":");
    writer.write(
        record.value(),
        WireFormat.HEADER_LENGTH,
        record.value().length - WireFormat.HEADER_LENGTH,
        json);
    json.ascii("}");
    return new Notification(
        id(record, topicId),
        origin(record),
        type.name(),
        schemaId,
        received.receivedAt(),
        Instant.ofEpochMilli(record.timestamp()),
        record.key(),
        json.toByteArray());
  }

  private static Quarantine quarantine(
      Received received, EventType type, String topicId, PoisonException poison) {
    ConsumerRecord<byte[], byte[]> record = received.record();
    return new Quarantine(
        id(record, topicId),
        origin(record),
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
