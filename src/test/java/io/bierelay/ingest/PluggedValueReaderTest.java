package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.avro.JsonBuffer;
import io.bierelay.event.EventType;
import io.bierelay.event.Notification;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.bierelay.ingest.EventDecoder.Received;
import io.bierelay.ingest.ValueSettings.Tombstones;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.trace.Tracing;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody else's deserializer in place of ours: where it runs, what it is told, how it fails. */
class PluggedValueReaderTest {

  private static final EventType TYPE = new EventType("contention-updated", "X", "e");
  private static final String SAMPLE =
      "{\"id\":42,\"amount\":\"12.30\",\"at\":1000,\"note\":\"a \\\"b\\\"\"}";
  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"R","fields":[
                {"name":"id","type":"long"},
                {"name":"amount",
                 "type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
                {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
                {"name":"note","type":["null","string"]}]}""");

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();

  /** Avro's generic reader behind Kafka's interface, as Confluent's deserializer is. */
  public static final class GenericDeserializer implements Deserializer<Object> {
    static final Map<String, Object> CONFIGURED = new ConcurrentHashMap<>();
    static volatile String thread = "";
    static volatile boolean isClosed;
    static volatile @Nullable Function<byte[], @Nullable Object> behaviour;

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
      CONFIGURED.putAll(configs);
      CONFIGURED.put("is-key", isKey);
    }

    @Override
    public @Nullable Object deserialize(String topic, byte[] data) {
      thread = Thread.currentThread().getName();
      Function<byte[], @Nullable Object> other = behaviour;
      if (other != null) {
        return other.apply(data);
      }
      try {
        return new GenericDatumReader<>(SCHEMA)
            .read(null, DecoderFactory.get().binaryDecoder(data, null));
      } catch (IOException | RuntimeException e) {
        throw new SerializationException(new String(data, StandardCharsets.UTF_8), e);
      }
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  /** Has no constructor that we could call. */
  public static final class Unmakeable extends StringDeserializer {
    /** Never called. */
    public Unmakeable(String argument) {}
  }

  /** Refuses whatever it is told. */
  public static final class Refusing extends StringDeserializer {
    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
      throw new IllegalArgumentException("bad password " + configs);
    }
  }

  /** As Confluent's exception of a refused request. */
  public static final class RestException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;

    RestException(int status) {
      super("status " + status);
      this.status = status;
    }

    /** As Confluent's. */
    public int getStatus() {
      return status;
    }
  }

  @BeforeEach
  void start() {
    GenericDeserializer.behaviour = null;
    GenericDeserializer.isClosed = false;
    GenericDeserializer.CONFIGURED.clear();
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private <T> T on(Supplier<Future<T>> use) throws Exception {
    Promise<T> promise = Promise.promise();
    context.runOnContext(v -> use.get().onComplete(promise));
    return await(promise.future());
  }

  private static Settings settings(String className) {
    return Settings.of(
        new JsonObject()
            .put("kafka.bootstrap.servers", "localhost:1")
            .put("kafka.group.id", "g")
            .put("kafka.security.protocol", "plaintext")
            .put("kafka.topic.infix", "TST")
            .put("registry.urls", "http://a,http://b/x")
            .put("registry.username", "u")
            .put("registry.password", "hunter2")
            .put("kafka.client", new JsonObject().put("specific.avro.reader", "false"))
            .put("kafka.value.deserializer", className));
  }

  private ValueReader open(Class<?> type) throws Exception {
    return on(() -> PluggedValueReader.open(vertx, settings(type.getName())));
  }

  private Outbound decode(ValueReader reader, byte[] value) throws Exception {
    EventDecoder decoder =
        new EventDecoder(reader, Tombstones.QUARANTINE, new JsonBuffer(), Tracing.off());
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>("T_X", 0, 7, new byte[] {'k'}, value);
    return on(() -> decoder.decode(new Received(record, Instant.EPOCH), TYPE, "id"));
  }

  private static String event(Outbound item) {
    assertThat(item).as("%s", item).isInstanceOf(Notification.class);
    String body = new String(((Notification) item).body(), StandardCharsets.UTF_8);
    return body.substring(body.indexOf("\"event\":") + 8, body.length() - 1);
  }

  private String event(@Nullable Object returned) throws Exception {
    GenericDeserializer.behaviour = data -> returned;
    return event(decode(open(GenericDeserializer.class), new byte[] {1}));
  }

  private static GenericRecord sample(Object amount, Object at) {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("id", 42L);
    record.put("amount", amount);
    record.put("at", at);
    record.put("note", "a \"b\"");
    return record;
  }

  private static GenericRecord sample() {
    return sample(ByteBuffer.wrap(new byte[] {4, (byte) 0xCE}), 1_000L);
  }

  @Test
  void itReadsEventsOnAWorkerAndIsToldWhereTheRegistryIs() throws Exception {
    ByteArrayOutputStream binary = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(binary, null);
    new GenericDatumWriter<GenericRecord>(SCHEMA).write(sample(), encoder);
    ValueReader reader = open(GenericDeserializer.class);
    Outbound item = decode(reader, binary.toByteArray());
    assertThat(event(item)).isEqualTo(SAMPLE);
    assertThat(((Notification) item).schemaId()).isEqualTo(-1);
    assertThat(GenericDeserializer.thread).isEqualTo("bie-deserializer");
    assertThat(GenericDeserializer.CONFIGURED)
        .containsEntry("schema.registry.url", "http://a,http://b/x")
        .containsEntry("basic.auth.credentials.source", "USER_INFO")
        .containsEntry("basic.auth.user.info", "u:hunter2")
        .containsEntry("specific.avro.reader", "false")
        .containsEntry("is-key", false);
    on(reader::close);
    assertThat(GenericDeserializer.isClosed).isTrue();
  }

  @Test
  void whateverItReturnsIsWrittenByTheSameMapping() throws Exception {
    assertThat(event((Object) null)).isEqualTo("null");
    assertThat(event("{\"a\":1}")).isEqualTo("\"{\\\"a\\\":1}\"");
    assertThat(event(new byte[] {1, 2, 3})).isEqualTo("\"AQID\"");
    assertThat(event(sample(new BigDecimal("12.30"), Instant.ofEpochSecond(1))))
        .as("logical types as Java objects")
        .isEqualTo(SAMPLE);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("n", Double.NaN);
    map.put("d", new BigDecimal("1.50"));
    map.put("l", List.of(1, 2L, true));
    map.put("r", sample());
    map.put("e", Map.of());
    assertThat(event(map))
        .isEqualTo("{\"n\":\"NaN\",\"d\":\"1.50\",\"l\":[1,2,true],\"r\":" + SAMPLE + ",\"e\":{}}");
  }

  @Test
  void whatCantBeReadOrWrittenIsPoisonWithoutContent() throws Exception {
    assertPoison(data -> Instant.EPOCH, "java.time.Instant");
    assertPoison(data -> Map.of(1, 2), "keys");
    assertPoison(data -> new GenericData.Record(SCHEMA), "its own schema");
    assertPoison(data -> thrown(new IllegalStateException("Doe")), "SerializationException");
    assertPoison(
        data -> {
          throw new StackOverflowError("Doe");
        },
        "StackOverflowError");
    assertPoison(data -> thrown(new RestException(404)), "RestException");
    assertPoison(null, "EOFException");
  }

  private static Object thrown(Exception cause) {
    throw new SerializationException("John Doe", cause);
  }

  private void assertPoison(@Nullable Function<byte[], @Nullable Object> behaviour, String detail)
      throws Exception {
    GenericDeserializer.behaviour = behaviour;
    byte[] value = {'D', 'p', 'e'};
    Outbound item = decode(open(GenericDeserializer.class), value);
    assertThat(item).isInstanceOf(Quarantine.class);
    assertThat(((Quarantine) item).reason()).isEqualTo("deserializer-failed");
    assertThat(((Quarantine) item).detail()).contains(detail).doesNotContain("Doe");
    assertThat(((Quarantine) item).value()).isEqualTo(value);
  }

  @Test
  void whatItCouldNotReachMakesTheLaneWait() throws Exception {
    for (Exception cause :
        List.of(
            new ConnectException("Doe"),
            new IOException(new RuntimeException("Doe")),
            new RestException(503),
            new RestException(429),
            new RestException(401),
            new InvalidConfigurationException("Doe"),
            new TimeoutException("Doe"))) {
      GenericDeserializer.behaviour = data -> thrown(cause);
      ValueReader reader = open(GenericDeserializer.class);
      assertThatThrownBy(() -> decode(reader, new byte[] {1}))
          .as("%s", cause)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("kafka.value.deserializer", "registry")
          .hasMessageNotContaining("Doe");
    }
    GenericDeserializer.behaviour =
        data -> {
          throw new NoClassDefFoundError("com/example/Missing");
        };
    ValueReader reader = open(GenericDeserializer.class);
    assertThatThrownBy(() -> decode(reader, new byte[] {1}))
        .cause()
        .hasMessageContaining("class path");
  }

  @Test
  void aClassThatCantBeItIsAConfigurationErrorWithTheRemedy() {
    assertProblem("no.such.Deserializer", "not on the class path");
    assertProblem("java.lang.String", "no org.apache.kafka.common.serialization.Deserializer");
    assertProblem(Unmakeable.class.getName(), "constructor");
    assertThat(new KafkaIngestModule().problems(settings(GenericDeserializer.class.getName())))
        .isEmpty();
    assertThatThrownBy(() -> open(Refusing.class))
        .cause()
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("kafka.value.deserializer")
        .hasMessageNotContaining("hunter2");
  }

  private static void assertProblem(String className, String what) {
    assertThat(new KafkaIngestModule().problems(settings(className)))
        .singleElement()
        .asString()
        .contains("'" + className + "'", what, "java -cp bie-relay.jar:", "io.bierelay.Main");
  }

  @Test
  void aFormatBesideItIsAProblem() {
    JsonObject both =
        new JsonObject()
            .put("kafka.value.format", "json")
            .put("kafka.value.deserializer", GenericDeserializer.class.getName());
    assertThat(ValueSettings.problems(Settings.of(both)))
        .singleElement()
        .asString()
        .contains("one of them");
  }
}
