package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.sandbox.TenureApi;
import io.bierelay.sandbox.TenureApi.Planned;
import io.bierelay.sandbox.Tenures;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The core, case by case as specified, between a real Kafka, a registry and an API. */
class ChangeRelayTest {

  private static final SandboxKafka KAFKA = new SandboxKafka();
  private static final SandboxRegistry REGISTRY = new SandboxRegistry();
  private static final TenureApi API = new TenureApi();

  private final UUID id = UUID.randomUUID();
  private RelayUnderWork relay;

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
    API.put(id, Tenures.tenure(id));
    relay = relay(Map.of());
    REGISTRY.register(relay.topic + "-value", Tenures.schema());
  }

  @AfterEach
  void tearDown() {
    API.outage(null);
    REGISTRY.recover();
    relay.close();
  }

  private static RelayUnderWork relay(Map<String, Object> more) {
    return new RelayUnderWork(KAFKA, REGISTRY, API, more);
  }

  /** With other settings than the one that is made for each test. */
  private void again(Map<String, Object> more) {
    relay.close();
    relay = relay(more);
    REGISTRY.register(relay.topic + "-value", Tenures.schema());
  }

  private ChangeFailedException failure(JsonObject event) {
    return catchThrowableOfType(ChangeFailedException.class, () -> relay.relay(event));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TenureCreatedEvent", "TenureUpdatedEvent"})
  void aCreatedOrUpdatedTenureIsSent(String type) {
    UUID eventId = UUID.randomUUID();
    JsonObject event = Tenures.event(type, eventId, id);
    assertThat(relay.relay(event)).isEqualTo(new Outcome.Sent(relay.topic, 0, 0));
    AvroTopic.Decoded sent = relay.theRecord();
    assertThat(sent.at("Id")).isEqualTo(eventId.toString());
    assertThat(sent.at("EventType")).isEqualTo(type);
    assertThat(sent.at("User", "Name")).isEqualTo("Test User");
    assertThat(sent.at("Tenure", "Id")).isEqualTo(id.toString());
    assertThat(sent.at("Tenure", "StartOfTenureDate")).isEqualTo(86_400);
    assertThat(((GenericRecord) sent.at("Tenure")).get("HouseholdMembers").toString())
        .contains("\"Type\": \"Organisation\"");
    assertThat(sent.record().key()).isEqualTo(id.toString());
    assertThat(sent.record().headers().lastHeader("event-id").value())
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(eventId.toString());
    assertThat(API.correlationId(id)).isEqualTo(event.getString("correlationId"));
  }

  @Test
  void withoutAKeyAsTheReplacedServiceDid() {
    again(Map.of("listener.record.key", "none"));
    relay.relay(Tenures.updated(id));
    assertThat(relay.theRecord().record().key()).isNull();
  }

  @Test
  void anUnknownTypeIsIgnored() {
    int before = API.requests();
    assertThat(relay.relay(new JsonObject().put("eventType", "PersonCreatedEvent")))
        .isEqualTo(new Outcome.Ignored("PersonCreatedEvent"));
    assertThat(relay.relay(new JsonObject().put("eventType", "a\nb\u001b")))
        .isEqualTo(new Outcome.Ignored("a?b?"));
    assertThat(API.requests()).isEqualTo(before);
  }

  @Test
  void anotherEntityIsOneMoreEntryOfConfiguration() {
    String topic = "persons-" + UUID.randomUUID();
    again(
        Map.of(
            "listener.topic.name", topic,
            "listener.events",
                Map.of("PersonUpdatedEvent", "person", "TenureUpdatedEvent", "tenure"),
            "listener.entities",
                Map.of("person.path", "/persons/{id}/all", "person.topic", topic)));
    REGISTRY.register(
        topic + "-value",
        """
        {"type":"record","name":"P","fields":[{"name":"Id","type":"string"},{"name":"Person",
         "type":{"type":"record","name":"Q","fields":[{"name":"Name","type":"string"}]}}]}""");
    API.plan(id, new Planned(401, Map.of(), ""));
    API.planPath("/api/v1/persons/" + id + "/all", new Planned(200, Map.of(), "{\"name\":\"x\"}"));
    assertThat(relay.relay(Tenures.event("PersonUpdatedEvent", UUID.randomUUID(), id)))
        .isEqualTo(new Outcome.Sent(topic, 0, 0));
  }

  @Test
  void anEntityThatIsNotFoundFailsWithItsNameAndId() {
    UUID nobody = UUID.randomUUID();
    int before = API.requests();
    ChangeFailedException e = failure(Tenures.updated(nobody));
    assertThat(e).isInstanceOf(EntityNotFoundException.class);
    assertThat(e.getMessage()).contains("tenure").contains(nobody.toString());
    assertThat(API.requests()).isEqualTo(before + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503})
  void theApisTroubleIsTriedAgain(int status) {
    API.plan(id, Planned.status(status), Planned.status(status));
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
  }

  @Test
  void retryAfterIsWaitedFor() {
    API.plan(id, new Planned(503, Map.of("Retry-After", "1"), ""));
    long begun = System.nanoTime();
    relay.relay(Tenures.updated(id));
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isBetween(Duration.ofMillis(990), Duration.ofSeconds(10));
  }

  @Test
  void theApisTroubleFailsTheMessageAfterABoundedNumberOfAttempts() {
    API.outage(Planned.status(503));
    int before = API.requests();
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.API_AWAY);
    assertThat(e.getMessage()).contains("answered 503").contains("asked 4 times");
    assertThat(API.requests()).isEqualTo(before + 4);
  }

  @Test
  void theApisTimeOutIsTriedAgainThenFails() {
    again(Map.of("listener.api.timeout", "100ms", "listener.api.attempts", 2));
    API.plan(id, Planned.nothing());
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
    API.outage(Planned.nothing());
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.API_AWAY);
    assertThat(e.getMessage()).contains("did not answer within 100 ms");
  }

  @Test
  void anApiThatRefusesTheTokenIsSaidAndTheTokenIsNot() {
    again(Map.of("listener.api.token.value", "very-secret"));
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.API_REFUSED);
    assertThat(e.getMessage()).contains("401").doesNotContain("very-secret");
  }

  @Test
  void aRedirectIsNotFollowed() {
    API.plan(id, new Planned(302, Map.of("Location", "http://127.0.0.1:1/"), ""));
    assertThat(failure(Tenures.updated(id)).reason()).isEqualTo(FailureReason.API_ANSWER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "null", "<html>", "\"text\"", "{"})
  void anAnswerThatIsNoObjectFails(String body) {
    API.plan(id, new Planned(200, Map.of(), body));
    assertThat(failure(Tenures.updated(id)).reason()).isEqualTo(FailureReason.API_ANSWER);
  }

  @Test
  void anAnswerBeyondTheLimitIsCutOff() {
    again(Map.of("listener.api.response.max.size", "4KiB"));
    API.plan(id, new Planned(200, Map.of(), "{\"a\":\"" + "x".repeat(5_000) + "\"}"));
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.API_ANSWER);
    assertThat(e.getMessage()).contains("listener.api.response.max.size");
  }

  @Test
  void anApiThatIsDownIsLeftAloneAndTriedByOne() {
    again(
        Map.of(
            "listener.api.attempts", 1,
            "listener.api.breaker.failures", 3,
            "listener.api.breaker.reset", "300ms"));
    API.outage(Planned.status(500));
    for (int i = 0; i < 3; i++) {
      assertThat(failure(Tenures.updated(id)).reason()).isEqualTo(FailureReason.API_AWAY);
    }
    int before = API.requests();
    assertThat(failure(Tenures.updated(id)).reason()).isEqualTo(FailureReason.CIRCUIT_OPEN);
    assertThat(API.requests()).isEqualTo(before);
    API.outage(null);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() -> relay.relay(Tenures.updated(id)) instanceof Outcome.Sent);
  }

  @Test
  void aSchemaThatIsMissingFailsTheMessage() {
    relay.close();
    relay = relay(Map.of());
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.SCHEMA_MISSING);
    assertThat(e.getMessage()).contains(relay.topic + "-value");
  }

  @Test
  void aRegistryThatIsAwayFailsTheMessageAndComesBack() {
    REGISTRY.answerOnly(503);
    assertThat(failure(Tenures.updated(id)).reason()).isEqualTo(FailureReason.REGISTRY_AWAY);
    REGISTRY.recover();
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
  }

  @Test
  void aSchemaThatIsNoRecordIsRefused() {
    relay.close();
    relay = relay(Map.of());
    REGISTRY.register(relay.topic + "-value", "\"int\"");
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.SCHEMA_UNUSABLE);
    assertThat(e.getMessage()).contains("is of type int");
  }

  @Test
  void aSchemaThatEvolvedMeanwhileIsFetchedOnceWhenARecordDoesNotFit() {
    relay.relay(Tenures.updated(id));
    int before = REGISTRY.requests();
    relay.relay(Tenures.updated(id));
    assertThat(REGISTRY.requests()).as("the schema is cached").isEqualTo(before);
    JsonObject tenure = Tenures.tenure(id);
    tenure.getJsonArray("householdMembers").getJsonObject(0).put("type", "Robot");
    API.put(id, tenure);
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.RECORD_MISMATCH);
    assertThat(e.getMessage())
        .contains("Tenure.HouseholdMembers[0].Type")
        .contains("[Person, Organisation]")
        .contains("'Robot'");
    REGISTRY.register(
        relay.topic + "-value",
        Tenures.schema().replace("\"Organisation\"", "\"Organisation\",\"Robot\""));
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() -> relay.relay(Tenures.updated(id)) instanceof Outcome.Sent);
  }

  @Test
  void aRequiredFieldThatIsMissingFailsWithItsPath() {
    JsonObject tenure = Tenures.tenure(id);
    tenure.getJsonObject("charges").remove("rent");
    API.put(id, tenure);
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.RECORD_MISMATCH);
    assertThat(e.getMessage()).contains("Tenure.Charges.Rent").contains("lacks");
  }

  @Test
  void manyRecordsThatDoNotFitAskTheRegistryOnce() {
    relay.relay(Tenures.updated(id));
    UUID bad = UUID.randomUUID();
    API.put(bad, new JsonObject());
    int before = REGISTRY.requests();
    List<Future<Outcome>> all =
        IntStream.range(0, 50).mapToObj(i -> relay.begin(Tenures.updated(bad))).toList();
    Awaitility.await().until(() -> all.stream().allMatch(Future::isComplete));
    assertThat(all).allMatch(Future::failed);
    assertThat(REGISTRY.requests() - before).isLessThanOrEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"eventType\":5}",
        "{\"eventType\":\"TenureUpdatedEvent\"}",
        "{\"eventType\":\"TenureUpdatedEvent\",\"entityId\":5}",
        "{\"eventType\":\"TenureUpdatedEvent\",\"entityId\":\"1-1-1-1-1\"}",
        "{\"eventType\":\"TenureUpdatedEvent\",\"entityId\":\"../../admin\"}",
        "{\"eventType\":\"TenureUpdatedEvent\",\"entityId\":\"0f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a12?x\"}",
        "{\"eventType\":\"TenureUpdatedEvent\",\"entityId\":\"0f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a1%\"}",
      })
  void anEventWithoutAUsableEntityIdNeverReachesTheApi(String event) {
    int before = API.requests();
    assertThat(failure(new JsonObject(event)).reason()).isEqualTo(FailureReason.BAD_MESSAGE);
    assertThat(API.requests()).isEqualTo(before);
  }

  @Test
  void aCorrelationIdThatIsNoHeaderIsNotForwarded() {
    relay.relay(Tenures.updated(id).put("correlationId", id + "\r\nAuthorization: x"));
    assertThat(API.correlationId(id)).isNull();
  }

  @Test
  void anEventOfAMebibyteIsRelayed() {
    JsonObject event = Tenures.updated(id);
    event.getJsonObject("eventData").getJsonObject("newData").put("notes", "x".repeat(1 << 20));
    assertThat(relay.relay(event)).isInstanceOf(Outcome.Sent.class);
  }

  @Test
  void aRecordThatIsTooLargeForKafkaFailsAlone() {
    API.put(id, Tenures.tenure(id).put("paymentReference", "x".repeat(2 << 20)));
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.RECORD_TOO_LARGE);
    API.put(id, Tenures.tenure(id));
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
  }

  @Test
  void unknownFieldsAreIgnoredAndDeepOnesAreRefused() {
    API.put(id, Tenures.tenure(id).put("somethingNew", new JsonArray().add(new JsonObject())));
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
    StringBuilder deep = new StringBuilder();
    deep.append("{\"a\":".repeat(2_000)).append("1").append("}".repeat(2_000));
    API.plan(id, new Planned(200, Map.of(), deep.toString()));
    assertThat(failure(Tenures.updated(id)).reason()).isEqualTo(FailureReason.API_ANSWER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-02",
        "1970-01-02T00:00:00",
        "1970-01-02T00:00:00Z",
        "1970-01-02T00:00:00.0000001Z",
        "1970-01-02T01:00:00+01:00",
        "1970-01-01T19:00:00-0500"
      })
  void datesInSeveralIsoFormsAreUnixSeconds(String date) {
    API.put(id, Tenures.tenure(id).put("startOfTenureDate", date));
    relay.relay(Tenures.updated(id));
    assertThat(relay.theRecord().at("Tenure", "StartOfTenureDate")).isEqualTo(86_400);
  }

  @Test
  void aTopicIsCreatedAsConfiguredAndOnce() throws Exception {
    again(
        Map.of(
            "listener.topic.partitions",
            3,
            "listener.topic.configs",
            Map.of("retention.ms", "12345678")));
    assertThat(relay.records.exists()).isFalse();
    relay.prepare();
    try (Admin admin = Admin.create(KAFKA.adminProperties())) {
      assertThat(
              admin
                  .describeTopics(List.of(relay.topic))
                  .allTopicNames()
                  .get()
                  .get(relay.topic)
                  .partitions())
          .hasSize(3);
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, relay.topic);
      assertThat(
              admin
                  .describeConfigs(List.of(resource))
                  .all()
                  .get()
                  .get(resource)
                  .get("retention.ms")
                  .value())
          .isEqualTo("12345678");
    }
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
  }

  @Test
  void instancesThatRaceToCreateATopicAllSucceed() {
    try (RelayUnderWork other =
        relay(Map.of("listener.topic.name", relay.topic, "listener.topic.partitions", 2))) {
      List<Future<Outcome>> both =
          List.of(relay.begin(Tenures.updated(id)), other.begin(Tenures.updated(id)));
      Awaitility.await().until(() -> both.stream().allMatch(Future::isComplete));
      assertThat(both).allMatch(Future::succeeded);
    }
  }

  @Test
  void aTopicThatExistsStaysAsItIs() throws Exception {
    try (Admin admin = Admin.create(KAFKA.adminProperties())) {
      admin.createTopics(List.of(new NewTopic(relay.topic, 5, (short) 1))).all().get();
    }
    assertThat(relay.relay(Tenures.updated(id))).isInstanceOf(Outcome.Sent.class);
    assertThat(relay.theRecord().record().topic()).isEqualTo(relay.topic);
  }

  @Test
  void tooFewBrokersForTheReplicationFactorIsSaid() {
    again(Map.of("listener.topic.replication", 2));
    ChangeFailedException e = failure(Tenures.updated(id));
    assertThat(e.reason()).isEqualTo(FailureReason.TOPIC);
    assertThat(e.getMessage())
        .contains(relay.topic)
        .contains("2 replicas")
        .contains("listener.topic.replication");
  }

  @Test
  void kafkaAwayFailsWithinTheBoundAndNeverHangs() {
    again(
        Map.of(
            "kafka.bootstrap.servers", "127.0.0.1:" + Ports.free(), "listener.send.timeout", "1s"));
    long begun = System.nanoTime();
    List<Future<Outcome>> all =
        IntStream.range(0, 20).mapToObj(i -> relay.begin(Tenures.updated(id))).toList();
    Awaitility.await().until(() -> all.stream().allMatch(Future::isComplete));
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    assertThat(
            all.stream()
                .map(f -> ((ChangeFailedException) f.cause()).reason())
                .collect(Collectors.toSet()))
        .containsExactly(FailureReason.KAFKA_AWAY);
  }

  /** The producer never waits for room, so that it is offered again what it has none for. */
  @Test
  void moreThanTheProducerHasRoomForIsSentInTheEnd() {
    again(
        Map.of(
            "listener.producer",
            Map.of("buffer.memory", "8192", "batch.size", "4096", "linger.ms", "100")));
    List<Future<Outcome>> all =
        IntStream.range(0, 100).mapToObj(i -> relay.begin(Tenures.updated(id))).toList();
    Awaitility.await().until(() -> all.stream().allMatch(Future::isComplete));
    assertThat(all).allMatch(Future::succeeded);
  }

  @Test
  void aMessageNeverTakesLongerThanItsTime() {
    API.outage(Planned.nothing());
    ChangeFailedException e =
        catchThrowableOfType(
            ChangeFailedException.class,
            () -> relay.relay(Tenures.updated(id), Duration.ofMillis(300)));
    assertThat(e.reason()).isIn(FailureReason.TIMEOUT, FailureReason.API_AWAY);
    assertThat(
            catchThrowableOfType(
                    ChangeFailedException.class,
                    () -> relay.relay(Tenures.updated(id), Duration.ZERO))
                .reason())
        .isEqualTo(FailureReason.TIMEOUT);
  }

  @Test
  void recordsOfManyMessagesAtOnceAllArrive() {
    List<UUID> eventIds = IntStream.range(0, 500).mapToObj(i -> UUID.randomUUID()).toList();
    List<Future<Outcome>> all =
        eventIds.stream()
            .map(eventId -> relay.begin(Tenures.event("TenureUpdatedEvent", eventId, id)))
            .toList();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> all.stream().allMatch(Future::isComplete));
    assertThat(all).allMatch(Future::succeeded);
    List<String> arrived = new ArrayList<>();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              relay.records.poll().forEach(one -> arrived.add((String) one.at("Id")));
              return arrived.size() >= 500;
            });
    assertThat(arrived)
        .containsExactlyInAnyOrderElementsOf(eventIds.stream().map(UUID::toString).toList());
  }
}
