package io.bierelay.persist;

import static io.bierelay.persist.WorkflowUnderTest.headers;
import static io.bierelay.persist.WorkflowUnderTest.notification;
import static io.bierelay.persist.WorkflowUnderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.GetResponse;
import io.bierelay.sandbox.RealServices;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From a real queue to a real table: what is stored, and what is given up. */
class PersistIT {

  private static final List<String> TYPES =
      List.of(
          "contention-associated",
          "contention-updated",
          "contention-classified",
          "contention-completed",
          "contention-deleted");

  private WorkflowUnderTest workflow;

  @BeforeEach
  void open() throws Exception {
    workflow = new WorkflowUnderTest(RealServices.freshVirtualHost(), RealServices.freshDatabase());
  }

  @AfterEach
  void close() throws Exception {
    workflow.close();
  }

  /** A second start leaves Flyway alone by this, so it must be what Flyway writes. */
  @Test
  void flywaysOwnTableSaysThatNothingIsLeftToMigrate() throws Exception {
    workflow.deploy(Map.of(), 1);
    workflow.awaitState(State.READY);

    List<List<String>> applied =
        workflow.query(
            "SELECT script, checksum::text, type, success::text FROM bie_schema_history"
                + " WHERE type <> 'SCHEMA' ORDER BY installed_rank");

    assertThat(applied)
        .isEqualTo(
            AppliedMigrations.ofThisJar().scripts().stream()
                .map(one -> List.of(one.name(), "" + one.checksum(), "SQL", "true"))
                .toList());
  }

  @Test
  void eachTypeBecomesARowFieldByField() throws Exception {
    assertThat(TimeZone.getDefault().getRawOffset()).as("a time zone other than GMT").isNotZero();
    workflow.deploy(Map.of(), 1);
    workflow.awaitState(State.READY);
    String event =
        """
        {"EventTime":1686598140123,"ClaimId":9007199254740993,"ContentionId":%d,
         "ContentionClassificationName":"Asthma","DiagnosticTypeCode":"7101, 6847;7101",
         "ActorUserId":"PERSONAL","VeteranParticipantId":555000555,"Details":"PERSONAL",
         "Description":"PERSONAL","NewField":{"deep":["PERSONAL"]}}
        """;
    for (int i = 0; i < TYPES.size(); i++) {
      String type = TYPES.get(i);
      workflow.publish(
          type, numbered(i).toString(), headers(type, i), notification(type, event.formatted(i)));
    }
    workflow.awaitCount("bie_event", TYPES.size());

    List<List<String>> rows =
        workflow.query(
            """
            SELECT uuid, event_type, notified_at::text, event_at::text, benefit_claim_id,
                   contention_id, classification, event_details::text
            FROM bie_event ORDER BY contention_id
            """);
    for (int i = 0; i < TYPES.size(); i++) {
      List<String> row = rows.get(i);
      assertThat(row.subList(0, 7))
          .containsExactly(
              numbered(i).toString(),
              TYPES.get(i),
              "2023-06-12 19:29:00.987",
              "2023-06-12 19:29:00.123",
              "9007199254740993",
              Integer.toString(i),
              "Asthma");
      assertThat(new JsonObject(row.get(7)))
          .isEqualTo(
              new JsonObject()
                  .put("EventTime", 1686598140123L)
                  .put("ClaimId", 9007199254740993L)
                  .put("ContentionId", i)
                  .put("ContentionClassificationName", "Asthma")
                  .put("DiagnosticTypeCode", "7101, 6847;7101"));
    }
    assertThat(
            workflow.query(
                "SELECT count(*) FROM bie_event WHERE created_at BETWEEN"
                    + " (now() AT TIME ZONE 'UTC') - interval '1 minute'"
                    + " AND (now() AT TIME ZONE 'UTC')"))
        .containsExactly(List.of("5"));
    assertThat(workflow.query("SELECT code FROM diagnostic_code ORDER BY code"))
        .containsExactly(List.of("6847"), List.of("7101"));
    assertThat(workflow.count("bie_event_to_diagnostic_code")).isEqualTo(10);

    assertThat(
            workflow.logged().stream().filter(l -> l.contains("INFO io.bierelay.persist.stored")))
        .hasSize(5)
        .anyMatch(
            line ->
                line.endsWith(
                    numbered(1)
                        + " contention-updated TST_CONTENTION_BIE_CONTENTION_UPDATED_V02-0@1"));
    assertThat(workflow.logged()).noneMatch(line -> line.contains("PERSONAL"));
    assertThat(workflow.total("bie.persist.stored")).isEqualTo(5);
    assertThat(workflow.registry.get("bie.persist.latency").timer().count()).isEqualTo(5);
  }

