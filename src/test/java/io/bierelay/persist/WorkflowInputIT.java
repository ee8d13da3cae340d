package io.bierelay.persist;

import static io.bierelay.persist.WorkflowUnderTest.headers;
import static io.bierelay.persist.WorkflowUnderTest.notification;
import static io.bierelay.persist.WorkflowUnderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.bierelay.event.DeadLetterBus;
import io.bierelay.sandbox.RealServices;
import io.bierelay.status.VerticleStatus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bad input and personal data on their whole way, and how queues are declared and shared. */
class WorkflowInputIT {

  private static final String TYPE = "contention-updated";
  private static final String MARK = "PLANTED";
  private static final String SSN = "987-65-4320";
  private static final String QUEUE = "bie-events-contention-updated.workflow";

  private WorkflowUnderTest workflow;

  @BeforeEach
  void open() throws Exception {
    workflow = new WorkflowUnderTest(RealServices.freshVirtualHost(), RealServices.freshDatabase());
  }

  @AfterEach
  void close() throws Exception {
    workflow.close();
  }

  private void publish(int number, byte[] body) throws Exception {
    try (Channel channel = workflow.connection().createChannel()) {
      channel.confirmSelect();
      channel.basicPublish(
          "bie-events-" + TYPE,
          "x",
          new AMQP.BasicProperties.Builder()
              .messageId(numbered(number).toString())
              .deliveryMode(2)
              .headers(headers(TYPE, number))
              .build(),
          body);
      channel.waitForConfirmsOrDie(30_000);
    }
  }

  private static byte[] event(String event) {
    return notification(TYPE, event).getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void badInputAmongGoodRowsIsGivenUpOrStoredAsItIs() throws Exception {
    workflow.deploy(Map.of("persist.batch.linger", "300ms"), 1);
    workflow.awaitState(State.READY);
    workflow.publishNumbered(TYPE, 0, 20);
    publish(100, event("{\"ClaimId\":1,\"Details\":\"" + "x".repeat(16 << 20) + "\"}"));
    publish(101, event("{\"New\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}"));
    publish(
        102, event("{\"ClaimId\":1,\"ClaimId\":2,\"ActorStation\":\"a\",\"ActorStation\":\"b\"}"));
    byte[] invalid = event("{\"ActorStation\":\"??\"}");
    invalid[invalid.length - 4] = (byte) 0xC3;
    publish(103, invalid);
    publish(104, event("{\"ClaimId\":92233720368547758080,\"ContentionId\":1e3}"));
    publish(105, event("{\"ActorStation\":\"half \\ud800 pair\"}"));
    publish(106, event("{\"ActorStation\":\"nul \\u0000\"}"));
    publish(107, event("{\"ClaimId\":1E999999999,\"EventTime\":1e400,\"DateAdded\":1E400}"));
    workflow.publishNumbered(TYPE, 20, 40);

    workflow.awaitCount("bie_event", 43);
    Map<Long, String> dead = new TreeMap<>();
    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .until(
            () -> {
              GetResponse letter = workflow.deadLetter();
              if (letter != null) {
                Map<String, Object> headers = letter.getProps().getHeaders();
                dead.put(
                    (Long) headers.get("offset"),
                    headers.get("reason") + " " + headers.get("detail"));
              }
              return dead.size() >= 5;
            });
    assertThat(dead.get(101L)).startsWith("not-json");
    assertThat(dead.get(103L)).startsWith("not-json");
    assertThat(dead.get(105L)).startsWith("refused-by-database").contains("22P02", "event_details");
    assertThat(dead.get(106L)).startsWith("refused-by-database").contains("22P05", "event_details");
    assertThat(dead.get(107L)).startsWith("refused-by-database").contains("22003");
    assertThat(workflow.count("bie_event")).isEqualTo(43);
    assertThat(
            workflow.query(
                "SELECT benefit_claim_id, event_details->>'ActorStation' FROM bie_event WHERE uuid = '"
                    + numbered(102)
                    + "'"))
        .containsExactly(List.of("2", "b"));
    assertThat(
            workflow.query(
                "SELECT benefit_claim_id, contention_id, event_details->>'ClaimId' FROM bie_event"
                    + " WHERE uuid = '"
                    + numbered(104)
                    + "'"))
        .containsExactly(java.util.Arrays.asList(null, null, "92233720368547758080"));
  }

  /** The mark is everywhere where a person could be told of; afterwards it must be nowhere. */
  @Test
  void plantedPersonalDataIsFoundNowhere() throws Exception {
    workflow.deploy(Map.of(), 1);
    workflow.awaitState(State.READY);
    List<String> events = new ArrayList<>();
    for (String value :
        List.of(
            "\"" + MARK + "\"",
            "{\"" + MARK + "\":{\"x\":[\"" + MARK + "\",{\"" + MARK + "\":987654320}]}}",
            "[\"" + MARK + "\",[{\"a\":\"" + MARK + "\"}]]",
            "987654320.5",
            "\"" + MARK + "\\u0000\"")) {
      events.add(
          """
          {"ActorUserId":%1$s,"VeteranParticipantId":%1$s,"Description":%1$s,"Details":%1$s,
           "NewField":%1$s,"%2$s %3$s":%1$s,"%2$s987654320":1}
          """
              .formatted(value, MARK, SSN));
    }
    // In fields that are kept: what has the form of personal data.
    events.add(
        """
        {"ActorStation":"at 987-65-4320","ActionName":"987654320","ContentionClassificationName":
         "call (987) 654-3200 or planted@mail.example","DiagnosticTypeCode":"987654320"}
        """);
    int number = 0;
    for (String event : events) {
      Map<String, Object> headers = new HashMap<>(headers(TYPE, number));
      headers.put("key", MARK);
      headers.put(MARK, MARK);
      workflow.publish(TYPE, numbered(number++).toString(), headers, notification(TYPE, event));
    }
    int good = number;
    for (String body :
        List.of(
            MARK,
            "{\"" + MARK,
            "{\"topic\":\"no name " + MARK + "\",\"event\":{\"a\":\"" + MARK + "\"}}",
            notification(TYPE, "{\"ActionName\":\"x\\u0000\",\"Details\":\"" + MARK + "\"}"),
            notification(TYPE, "\"" + MARK + "\""))) {
      Map<String, Object> headers = new HashMap<>(headers(TYPE, number));
      headers.put("key", MARK);
      headers.put("event-type", MARK);
      headers.put("reason", MARK);
      workflow.publish(TYPE, numbered(number++).toString(), headers, body);
    }
    workflow.publish(TYPE, MARK, Map.of("topic", "no name " + MARK), notification(TYPE, "{}"));
    workflow.confirmed();
    workflow.awaitCount("bie_event", good);
    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .until(() -> workflow.total("bie.persist.dead.lettered") == 6);

    StringBuilder seen = new StringBuilder();
    for (String table :
        List.of(
            "bie_event", "diagnostic_code", "bie_event_to_diagnostic_code", "dead_letter_action")) {
      seen.append(workflow.query("SELECT t::text FROM " + table + " t"));
    }
    seen.append(workflow.logged());
    workflow.registry.getMeters().forEach(meter -> seen.append(meter.getId()));
    workflow.statuses.forEach(status -> seen.append(status.toJson().encode()));
    for (String address : List.of(DeadLetterBus.LIST, DeadLetterBus.COUNT)) {
      seen.append(
          workflow
              .vertx()
              .eventBus()
              .<JsonObject>request(address, new JsonObject())
              .toCompletionStage()
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS)
              .body()
              .encode());
    }
    assertThat(seen.toString())
        .doesNotContain(MARK)
        .doesNotContain(SSN)
        .doesNotContain("987654320")
        .doesNotContain("654-3200")
        .doesNotContain("planted@");
    assertThat(
            workflow
                .registry
                .get("bie.persist.unknown.fields")
                .tag("field", "NewField")
                .counter()
                .count())
        .as("the name of a new field is told")
        .isEqualTo(5);
  }

