package io.bierelay.ingest;

import io.bierelay.avro.AvroJson;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.PoisonException;
import io.bierelay.avro.PoisonReason;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.avro.WireFormat;
import io.vertx.core.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Reads Avro in the registry's wire format, by the writer's schema. */
final class AvroValueReader implements ValueReader {

  /** Where Confluent's newer serializers put the schema's id when told so. */
  static final String SCHEMA_ID_HEADER = "__value_schema_id";

  private static final int GUID_LENGTH = 17;

  private final SchemaRegistry registry;

  AvroValueReader(SchemaRegistry registry) {
    this.registry = registry;
  }

  @SuppressWarnings("ArrayRecordComponent") // Written once; never compared.
  private record Avro(int schemaId, AvroJson writer, byte[] data) implements Value {

    @Override
    public void writeTo(JsonBuffer json) {
      int start = WireFormat.HEADER_LENGTH;
      writer.write(data, start, data.length - start, json);
    }
  }

  @Override
  public Future<Value> read(ConsumerRecord<byte[], byte[]> record) {
    byte[] data = record.value();
    int id;
    try {
      refuseHeader(record.headers().lastHeader(SCHEMA_ID_HEADER));
      id = WireFormat.schemaId(data);
    } catch (PoisonException e) {
      return Future.failedFuture(e);
    }
    Future<AvroJson> known = registry.writerFor(id);
    return known.succeeded()
        ? Future.succeededFuture(new Avro(id, known.result(), data))
        : known.map(writer -> new Avro(id, writer, data));
  }

  /**
   * With this header the value has no prefix, and its first bytes, taken for one, could name a
   * schema that happens to exist: so it is refused before the value is looked at.
   */
  private static void refuseHeader(@Nullable Header header) {
    if (header == null) {
      return;
    }
    byte[] id = header.value();
    String form = id != null && id.length == GUID_LENGTH && id[0] == 1 ? "as a GUID" : "as bytes";
    throw new PoisonException(
        PoisonReason.SCHEMA_ID_IN_HEADER,
        "the schema's id is in the record's header %s %s, which is not supported; configure the"
                .formatted(SCHEMA_ID_HEADER, form)
            + " producer for the id in the value, or set kafka.value.deserializer");
  }
}
