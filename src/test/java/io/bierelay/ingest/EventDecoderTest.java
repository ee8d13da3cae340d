package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.PoisonReason;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.event.EventType;
import io.bierelay.event.Notification;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.bierelay.event.Skipped;
import io.bierelay.ingest.EventDecoder.Received;
import io.bierelay.ingest.ValueSettings.Tombstones;
import io.bierelay.settings.Settings;
import io.bierelay.trace.Tracing;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From a Kafka record to what leaves, for each kind of value and each reason to refuse one. */
class EventDecoderTest {

  private static final EventType TYPE = new EventType("contention-updated", "X", "e");

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final Set<String> seen = new TreeSet<>();
  private Settings settings;

  @BeforeEach
  void start() throws Exception {
    HttpServer server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    r -> {
                      String answer = answers.get(r.path().replace("/schemas/ids/", ""));
                      r.response()
                          .setStatusCode(answer == null ? 404 : answer.isEmpty() ? 500 : 200)
                          .end(answer == null ? "{\"error_code\":40403}" : answer);
                    })
                .listen(0, "127.0.0.1"));
    settings =
        Settings.of(
            new JsonObject()
                .put("registry.urls", "http://127.0.0.1:" + server.actualPort())
                .put("registry.attempts", 1)
                .put("avro.json.max.size", "1KiB")
                .put("avro.max.depth", 4));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static String schema(String schema) {
    return new JsonObject().put("schema", schema).encode();
  }

  private Outbound decode(
      Supplier<ValueReader> reader, ConsumerRecord<byte[], byte[]> record, Tombstones tombstones)
      throws Exception {
    Promise<Outbound> promise = Promise.promise();
    context.runOnContext(
        v ->
            new EventDecoder(reader.get(), tombstones, new JsonBuffer(), Tracing.off())
                .decode(new Received(record, Instant.EPOCH), TYPE, "id")
                .onComplete(promise));
    return await(promise.future());
  }

  private Outbound decode(ConsumerRecord<byte[], byte[]> record, Tombstones tombstones)
      throws Exception {
    return decode(
        () -> new AvroValueReader(new SchemaRegistry(vertx, settings)), record, tombstones);
  }

  private Outbound json(byte @Nullable [] value) throws Exception {
    return decode(
        () -> new JsonValueReader(AvroLimits.of(settings)), record(value), Tombstones.QUARANTINE);
  }

  private static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] value) {
    return new ConsumerRecord<>("T_X", 2, 7, new byte[] {'k'}, value);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String body(Outbound item) {
    assertThat(item).isInstanceOf(Notification.class);
    return new String(((Notification) item).body(), StandardCharsets.UTF_8);
  }

  @Test
  void eachEventTellsItsOwnMinuteWhateverCameBefore() {
    EventDecoder decoder =
        new EventDecoder(
            new JsonValueReader(AvroLimits.of(settings)),
            Tombstones.QUARANTINE,
            new JsonBuffer(),
            Tracing.off());
    for (String at :
        List.of(
            "1970-01-01T00:00:59.999Z",
            "2023-06-12T19:29:59.999Z",
            "2023-06-12T19:30:00Z",
            "2023-06-12T19:29:00Z",
            "2023-06-12T19:29:30Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00Z")) {
      Outbound item =
          decoder.decode(new Received(record(utf8("{}")), Instant.parse(at)), TYPE, "id").result();
      assertThat(body(item)).contains("\"notifiedAt\":\"" + at.substring(0, 16) + " UTC+00:00\"");
    }
  }

  private void assertPoison(Outbound item, PoisonReason reason, byte @Nullable [] value) {
    assertThat(item).as("for %s", reason).isInstanceOf(Quarantine.class);
    Quarantine quarantine = (Quarantine) item;
    assertThat(quarantine.reason()).isEqualTo(reason.tag());
    assertThat(quarantine.detail()).isNotEmpty();
    assertThat(quarantine.value()).isEqualTo(value);
    assertThat(quarantine.origin().offset()).isEqualTo(7);
    seen.add(quarantine.reason());
  }

  private void assertPoison(PoisonReason reason, int... value) throws Exception {
    assertPoison(decode(record(bytes(value)), Tombstones.QUARANTINE), reason, bytes(value));
  }

  @Test
  void eachReasonHasItsRecord() throws Exception {
    answers.put("1", schema("\"long\""));
    answers.put("2", "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}");
    answers.put("3", schema("{\"type\":\"nonsense\"}"));
    answers.put("4", schema("\"boolean\""));
    answers.put("5", schema("\"string\""));
    answers.put(
        "6",
        schema(
            """
            {"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}"""));
    answers.put("7", schema("{\"type\":\"array\",\"items\":\"null\"}"));
    assertPoison(decode(record(null), Tombstones.QUARANTINE), PoisonReason.NULL_VALUE, null);
    assertPoison(PoisonReason.TOO_SHORT);
    assertPoison(PoisonReason.TOO_SHORT, 0, 0, 0, 0);
    assertPoison(PoisonReason.NOT_WIRE_FORMAT, 1, 0, 0, 0, 1, 2);
    assertPoison(PoisonReason.UNKNOWN_SCHEMA, 0, 0, 0, 0, 99, 2);
    assertPoison(PoisonReason.SCHEMA_NOT_AVRO, 0, 0, 0, 0, 2, 2);
    assertPoison(PoisonReason.INVALID_SCHEMA, 0, 0, 0, 0, 3, 2);
    assertPoison(PoisonReason.TRUNCATED, 0, 0, 0, 0, 5, 20, 'a');
    assertPoison(PoisonReason.TRAILING_BYTES, 0, 0, 0, 0, 1, 2, 2);
    assertPoison(PoisonReason.INVALID_VALUE, 0, 0, 0, 0, 4, 2);
    assertPoison(PoisonReason.TOO_DEEP, 0, 0, 0, 0, 6, 2, 2, 2, 2, 2, 0);
    assertPoison(PoisonReason.TOO_LARGE, 0, 0, 0, 0, 7, 0xA0, 0x9C, 1, 0);
    ConsumerRecord<byte[], byte[]> guid = record(bytes(0, 0, 0, 0, 1, 2));
    byte[] header = new byte[17];
    header[0] = 1;
    guid.headers().add("__value_schema_id", header);
    Outbound refused = decode(guid, Tombstones.QUARANTINE);
    assertPoison(refused, PoisonReason.SCHEMA_ID_IN_HEADER, guid.value());
    assertThat(((Quarantine) refused).detail()).contains("__value_schema_id", "GUID");
    assertPoison(json(utf8("{\"a\":")), PoisonReason.INVALID_JSON, utf8("{\"a\":"));
    Set<String> all = new TreeSet<>();
    for (PoisonReason reason : PoisonReason.values()) {
      all.add(reason.tag());
    }
    // See PluggedValueReaderTest.
    all.remove(PoisonReason.DESERIALIZER_FAILED.tag());
    assertThat(seen).isEqualTo(all);
  }

  @Test
  void avroBecomesANotificationAndTheKeysHeaderIsNoMatter() throws Exception {
    answers.put("1", schema("\"long\""));
    ConsumerRecord<byte[], byte[]> record = record(bytes(0, 0, 0, 0, 1, 84));
    record.headers().add("__key_schema_id", new byte[17]);
    Outbound item = decode(record, Tombstones.QUARANTINE);
    assertThat(body(item)).startsWith("{\"topic\":\"T_X\",").endsWith(",\"event\":42}");
    assertThat(((Notification) item).schemaId()).isEqualTo(1);
  }

  @Test
  void tombstonesAreRelayedOrSkippedWhenAskedFor() throws Exception {
    Outbound relayed = decode(record(null), Tombstones.RELAY);
    assertThat(body(relayed)).endsWith(",\"event\":null}");
    assertThat(((Notification) relayed).schemaId()).isEqualTo(-1);
    assertThat(((Notification) relayed).key()).containsExactly('k');
    Outbound skipped = decode(record(null), Tombstones.SKIP);
    assertThat(skipped).isInstanceOf(Skipped.class);
    assertThat(skipped.origin().offset()).isEqualTo(7);
    assertThat(skipped.id()).isEqualTo(relayed.id());
  }

  @Test
  void jsonTextIsPassedOnByteForByte() throws Exception {
    String text = " {\"b\" : 1.0e2,\t\"a\":\"\\u20ac €\",\"b\":[ ]}\n";
    assertThat(body(json(utf8(text)))).endsWith(",\"event\":" + text + "}");
    assertPoison(json(new byte[0]), PoisonReason.INVALID_JSON, new byte[0]);
    assertPoison(json(utf8("[[[[[]]]]]")), PoisonReason.TOO_DEEP, utf8("[[[[[]]]]]"));
    byte[] large = utf8("\"" + "x".repeat(1_023) + "\"");
    assertPoison(json(large), PoisonReason.TOO_LARGE, large);
    assertPoison(json(null), PoisonReason.NULL_VALUE, null);
  }

  @Test
  void aRegistryInTroubleIsNoReason() {
    answers.put("1", "");
    assertThatThrownBy(() -> decode(record(bytes(0, 0, 0, 0, 1, 84)), Tombstones.QUARANTINE))
        .hasMessageContaining("answered 500");
  }
}
