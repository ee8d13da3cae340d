package io.bierelay.bench.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.relay.Order;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * What every peer has to do with an event, written as fast as Avro's and Jackson's own classes let
 * one: decode, write the notification's JSON, name the exchange, the routing key and the headers.
 *
 * <p>Safe for several threads: reader, record and buffer are used again by each.
 */
public final class Work {

  private static final int WIRE_HEADER = 5;
  private static final DateTimeFormatter NOTIFIED_AT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm 'UTC+00:00'").withZone(ZoneOffset.UTC);

  private final Order order;
  private final String registry;
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
  private final Map<String, String> keys = new ConcurrentHashMap<>();
  private final ThreadLocal<Tools> tools = ThreadLocal.withInitial(Tools::new);

  private static final class Tools {
    final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    final Map<Integer, GenericRecord> records = new HashMap<>();
    final JsonFactory json = new JsonFactory();
    final ByteArrayBuilder bytes = new ByteArrayBuilder(2_000);
    BinaryDecoder decoder;
    long minute = -1;
    String notifiedAt = "";
  }

  /** As ordered. */
  public Work(Order order) {
    this.order = order;
    this.registry = order.all().getProperty("registry");
  }

  /** The notification of a record, JSON in UTF-8. */
  public byte[] body(String topic, byte[] value) throws IOException {
    Tools own = tools.get();
    int id = schemaId(value);
    GenericDatumReader<GenericRecord> reader = own.readers.get(id);
    if (reader == null) {
      reader = new GenericDatumReader<>(schemas.computeIfAbsent(id, this::fetch));
      own.readers.put(id, reader);
    }
    own.decoder =
        DecoderFactory.get()
            .binaryDecoder(value, WIRE_HEADER, value.length - WIRE_HEADER, own.decoder);
    GenericRecord record = reader.read(own.records.get(id), own.decoder);
    own.records.put(id, record);
    own.bytes.reset();
    try (JsonGenerator out = own.json.createGenerator(own.bytes)) {
      out.writeStartObject();
      out.writeStringField("topic", topic);
      out.writeStringField("notifiedAt", notifiedAt(own));
      out.writeObjectFieldStart("event");
      for (Schema.Field field : record.getSchema().getFields()) {
        write(out, field.name(), record.get(field.pos()));
      }
      out.writeEndObject();
      out.writeEndObject();
    }
    return own.bytes.toByteArray();
  }

  private static void write(JsonGenerator out, String name, Object value) throws IOException {
    if (value == null) {
      out.writeNullField(name);
    } else if (value instanceof CharSequence text) {
      out.writeStringField(name, text.toString());
    } else if (value instanceof Long number) {
      out.writeNumberField(name, number);
    } else if (value instanceof Boolean flag) {
      out.writeBooleanField(name, flag);
    } else {
      throw new IllegalStateException(name + " is a " + value.getClass());
    }
  }

  private static String notifiedAt(Tools own) {
    long minute = System.currentTimeMillis() / 60_000;
    if (minute != own.minute) {
      own.minute = minute;
      own.notifiedAt = NOTIFIED_AT.format(Instant.ofEpochMilli(minute * 60_000));
    }
    return own.notifiedAt;
  }

  private static int schemaId(byte[] value) {
    return ByteBuffer.wrap(value, 1, 4).getInt();
  }

  private Schema fetch(int id) {
    try {
      String answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build(),
                  BodyHandlers.ofString())
              .body();
      return new Schema.Parser().parse(new ObjectMapper().readTree(answer).get("schema").asText());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("schema " + id, e);
    }
  }

  /** Where it goes. */
  public String exchange(String topic) {
    return order.exchange(topic);
  }

  /** By what it is routed. */
  public String routingKey(String topic, int partition) {
    return keys.computeIfAbsent(
        topic + '.' + partition, any -> order.type(topic) + '.' + topic + '.' + partition);
  }

  /** The event's type. */
  public String type(String topic) {
    return order.type(topic);
  }

  /** An id of where the record stands, the same whenever it is published again. */
  public static String messageId(String topic, int partition, long offset) {
    return UUID.nameUUIDFromBytes(
            (topic + '/' + partition + '/' + offset).getBytes(StandardCharsets.UTF_8))
        .toString();
  }

  /** The contract's headers. */
  public Map<String, Object> headers(
      String topic, int partition, long offset, long timestamp, byte[] key, byte[] value) {
    Map<String, Object> headers = new HashMap<>();
    headers.put("topic", topic);
    headers.put("partition", partition);
    headers.put("offset", offset);
    headers.put("event-type", order.type(topic));
    headers.put("notified-at", System.currentTimeMillis());
    headers.put("recorded-at", timestamp);
    headers.put("schema-id", schemaId(value));
    if (key != null) {
      headers.put("key", new String(key, StandardCharsets.UTF_8));
    }
    return headers;
  }
}
