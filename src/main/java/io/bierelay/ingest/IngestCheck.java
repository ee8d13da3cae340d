package io.bierelay.ingest;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.PoisonException;
import io.bierelay.avro.RegistryCheck;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.avro.WireFormat;
import io.bierelay.check.CheckRequest;
import io.bierelay.check.Problem;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.ingest.ValueSettings.ValueFormat;
import io.bierelay.kafka.KafkaCheck;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What ingest needs of Kafka and of the registry, and a look at the newest events. */
final class IngestCheck {

  /** Time enough for one fetch of each broker. */
  private static final Duration READING = Duration.ofSeconds(2);

  private static final int ANSWER_MS = 2_000;

  private final CheckRequest request;
  private final Settings settings;

  private IngestCheck(CheckRequest request) {
    this.request = request;
    this.settings = request.settings();
  }

  /** The checks of Kafka and, where values are read with its help, of the registry. */
  static List<ServerCheck> of(CheckRequest request) {
    Settings settings = request.settings();
    List<String> topics = List.copyOf(IngestSettings.topics(settings).keySet());
    IngestCheck reading = new IngestCheck(request);
    List<ServerCheck> checks = new ArrayList<>();
    checks.add(
        new KafkaCheck(
            settings,
            topics,
            AclOperation.READ,
            Optional.of(settings.get(IngestSettings.GROUP)),
            reading::read));
    if (settings.get(ValueSettings.FORMAT) == ValueFormat.AVRO) {
      List<String> subjects = topics.stream().map(topic -> topic + "-value").toList();
      checks.add(new RegistryCheck(request.vertx(), settings, subjects));
    }
    return checks;
  }

  /** By assignment, outside of any group: nothing moves and nothing is committed. */
  private void read(Steps steps, List<TopicDescription> topics) {
    List<TopicPartition> partitions =
        topics.stream()
            .flatMap(
                topic ->
                    topic.partitions().stream()
                        .map(p -> new TopicPartition(topic.name(), p.partition())))
            .toList();
    if (partitions.isEmpty()) {
      steps.skipped("read", "", "no topic can be read");
      return;
    }
    List<ConsumerRecord<byte[], byte[]>> newest = new ArrayList<>();
    boolean read =
        steps.step(
            "read",
            "%d partitions".formatted(partitions.size()),
            () -> {
              newest.addAll(fetch(partitions));
              return request.read() == 0
                  ? "fetched at the end of each"
                  : "%d events, the newest".formatted(newest.size());
            });
    if (read && !newest.isEmpty()) {
      steps.step("events", "the newest", () -> show(steps, newest));
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> fetch(List<TopicPartition> partitions)
      throws Exception {
    Properties properties = KafkaProperties.consumer(settings, 0);
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "bie-relay-check");
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS);
    properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MS);
    ByteArrayDeserializer raw = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, raw, raw)) {
      consumer.assign(partitions);
      Map<TopicPartition, Long> begin = consumer.beginningOffsets(partitions);
      Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
      long expected = 0;
      for (TopicPartition partition : partitions) {
        long last = end.getOrDefault(partition, 0L);
        long from = Math.max(begin.getOrDefault(partition, 0L), last - request.read());
        consumer.seek(partition, from);
        expected += last - from;
      }
      List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
      long until = System.nanoTime() + READING.toNanos();
      // At the end of each partition there is nothing to wait for but a refusal, which comes soon.
      int polls = 0;
      do {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(150));
        records.forEach(found::add);
        polls++;
      } while (System.nanoTime() < until && (found.size() < expected || polls < 4));
      return found.stream()
          .sorted(Comparator.comparingLong((ConsumerRecord<?, ?> r) -> r.timestamp()).reversed())
          .limit(request.read())
          .toList();
    } catch (TopicAuthorizationException e) {
      throw new Problem(
              "we have no permission to read " + e.unauthorizedTopics(),
              "have ACLs set that allow READ on these topics; see docs/permissions.md")
          .toException();
    }
  }

  private String show(Steps steps, List<ConsumerRecord<byte[], byte[]>> records) throws Exception {
    Vertx vertx = request.vertx();
    SchemaRegistry registry = request.showValues() ? new SchemaRegistry(vertx, settings) : null;
    ValueReader reader =
        registry != null && settings.get(ValueSettings.FORMAT) == ValueFormat.AVRO
            ? new AvroValueReader(registry)
            : new JsonValueReader(AvroLimits.of(settings));
    Context context = vertx.getOrCreateContext();
    try {
      for (ConsumerRecord<byte[], byte[]> record : records) {
        JsonObject shown = metadata(record);
        if (request.showValues() && record.value() != null) {
          shown.put("value", value(context, reader, record));
        }
        steps.event(shown);
      }
      return request.showValues()
          ? "shown with their values, which may hold personal data"
          : "shown without their values";
    } finally {
      if (registry != null) {
        var unused = registry.close();
      }
    }
  }

  private JsonObject metadata(ConsumerRecord<byte[], byte[]> record) {
    JsonArray headers = new JsonArray();
    record.headers().forEach(header -> headers.add(header.key()));
    JsonObject shown =
        new JsonObject()
            .put("topic", record.topic())
            .put("partition", record.partition())
            .put("offset", record.offset())
            .put("timestamp", Instant.ofEpochMilli(record.timestamp()).toString())
            .put("keySize", Math.max(0, record.serializedKeySize()))
            .put("valueSize", Math.max(0, record.serializedValueSize()))
            .put("headers", headers);
    if (settings.get(ValueSettings.FORMAT) == ValueFormat.AVRO) {
      try {
        shown.put("schemaId", WireFormat.schemaId(record.value()));
      } catch (PoisonException e) {
        shown.put("poison", e.reason().tag());
      }
    }
    return shown;
  }

  /** On an event loop, where the registry's client belongs. */
  private static Object value(
      Context context, ValueReader reader, ConsumerRecord<byte[], byte[]> record) throws Exception {
    Promise<String> text = Promise.promise();
    context.runOnContext(v -> reader.read(record).map(IngestCheck::json).onComplete(text));
    return text.future()
        .recover(
            e ->
                e instanceof PoisonException poison
                    ? Future.succeededFuture("poison: " + poison.reason().tag())
                    : Future.failedFuture(e))
        .toCompletionStage()
        .toCompletableFuture()
        .get(ANSWER_MS, TimeUnit.MILLISECONDS);
  }

  private static String json(ValueReader.Value value) {
    JsonBuffer json = new JsonBuffer();
    value.writeTo(json);
    return new String(json.toByteArray(), StandardCharsets.UTF_8);
  }
}
