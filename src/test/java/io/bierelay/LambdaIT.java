package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.LambdaProcess;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.RuntimeApi;
import io.bierelay.sandbox.RuntimeApi.Answer;
import io.bierelay.sandbox.TenureApi.Planned;
import io.bierelay.sandbox.Tenures;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The fat JAR as a Lambda function, under AWS's own client of the Runtime API. */
class LambdaIT {

  private static final ListenerServers SERVERS = new ListenerServers(5);
  private static final RuntimeApi LAMBDA = new RuntimeApi();
  private static LambdaProcess function;
  private static long initMs;

  @BeforeAll
  static void start() {
    SERVERS.start();
    LAMBDA.start();
    long begun = System.nanoTime();
    function = new LambdaProcess(LAMBDA, SERVERS.coreSettings());
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(LAMBDA.ready()).as(function.readLog()).isDone());
    initMs = (System.nanoTime() - begun) / 1_000_000;
  }

  @AfterAll
  static void stop() {
    long ms = function.terminate();
    String log = function.readLog();
    function.close();
    LAMBDA.close();
    SERVERS.close();
    assertThat(ms).as("SIGTERM ends it:\n%s", log).isLessThan(3_000);
    assertThat(log).doesNotContain("not closed in time");
  }

  private static JsonObject batch(String... bodies) {
    JsonArray records = new JsonArray();
    for (int i = 0; i < bodies.length; i++) {
      records.add(
          new JsonObject()
              .put("messageId", "m" + i)
              .put("receiptHandle", "r" + i)
              .put("body", bodies[i])
              .put("attributes", new JsonObject().put("ApproximateReceiveCount", "1"))
              .put("messageAttributes", new JsonObject())
              .put("eventSource", "aws:sqs")
              .put("eventSourceARN", "arn:aws:sqs:eu-west-2:000000000000:changes")
              .put("awsRegion", "eu-west-2"));
    }
    return new JsonObject().put("Records", records);
  }

  private static Answer invoke(JsonObject event, long timeoutMs) throws Exception {
    Answer answer = LAMBDA.invoke(event, timeoutMs).get(60, TimeUnit.SECONDS);
    assertThat(answer.ok()).as("%s\n%s", answer.body(), function.readLog()).isTrue();
    return answer;
  }

  private static List<String> failed(Answer answer) {
    return answer.body().getJsonArray("batchItemFailures").stream()
        .map(item -> ((JsonObject) item).getString("itemIdentifier"))
        .toList();
  }

  @Test
  void exactlyTheMessagesThatFailedAreReported() throws Exception {
    UUID missing = UUID.randomUUID();
    SERVERS.api().plan(missing, Planned.status(404));
    JsonObject good = Tenures.updated(UUID.randomUUID());
    Answer answer =
        invoke(
            batch(
                good.encode(),
                "this is no JSON",
                Tenures.updated(missing).encode(),
                new JsonObject().put("eventType", "PersonCreatedEvent").encode(),
                Tenures.enveloped(Tenures.updated(UUID.randomUUID()))),
            30_000);
    assertThat(failed(answer)).containsExactly("m1", "m2");
    try (AvroTopic topic = SERVERS.records()) {
      List<Object> ids = new ArrayList<>();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                topic.poll().forEach(one -> ids.add(one.at("Id")));
                return ids.contains(good.getString("id"));
              });
    }
  }

  @Test
  void itIsDoneBeforeTheFunctionsTimeIsOver() throws Exception {
    UUID slow = UUID.randomUUID();
    SERVERS.api().plan(slow, Planned.nothing());
    Answer answer =
        invoke(
            batch(Tenures.updated(slow).encode(), Tenures.updated(UUID.randomUUID()).encode()),
            2_500);
    assertThat(failed(answer)).containsExactly("m0");
    assertThat(Duration.ofNanos(answer.nanos())).isLessThan(Duration.ofMillis(2_500));
  }

  @Test
  void aFunctionWithoutSettingsSaysAllThatIsMissing() throws Exception {
    try (RuntimeApi other = new RuntimeApi().start();
        LambdaProcess broken = new LambdaProcess(other, Map.of())) {
      await().atMost(Duration.ofSeconds(60)).until(() -> other.initError().isDone());
      assertThat(other.initError().get() + broken.readLog())
          .contains("kafka.bootstrap.servers")
          .contains("registry.urls");
    }
  }

  /** Figures for docs/performance.md; the bound is checked with room for a busy machine. */
  @Test
  void aWarmInvocationCostsLittleMoreThanProducing() throws Exception {
    List<Long> warm = new ArrayList<>();
    List<Long> raw = new ArrayList<>();
    Properties properties = SERVERS.kafka().adminProperties();
    properties.put("acks", "all");
    long first = 0;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      SERVERS.kafka().createTopics(List.of("raw"), 1);
      for (int i = 0; i < 300; i++) {
        Answer answer = invoke(batch(Tenures.updated(UUID.randomUUID()).encode()), 30_000);
        assertThat(failed(answer)).isEmpty();
        long begun = System.nanoTime();
        producer.send(new ProducerRecord<>("raw", new byte[300])).get();
        raw.add(System.nanoTime() - begun);
        if (i == 0) {
          first = answer.nanos();
        }
        warm.add(answer.nanos());
      }
    }
    System.out.printf(
        "lambda: init %d ms, first %.1f ms, warm median %.2f ms, raw produce median %.2f ms%n",
        initMs, first / 1e6, median(warm), median(raw));
    assertThat(median(warm)).isLessThan(Math.max(100, 10 * median(raw)));
  }

  private static double median(List<Long> nanos) {
    long[] sorted =
        nanos.subList(nanos.size() / 2, nanos.size()).stream().mapToLong(n -> n).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2] / 1e6;
  }
}