  @Test
  void whatIsDeliveredAgainIsStoredOnce() throws Exception {
    String id = workflow.deploy(Map.of("persist.batch.size", 20), 1);
    workflow.awaitState(State.READY);
    for (int round = 0; round < 3; round++) {
      workflow.publishNumbered("contention-updated", 0, 200);
      workflow.publishNumbered("contention-updated", 0, 5);
    }
    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .until(() -> workflow.total("bie.persist.duplicates") == 415);
    assertThat(workflow.count("bie_event")).isEqualTo(200);
    assertThat(workflow.count("bie_event_to_diagnostic_code")).isEqualTo(200);
    assertThat(workflow.count("diagnostic_code")).isEqualTo(50);
    assertThat(workflow.total("bie.persist.stored")).isEqualTo(200);
    workflow.undeploy(id);
    assertThat(workflow.ready("bie-events-contention-updated.workflow"))
        .as("messages that were not acknowledged")
        .isZero();
  }

  @Test
  void poisonAmongGoodRowsIsGivenUpAndTheGoodOnesAreStored() throws Exception {
    String id = workflow.deploy(Map.of("persist.batch.linger", "200ms"), 1);
    workflow.awaitState(State.READY);
    String type = "contention-classified";
    workflow.publishNumbered(type, 0, 50);
    publishPoison(type, 1000, notification(type, "{\"ActorStation\":\"PERSONAL\\u0000\"}"));
    publishPoison(
        type,
        1001,
        notification(
            type,
            "{\"ContentionClassificationName\":\"PERSONAL%s\"}".formatted(incompressible(9_000))));
    publishPoison(type, 1002, "PERSONAL is no JSON");
    publishPoison(type, 1003, "{\"event\":{\"Details\":\"PERSONAL\"}}");
    workflow.publish(type, "PERSONAL", headers(type, 1004), notification(type, "{}"));
    Map<String, Object> otherTopic = new HashMap<>(headers(type, 1005));
    otherTopic.remove("event-type");
    workflow.publish(
        type, numbered(1005).toString(), otherTopic, "{\"topic\":\"OTHER_V02\",\"event\":{}}");
    workflow.publishNumbered(type, 50, 100);

    workflow.awaitCount("bie_event", 100);
    Map<Long, GetResponse> dead = awaitDeadLetters(6);
    assertThat(workflow.count("bie_event")).isEqualTo(100);
    assertDead(dead.get(1000L), "refused-by-database", "22P05", "event_details");
    assertDead(dead.get(1001L), "refused-by-database", "54000", "column classification");
    assertDead(dead.get(1002L), "not-json", "line 1");
    assertDead(dead.get(1003L), "not-a-notification", "topic");
    assertDead(dead.get(1004L), "no-message-id", "UUID");
    assertDead(dead.get(1005L), "unknown-event-type", "OTHER_V02");
    assertThat(new String(dead.get(1002L).getBody(), StandardCharsets.UTF_8))
        .isEqualTo("PERSONAL is no JSON");
    assertThat(dead.get(1000L).getProps().getMessageId()).isEqualTo(numbered(1000).toString());
    assertThat(workflow.total("bie.persist.dead.lettered")).isEqualTo(6);
    assertThat(workflow.logged()).noneMatch(line -> line.contains("PERSONAL"));
    workflow.undeploy(id);
    assertThat(workflow.ready("bie-events-contention-classified.workflow")).isZero();
  }

  private void publishPoison(String type, int number, String body) throws Exception {
    workflow.publish(type, numbered(number).toString(), headers(type, number), body);
  }