  @Test
  void limitsBecomeArgumentsAndEachExchangeCanHaveItsOwnHandler() throws Exception {
    Map<String, Object> limits = new HashMap<>();
    limits.put("persist.queue.max.length", 100_000);
    limits.put("persist.queue.max.size", "1GiB");
    limits.put("persist.queue.delivery.limit", 50);
    limits.put("persist.handlers", "per-exchange");
    String id = workflow.deploy(limits, 2);
    workflow.awaitState(State.READY);
    Channel channel = workflow.connection().createChannel();
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("x-queue-type", "quorum");
    arguments.put("x-dead-letter-exchange", "bie-events-dead-letter");
    arguments.put("x-dead-letter-strategy", "at-least-once");
    arguments.put("x-max-length", 100_000);
    arguments.put("x-max-length-bytes", 1L << 30);
    arguments.put("x-overflow", "reject-publish");
    arguments.put("x-delivery-limit", 50);
    channel.queueDeclare(QUEUE, true, false, false, arguments);
    for (String type : List.of("contention-updated", "contention-deleted")) {
      workflow.publishNumbered(type, type.length() * 1_000, type.length() * 1_000 + 500);
    }
    workflow.awaitCount("bie_event", 500);
    assertThat(workflow.count("bie_event")).isEqualTo(500);
    workflow.undeploy(id);
    assertThat(workflow.ready(QUEUE)).isZero();

    workflow.deploy(Map.of(), 1);
    VerticleStatus clash = workflow.awaitState(State.FAILED);
    assertThat(clash.reason())
        .contains("queue 'bie-events-contention-", "exists", "persist.queue.")
        .containsPattern("with x-[a-z-]+ '?[0-9a-z-]+'?, and is declared with none");
  }

  @Test
  void anInstanceCanHaveSomeOfTheTypesAndTheOthersQueuesCollect() throws Exception {
    workflow.deploy(Map.of("persist.event.types", "contention-deleted"), 1);
    VerticleStatus ready = workflow.awaitState(State.READY);
    assertThat(ready.subscriptions()).as("its queue and its database").hasSize(2);
    workflow.publishNumbered("contention-deleted", 0, 10);
    workflow.publishNumbered(TYPE, 10, 20);
    workflow.awaitCount("bie_event", 10);
    assertThat(workflow.count("bie_event")).isEqualTo(10);
    assertThat(workflow.ready(QUEUE)).isEqualTo(10);
  }
}
