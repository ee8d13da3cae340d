package io.bierelay;

import static io.bierelay.sandbox.LambdaEvents.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.BareCalls;
import io.bierelay.sandbox.LambdaProcess;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.RuntimeApi;
import io.bierelay.sandbox.RuntimeApi.Answer;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.sandbox.TenureApi.Planned;
import io.bierelay.sandbox.Tenures;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The fat JAR as a Lambda function, under AWS's own client of the Runtime API. */
class LambdaIT {

  private static final int ROUNDS = Integer.getInteger("lambda.rounds", 300);

  /** Of Kafka; with two or more, topics have the replicas that the product's default says. */
  private static final int NODES = Integer.getInteger("lambda.nodes", 1);

  private static final int REPLICAS = Math.min(NODES, 2);

  /** Of the function's JVM, such as those of aws/reporting-listener.yaml. */
  private static final String[] FLAGS =
      Arrays.stream(System.getProperty("lambda.flags", "").split(" "))
          .filter(flag -> !flag.isBlank())
          .toArray(String[]::new);

  private static final String ONE = "an invocation with one message";
  private static final String RAW = "a raw produce";
  private static final String TEN = "an invocation with ten messages";
  private static final String TEN_RAW = "ten raw produces, one after the other";
  private static final String EMPTY = "an invocation with no message";
  private static final String GET = "a GET of an entity";
  private static final SandboxKafka KAFKA = SandboxKafka.builder().nodes(NODES).build();
  private static final SandboxRegistry REGISTRY = new SandboxRegistry();
  private static final ListenerServers SERVERS = new ListenerServers(5, KAFKA, REGISTRY);
  private static final RuntimeApi LAMBDA = new RuntimeApi();
  private static LambdaProcess function;
  private static long initMs;

  @BeforeAll
  static void start() {
    SERVERS.start();
    LAMBDA.start();
    long begun = System.nanoTime();
    function = new LambdaProcess(LAMBDA, settings(), FLAGS);
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(LAMBDA.ready()).as(function.readLog()).isDone());
    initMs = (System.nanoTime() - begun) / 1_000_000;
  }

  private static Map<String, Object> settings() {
    Map<String, Object> settings = SERVERS.coreSettings();
    settings.put("listener.topic.replication", REPLICAS);
    return settings;
  }

  @AfterAll
  static void stop() {
    long ms = function.terminate();
    String log = function.readLog();
    function.close();
    LAMBDA.close();
    SERVERS.close();
    KAFKA.close();
    REGISTRY.close();
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
  void itsLogTellsNothingOfWhatItRelays() throws Exception {
    long before = PlantedMarkIT.failures(function.readLog());
    List<String> bodies = PlantedMarkIT.bodies(SERVERS.api());
    List<String> failed = failed(invoke(batch(bodies.toArray(String[]::new)), 30_000));
    assertThat(failed).hasSize(PlantedMarkIT.FAILING);
    String log = function.readLog();
    assertThat(PlantedMarkIT.failures(log) - before).isEqualTo(PlantedMarkIT.FAILING);
    PlantedMarkIT.checkListener(SERVERS, log);
    PlantedMarkIT.checkLines(log);
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
    Map<String, Object> settings = settings();
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

  /**
   * Figures for docs/performance.md, in turns; the bounds are checked with room for a busy machine.
   */
  @Test
  void aWarmInvocationCostsLittleMoreThanProducing() throws Exception {
    createTopic("raw");
    Map<String, List<Long>> times = new LinkedHashMap<>();
    try (BareCalls bare =
        new BareCalls(
            SERVERS.kafka().adminProperties(), "raw", SERVERS.api().url() + "/tenures", FLAGS)) {
      double first = invoked(1) / 1e6;
      // Two at a time in turns: with more, one would come after a longer rest than another.
      for (int i = 0; i < ROUNDS; i++) {
        note(times, TEN, invoked(10));
        note(times, TEN_RAW, bare.produce(10));
      }
      for (int i = 0; i < ROUNDS; i++) {
        note(times, ONE, invoked(1));
        note(times, RAW, bare.produce(1));
      }
      for (int i = 0; i < ROUNDS; i++) {
        note(times, EMPTY, invoked(0));
        note(times, GET, bare.fetch(1));
      }
      System.out.printf("lambda: init %d ms, first %.1f ms%n", initMs, first);
    }
    times.forEach(
        (name, nanos) ->
            System.out.printf(
                "lambda: median %.3f ms, fastest tenth below %.3f ms: %s%n",
                quantile(nanos, 0.5), quantile(nanos, 0.1), name));
    // Of what waits for a processor each part has a share, so a busy machine's medians don't add
    // up; the fastest tenth has hardly waited.
    print("medians", times, 0.5);
    print("fastest tenths", times, 0.1);
    double one = quantile(times.get(ONE), 0.5);
    double raw = quantile(times.get(RAW), 0.5);
    double ten = quantile(times.get(TEN), 0.5) / quantile(times.get(TEN_RAW), 0.5);
    assertThat(one).isLessThan(Math.max(100, 10 * raw));
    assertThat(ten).isLessThan(4);
  }

  private static void createTopic(String name) throws Exception {
    try (Admin admin = Admin.create(SERVERS.kafka().adminProperties())) {
      admin.createTopics(List.of(new NewTopic(name, 1, (short) REPLICAS))).all().get();
    }
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

  private static void print(String what, Map<String, List<Long>> times, double at) {
    double one = quantile(times.get(ONE), at);
    double raw = quantile(times.get(RAW), at);
    double get = quantile(times.get(GET), at);
    double empty = quantile(times.get(EMPTY), at);
    System.out.printf(
        "lambda, ratios of %s, %d nodes, flags %s: one message to a raw produce %.2f, without its"
            + " GET %.2f, of raw produce, GET and empty invocation %.2f; ten messages to ten raw"
            + " produces %.2f%n",
        what,
        NODES,
        List.of(FLAGS),
        one / raw,
        (one - get) / raw,
        one / (raw + get + empty),
        quantile(times.get(TEN), at) / quantile(times.get(TEN_RAW), at));
  }

  /** In milliseconds, of the second half, when all is warm. */
  private static double quantile(List<Long> nanos, double at) {
    long[] sorted =
        nanos.subList(nanos.size() / 2, nanos.size()).stream().mapToLong(n -> n).sorted().toArray();
    return sorted[(int) (sorted.length * at)] / 1e6;
  }
}
