package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.sandbox.SandboxSqs;
import io.bierelay.sandbox.SandboxSqs.Depth;
import io.bierelay.sandbox.TenureApi;
import io.bierelay.sandbox.TenureApi.Planned;
import io.bierelay.sandbox.Tenures;
import io.bierelay.status.VerticleStatus;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From SQS to Kafka, over a real SQS-compatible server. */
class EntityChangeVerticleTest {

  private static final SandboxKafka KAFKA = new SandboxKafka();
  private static final SandboxRegistry REGISTRY = new SandboxRegistry();
  private static final TenureApi API = new TenureApi();
  private static final int RECEIVES = 2;

  private final Vertx vertx = Vertx.vertx();
  private final String topic = "changes-" + UUID.randomUUID();
  private final UUID id = UUID.randomUUID();
  private final List<AvroTopic.Decoded> arrived = new ArrayList<>();
  private volatile VerticleStatus status;
  private SandboxSqs sqs;
  private AvroTopic records;
  private String deployment;

  @BeforeAll
  static void start() {
    KAFKA.start();
    REGISTRY.start();
    API.start();
  }

  @AfterAll
  static void stop() {
    API.close();
    REGISTRY.close();
    KAFKA.close();
  }

  @BeforeEach
  void setUp() {
    sqs = new SandboxSqs(RECEIVES).start();
    REGISTRY.register(topic + "-value", Tenures.schema());
    API.put(id, Tenures.tenure(id));
    records = new AvroTopic(KAFKA.adminProperties(), REGISTRY, topic);
    vertx
        .eventBus()
        .<JsonObject>consumer(
            VerticleStatus.ADDRESS, m -> status = VerticleStatus.fromJson(m.body()));
  }