  /** PostgreSQL compresses what it can before it finds an index entry too large. */
  private static String incompressible(int length) {
    StringBuilder text = new StringBuilder();
    new java.util.Random(1).ints(length, 'a', 'z').forEach(c -> text.append((char) c));
    return text.toString();
  }

  private Map<Long, GetResponse> awaitDeadLetters(int count) {
    Map<Long, GetResponse> byOffset = new TreeMap<>();
    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .until(
            () -> {
              GetResponse letter = workflow.deadLetter();
              if (letter != null) {
                byOffset.put((Long) letter.getProps().getHeaders().get("offset"), letter);
              }
              return byOffset.size() == count;
            });
    return byOffset;
  }

  private static void assertDead(GetResponse letter, String reason, String... inDetail) {
    Map<String, Object> headers = letter.getProps().getHeaders();
    assertThat(headers.get("reason")).hasToString(reason);
    assertThat(headers.get("stage")).hasToString("persist");
    assertThat(headers.get("detail").toString()).contains(inDetail).doesNotContain("PERSONAL");
    assertThat(headers.get("origin-queue"))
        .hasToString("bie-events-contention-classified.workflow");
    assertThat(headers).containsKeys("topic", "partition", "failed-at");
  }

  @Test
  void severalInstancesMigrateAtOnceAndAddTheTypesThatAreConfigured() throws Exception {
    Map<String, Object> types = new TreeMap<>();
    TYPES.forEach(type -> types.put(type, WorkflowUnderTest.topic(type)));
    types.put("claim-created", "CLAIM_CREATED_V01");
    workflow.deploy(Map.of("event.types", new JsonObject(types)), 4);
    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .until(
            () ->
                workflow.statuses.stream()
                        .filter(status -> status.state() == State.READY)
                        .map(VerticleStatus::instance)
                        .distinct()
                        .count()
                    >= 4);
    assertThat(workflow.statuses).noneMatch(status -> status.state() == State.FAILED);
    workflow.publish(
        "claim-created",
        numbered(1).toString(),
        Map.of(),
        "{\"topic\":\"X_CLAIM_CREATED_V01\",\"event\":{}}");
    workflow.awaitCount("bie_event WHERE event_type = 'claim-created'", 1);
    assertThat(workflow.count("bie_schema_history WHERE success AND version = '1'")).isEqualTo(1);
  }

  @Test
  void anEventOnAnIdleSystemIsNotHeldUp() throws Exception {
    workflow.deploy(Map.of(), 1);
    VerticleStatus ready = workflow.awaitState(State.READY);
    assertThat(ready.subscriptions()).as("five queues and the database").hasSize(6);
    assertThat(ready.subscriptions().getJsonObject(0).getMap())
        .containsEntry("kind", "queue")
        .containsEntry("queue", "bie-events-contention-associated.workflow")
        .containsEntry("exchange", "bie-events-contention-associated")
        .containsEntry("eventType", "contention-associated")
        .containsEntry("state", "running")
        .containsEntry("unacked", 0);
    assertThat(ready.subscriptions().getJsonObject(5).getMap())
        .containsEntry("kind", "database")
        .containsEntry("state", "running")
        .containsKeys("poolSize", "inUse", "waiting", "batches", "rows", "lastBatchMs");
    workflow.publishNumbered("contention-updated", 0, 100);
    workflow.awaitCount("bie_event", 100);
    List<Long> millis = new ArrayList<>();
    for (int i = 100; i < 120; i++) {
      long before = System.nanoTime();
      workflow.publishNumbered("contention-updated", i, i + 1);
      int expected = i + 1;
      await()
          .pollInterval(Duration.ofMillis(2))
          .atMost(Duration.ofSeconds(2))
          .until(() -> workflow.total("bie.persist.stored") == expected);
      millis.add((System.nanoTime() - before) / 1_000_000);
    }
    millis.sort(null);
    System.out.println("idle, from publishing to seeing it stored, ms: " + millis);
    assertThat(millis.get(10)).as("median, with the linger of 5 ms, in ms").isLessThan(250);
  }
}
