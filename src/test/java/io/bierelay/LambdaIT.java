package io.bierelay;

import static io.bierelay.sandbox.LambdaEvents.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.LambdaProcess;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.RuntimeApi;
import io.bierelay.sandbox.RuntimeApi.Answer;
import io.bierelay.sandbox.TenureApi;
import io.bierelay.sandbox.TenureApi.Planned;
import io.bierelay.sandbox.Tenures;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
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

  private static final int ROUNDS = 300;
  private static final String ONE = "an invocation with one message";
  private static final String RAW = "a raw produce";
  private static final String TEN = "an invocation with ten messages";
  private static final String TEN_RAW = "ten raw produces, one after the other";
  private static final String EMPTY = "an invocation with no message";
  private static final String GET = "a GET of an entity";
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

  /** Two producers with one id would have Kafka drop records: none before the snapshot. */
  @Test
  void noProducerIsMadeForASnapshot() throws Exception {
    Map<String, Object> settings = SERVERS.coreSettings();
    try (RuntimeApi other = new RuntimeApi().start();
        LambdaProcess snapshot =
            new LambdaProcess(
                other, settings, Map.of("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"))) {
      await().atMost(Duration.ofSeconds(60)).until(() -> other.restored().isDone());
      assertThat(snapshot.readLog()).contains("set up for a snapshot").doesNotContain("producer");
      Answer answer =
          other
              .invoke(batch(Tenures.updated(UUID.randomUUID()).encode()), 30_000)
              .get(60, TimeUnit.SECONDS);
      assertThat(failed(answer)).isEmpty();
    }
  }

  /** Figures for docs/performance.md; the bounds are checked with room for a busy machine. */
  @Test
  void aWarmInvocationCostsLittleMoreThanProducing() throws Exception {
    Properties properties = SERVERS.kafka().adminProperties();
    properties.put("acks", "all");
    Map<String, List<Long>> times = new LinkedHashMap<>();
    HttpClient http = HttpClient.newHttpClient();
    double first = 0;
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      SERVERS.kafka().createTopics(List.of("raw"), 1);
      for (int i = 0; i < ROUNDS; i++) {
        long one = invoked(1);
        first = i == 0 ? one / 1e6 : first;
        note(times, ONE, one);
        note(times, RAW, produced(producer, 1));
        note(times, TEN, invoked(10));
        note(times, TEN_RAW, produced(producer, 10));
        note(times, EMPTY, invoked(0));
        note(times, GET, fetched(http));
      }
    }
    System.out.printf("lambda: init %d ms, first %.1f ms%n", initMs, first);
    times.forEach(
        (name, nanos) -> System.out.printf("lambda, median: %.2f ms %s%n", median(nanos), name));
    double one = median(times.get(ONE));
    double raw = median(times.get(RAW));
    double parts = raw + median(times.get(EMPTY)) + median(times.get(GET));
    double ten = median(times.get(TEN)) / median(times.get(TEN_RAW));
    System.out.printf(
        "lambda, ratios: one message %.2f of a raw produce, %.2f of raw produce, GET and empty"
            + " invocation; ten messages %.2f of ten raw produces%n",
        one / raw, one / parts, ten);
    assertThat(one).isLessThan(Math.max(100, 10 * raw));
    assertThat(ten).isLessThan(4);
  }

  private static void note(Map<String, List<Long>> times, String name, long nanos) {
    times.computeIfAbsent(name, n -> new ArrayList<>()).add(nanos);
  }

  private static long invoked(int messages) throws Exception {
    String[] bodies = new String[messages];
    Arrays.setAll(bodies, i -> Tenures.updated(UUID.randomUUID()).encode());
    Answer answer = invoke(batch(bodies), 30_000);
    assertThat(failed(answer)).isEmpty();
    return answer.nanos();
  }

  /** One after the other. */
  private static long produced(KafkaProducer<byte[], byte[]> producer, int records)
      throws Exception {
    long begun = System.nanoTime();
    for (int i = 0; i < records; i++) {
      producer.send(new ProducerRecord<>("raw", new byte[300])).get();
    }
    return System.nanoTime() - begun;
  }

  private static long fetched(HttpClient http) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(SERVERS.api().url() + "/tenures/" + UUID.randomUUID()))
            .header("Authorization", TenureApi.TOKEN)
            .build();
    long begun = System.nanoTime();
    assertThat(http.send(request, BodyHandlers.ofByteArray()).statusCode()).isEqualTo(200);
    return System.nanoTime() - begun;
  }

  private static double median(List<Long> nanos) {
    long[] sorted =
        nanos.subList(nanos.size() / 2, nanos.size()).stream().mapToLong(n -> n).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2] / 1e6;
  }
}