  @AfterEach
  void tearDown() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    API.outage(null);
    API.delaying(0);
    records.close();
    sqs.close();
  }

  private void deploy(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(KAFKA.listenerSettings());
    settings.putAll(sqs.settings());
    settings.put("registry.urls", List.of(REGISTRY.url()));
    settings.put("listener.api.url", API.url());
    settings.put("listener.api.token.value", TenureApi.TOKEN);
    settings.put("listener.api.retry.max", "50ms");
    settings.put("listener.topic.name", topic);
    settings.put("listener.topic.replication", 1);
    settings.put("listener.sqs.wait", "1s");
    settings.put("listener.sqs.visibility", "3s");
    settings.put("listener.sqs.retry.max", "0ms");
    settings.putAll(more);
    deployment =
        vertx
            .deployVerticle(
                new EntityChangeModule().create(),
                new DeploymentOptions().setConfig(new JsonObject(settings)))
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  private void undeploy() {
    vertx.undeploy(deployment).toCompletionStage().toCompletableFuture().join();
  }

  private List<AvroTopic.Decoded> arrived(int count) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              arrived.addAll(records.poll());
              return arrived.size() >= count;
            });
    return arrived;
  }

  private void emptied() {
    await().atMost(Duration.ofSeconds(20)).until(sqs::depth, new Depth(0, 0)::equals);
  }

  @Test
  void rawMessagesAndSnsEnvelopesAreRelayedAndDeleted() {
    deploy(Map.of());
    JsonObject raw = Tenures.updated(id);
    JsonObject enveloped = Tenures.updated(id);
    sqs.send(raw.encode());
    sqs.send(Tenures.enveloped(enveloped));
    assertThat(arrived(2))
        .extracting(one -> one.at("Id"))
        .containsExactlyInAnyOrder(raw.getString("id"), enveloped.getString("id"));
    emptied();
    await().until(() -> status.state() == VerticleStatus.State.READY);
    assertThat(status.subscriptions().getJsonObject(0).getInteger("inFlight")).isZero();
  }

  @Test
  void whatIsIgnoredIsDeleted() {
    deploy(Map.of());
    sqs.send(new JsonObject().put("eventType", "PersonCreatedEvent").encode());
    emptied();
    assertThat(sqs.deadLetters()).isEqualTo(new Depth(0, 0));
  }

  @Test
  void aPoisonBodyEndsInTheQueuesDeadLettersAndOthersGoOn() {
    deploy(Map.of());
    sqs.send("this is no JSON");
    sqs.send(Tenures.updated(id).put("entityId", "no-uuid").encode());
    sqs.send(Tenures.updated(id).encode());
    arrived(1);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> sqs.deadLetters().visible() == 2 && sqs.depth().equals(new Depth(0, 0)));
  }

  @Test
  void anEntityThatIsNotFoundComesAgainUntilItIsThere() {
    deploy(Map.of("listener.sqs.retry.max", "1s"));
    UUID late = UUID.randomUUID();
    sqs.send(Tenures.updated(late).encode());
    int before = API.requests();
    await().until(() -> API.requests() > before);
    API.put(late, Tenures.tenure(late));
    assertThat(arrived(1).get(0).at("Tenure", "Id")).isEqualTo(late.toString());
    emptied();
  }

  @Test
  void aMessageStaysHiddenWhileItIsAtWork() {
    deploy(Map.of("listener.api.timeout", "20s"));
    API.delaying(5_000);
    int before = API.requests();
    sqs.send(Tenures.updated(id).encode());
    arrived(1);
    emptied();
    assertThat(API.requests() - before)
        .as("its visibility of 3 s was renewed, so nobody received it a second time")
        .isEqualTo(1);
  }

  @Test
  void changesOfOneEntityKeepTheirOrderAndThoseOfOthersDoNotWait() {
    API.delaying(5);
    List<UUID> entities = IntStream.range(0, 5).mapToObj(i -> UUID.randomUUID()).toList();
    entities.forEach(one -> API.put(one, Tenures.tenure(one)));
    Map<String, List<String>> sent = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      UUID entity = entities.get(i % 5);
      JsonObject event = Tenures.updated(entity);
      sent.computeIfAbsent(entity.toString(), key -> new ArrayList<>()).add(event.getString("id"));
      // One by one: ElasticMQ mixes messages of the same millisecond.
      long millis = System.currentTimeMillis();
      sqs.send(event.encode());
      await().pollInterval(Duration.ofMillis(1)).until(() -> System.currentTimeMillis() > millis);
    }
    deploy(Map.of("listener.topic.partitions", 4, "listener.sqs.pollers", 1));
    Map<String, List<Object>> got = new HashMap<>();
    for (AvroTopic.Decoded one : arrived(60)) {
      got.computeIfAbsent(one.record().key(), key -> new ArrayList<>()).add(one.at("Id"));
    }
    assertThat(got).isEqualTo(sent);
    emptied();
    assertThat(arrived).hasSize(60);
  }

  @Test
  void kafkaAwayKeepsMessagesInTheQueueAndTheyArriveWhenItIsBack() {
    deploy(Map.of("listener.send.timeout", "1s"));
    sqs.send(Tenures.updated(id).encode());
    arrived(1);
    KAFKA.stop();
    try {
      sqs.sendAll(IntStream.range(0, 20).mapToObj(i -> Tenures.updated(id).encode()).toList());
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  status.state() == VerticleStatus.State.WAITING
                      && status.reason().contains("Kafka at"));
      await().during(Duration.ofSeconds(3)).until(() -> sqs.deadLetters().visible() == 0);
    } finally {
      KAFKA.start();
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              arrived.addAll(records.poll());
              return arrived.stream().map(one -> one.at("Id")).distinct().count() == 21;
            });
    emptied();
    assertThat(sqs.deadLetters()).isEqualTo(new Depth(0, 0));
  }

  @Test
  void anApiThatIsAwayCostsFewMessagesTheirAttempts() {
    deploy(Map.of("listener.api.attempts", 1, "listener.api.breaker.failures", 3));
    API.outage(Planned.status(503));
    sqs.sendAll(
        IntStream.range(0, 200)
            .mapToObj(i -> Tenures.updated(UUID.randomUUID()).encode())
            .toList());
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                status.state() == VerticleStatus.State.WAITING && status.reason().contains("API"));
    await().during(Duration.ofSeconds(2)).until(() -> sqs.deadLetters().visible() < 20);
  }

  @Test
  void aStopGivesBackWhatItHolds() {
    deploy(Map.of("listener.drain.timeout", "500ms", "listener.api.timeout", "1m"));
    API.outage(Planned.nothing());
    sqs.sendAll(IntStream.range(0, 30).mapToObj(i -> Tenures.updated(id).encode()).toList());
    await().until(() -> sqs.depth().hidden() == 30);
    long begun = System.nanoTime();
    undeploy();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(8));
    assertThat(sqs.depth()).isEqualTo(new Depth(30, 0));
  }

  @Test
  void aStopLetsWhatIsAtWorkEnd() {
    deploy(Map.of());
    API.delaying(1_000);
    sqs.send(Tenures.updated(id).encode());
    int before = API.requests();
    await().until(() -> API.requests() > before);
    undeploy();
    assertThat(sqs.depth()).isEqualTo(new Depth(0, 0));
    arrived(1);
  }

  @Test
  void aQueueThatDoesNotExistIsSaidAndWaitedFor() {
    deploy(
        Map.of(
            "listener.sqs.queue.url",
            sqs.settings().get("listener.sqs.queue.url") + "-that-is-not-there"));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> status != null && status.reason().contains("listener.sqs.queue.url"));
  }
}
