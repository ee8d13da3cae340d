package io.bierelay.persist;

import static io.bierelay.persist.WorkflowUnderTest.headers;
import static io.bierelay.persist.WorkflowUnderTest.notification;
import static io.bierelay.persist.WorkflowUnderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import io.bierelay.event.DeadLetterBus;
import io.bierelay.sandbox.RealServices;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Dead letters are looked at, replayed and discarded, and none is lost over it. */
class DeadLettersIT {

  private static final String TYPE = "contention-classified";
  private static final String QUEUE = "bie-events-contention-classified.workflow";
  private static final String DEAD = "bie-events-dead-letter";

  private WorkflowUnderTest workflow;

  @BeforeEach
  void open() throws Exception {
    workflow = new WorkflowUnderTest(RealServices.freshVirtualHost(), RealServices.freshDatabase());
    workflow.deploy(Map.of("persist.dead.letters.alert", 3), 1);
    workflow.awaitState(State.READY);
  }

  @AfterEach
  void close() throws Exception {
    workflow.close();
  }

  private JsonObject ask(String address, JsonObject request) throws Exception {
    return workflow
        .vertx()
        .eventBus()
        .<JsonObject>request(
            address, request, new DeliveryOptions().setSendTimeout(DeadLetterBus.TIMEOUT_MS))
        .toCompletionStage()
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS)
        .body();
  }

  private static JsonObject filter(String key, Object value) {
    return new JsonObject().put("filter", new JsonObject().put(key, value));
  }

  private void poison(int from, int to, String body) throws Exception {
    for (int i = from; i < to; i++) {
      workflow.publish(TYPE, numbered(i).toString(), headers(TYPE, i), body);
    }
    workflow.confirmed();
  }

  private void awaitDead(int count) {
    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .until(() -> workflow.total("bie.persist.dead.lettered") >= count);
  }

  @Test
  void theyAreListedCountedReplayedAndDiscarded() throws Exception {
    poison(0, 4, "PERSONAL is no JSON");
    // Poison only as long as the column forbids it, so that a replay can succeed.
    workflow.execute("ALTER TABLE bie_event ADD CONSTRAINT none CHECK (contention_id <> 7)");
    poison(4, 10, notification(TYPE, "{\"ContentionId\":7,\"Details\":\"PERSONAL\"}"));
    awaitDead(10);

    JsonObject counts = ask(DeadLetterBus.COUNT, new JsonObject());
    assertThat(counts.getInteger("total")).isEqualTo(10);
    assertThat(counts.getBoolean("complete")).isTrue();
    assertThat(counts.getJsonObject("byReason").getMap())
        .containsEntry("not-json", 4)
        .containsEntry("refused-by-database", 6);

    JsonObject page =
        ask(DeadLetterBus.LIST, filter("reason", "refused-by-database").put("offset", 4));
    assertThat(page.getInteger("matching")).isEqualTo(6);
    assertThat(page.getJsonArray("letters")).hasSize(2);
    assertThat(page.getJsonArray("letters").getJsonObject(0).getMap())
        .containsEntry("stage", "persist")
        .containsEntry("queue", QUEUE)
        .containsEntry("eventType", TYPE)
        .containsEntry("notifiedAt", "2023-06-12T19:29:00.987Z");
    assertThat(page.encode()).contains("23514").doesNotContain("PERSONAL");

    await()
        .atMost(WorkflowUnderTest.PATIENCE)
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              assertThat(workflow.registry.get("bie.persist.dead.letters").gauge().value())
                  .isEqualTo(10);
              assertThat(workflow.registry.get("bie.persist.dead.letters.alert").gauge().value())
                  .isEqualTo(1);
            });

    JsonObject one =
        ask(DeadLetterBus.REPLAY, filter("ids", new JsonArray().add(numbered(4).toString())));
    assertThat(one.getInteger("done")).isEqualTo(1);
    awaitDead(11);
    assertThat(ask(DeadLetterBus.COUNT, new JsonObject()).getInteger("total"))
        .as("still poison, so it comes back")
        .isEqualTo(10);
    JsonObject again =
        ask(DeadLetterBus.LIST, filter("ids", new JsonArray().add(numbered(4).toString())));
    assertThat(again.getJsonArray("letters").getJsonObject(0).getInteger("replays")).isEqualTo(1);

    workflow.execute("ALTER TABLE bie_event DROP CONSTRAINT none");
    JsonObject request =
        filter("reason", "refused-by-database").put("by", "someone 123-45-6789").put("limit", 5);
    JsonObject some = ask(DeadLetterBus.REPLAY, request);
    assertThat(some.getInteger("done")).isEqualTo(5);
    assertThat(some.getBoolean("complete")).isFalse();
    assertThat(ask(DeadLetterBus.REPLAY, request).getInteger("done")).isEqualTo(1);
    assertThat(ask(DeadLetterBus.REPLAY, request).getInteger("done")).isZero();
    workflow.awaitCount("bie_event", 6);
    assertThat(workflow.query("SELECT DISTINCT notified_at::text FROM bie_event"))
        .containsExactly(List.of("2023-06-12 19:29:00.987"));

    JsonObject rest = ask(DeadLetterBus.DISCARD, new JsonObject().put("why", "invented"));
    assertThat(rest.getInteger("done")).isEqualTo(4);
    assertThat(ask(DeadLetterBus.COUNT, new JsonObject()).getInteger("total")).isZero();
    assertThat(
            workflow.query(
                "SELECT action, count(*), max(by_whom), max(why) FROM dead_letter_action"
                    + " GROUP BY action ORDER BY action"))
        .containsExactly(
            List.of("discard", "4", "", "invented"), List.of("replay", "7", "someone ***", ""));
    assertThat(workflow.count("bie_event")).isEqualTo(6);
    assertThat(workflow.logged()).noneMatch(line -> line.contains("PERSONAL"));
  }

  @Test
  void lookingAgainAndAgainWearsNoneOut() throws Exception {
    poison(0, 20, "no JSON");
    awaitDead(20);
    for (int look = 0; look < 25; look++) {
      assertThat(ask(DeadLetterBus.COUNT, new JsonObject()).getInteger("total"))
          .as("look %d", look)
          .isEqualTo(20);
    }
    Channel channel = workflow.connection().createChannel();
    for (int i = 0; i < 20; i++) {
      AMQP.BasicProperties properties = channel.basicGet(DEAD, false).getProps();
      assertThat(properties.getHeaders()).containsKeys("reason", "detail", "offset");
      Object deliveries = properties.getHeaders().getOrDefault("x-delivery-count", 0);
      assertThat(((Number) deliveries).intValue()).isLessThanOrEqualTo(6);
    }
  }

  @Test
  void whatTheBrokerGaveUpOrCannotGoBackIsTold() throws Exception {
    Channel channel = workflow.connection().createChannel();
    AMQP.BasicProperties decode =
        new AMQP.BasicProperties.Builder()
            .messageId("PERSONAL")
            .headers(
                Map.of(
                    "stage",
                    "decode",
                    "reason",
                    "truncated",
                    "topic",
                    "PERSONAL\n",
                    "key",
                    "PERSONAL"))
            .build();
    channel.basicPublish(DEAD, "x", decode, new byte[] {1});
    Map<String, Object> gone = Map.of("stage", "persist", "reason", "x", "origin-queue", "no-such");
    channel.basicPublish(
        DEAD,
        "x",
        new AMQP.BasicProperties.Builder().messageId("b").headers(gone).build(),
        new byte[1]);
    channel.queueDeclare("short", true, false, false, Map.of("x-dead-letter-exchange", DEAD));
    channel.basicPublish("", "short", new AMQP.BasicProperties(), new byte[2]);
    await().until(() -> channel.messageCount("short") == 1);
    channel.basicReject(channel.basicGet("short", false).getEnvelope().getDeliveryTag(), false);
    await().until(() -> channel.messageCount(DEAD) == 3);

    String list = ask(DeadLetterBus.LIST, new JsonObject()).encode();
    assertThat(list).contains("truncated", "broker-rejected", "\"queue\":\"short\"");
    assertThat(list).doesNotContain("PERSONAL");
    JsonObject answer = ask(DeadLetterBus.REPLAY, new JsonObject());
    assertThat(answer.getInteger("done")).as("back to 'short'").isEqualTo(1);
    assertThat(answer.getJsonObject("refused").getMap())
        .containsEntry("stage-decode", 1)
        .containsEntry("unroutable", 1);
    await().until(() -> channel.messageCount("short") == 1 && channel.messageCount(DEAD) == 2);
  }

  /** What svc-bie-kafka could not publish, a body above RabbitMQ's limit of then for example. */
  @Test
  void whatCouldNotBePublishedGoesToItsExchangeUnderItsOwnId() throws Exception {
    Channel channel = workflow.connection().createChannel();
    Map<String, Object> origin = new HashMap<>(headers(TYPE, 7));
    origin.put("stage", "notify");
    origin.put("reason", "oversized");
    channel.queueDeclare("client", true, false, false, null);
    channel.queueBind("client", "bie-events-" + TYPE, TYPE + ".#");
    channel.basicPublish(
        DEAD,
        "x",
        new AMQP.BasicProperties.Builder()
            .messageId(numbered(7).toString())
            .deliveryMode(2)
            .headers(origin)
            .build(),
        notification(TYPE, "{\"ClaimId\":7}").getBytes(StandardCharsets.UTF_8));
    await().until(() -> channel.messageCount(DEAD) == 1);

    JsonObject answer = ask(DeadLetterBus.REPLAY, filter("stage", "notify"));
    assertThat(answer.getInteger("done")).isEqualTo(1);
    workflow.awaitCount("bie_event", 1);
    assertThat(workflow.query("SELECT uuid::text, benefit_claim_id FROM bie_event"))
        .containsExactly(List.of(numbered(7).toString(), "7"));
    await().until(() -> channel.messageCount("client") == 1);
    assertThat(channel.basicGet("client", true).getProps().getMessageId())
        .as("every queue of the exchange gets it, with the id that it would have had")
        .isEqualTo(numbered(7).toString());
    assertThat(channel.messageCount(DEAD)).isZero();
  }

  @Test
  void oneAtATimeAndRequestsAreChecked() throws Exception {
    Channel other = workflow.connection().createChannel();
    other.queueDeclare(DEAD + ".lock", false, true, true, null);
    refused(DeadLetterBus.COUNT, new JsonObject(), DeadLetterBus.BUSY, "ask again");
    other.queueDelete(DEAD + ".lock");
    refused(DeadLetterBus.DISCARD, new JsonObject(), DeadLetterBus.BAD_REQUEST, "why");
    refused(DeadLetterBus.LIST, filter("body", "x"), DeadLetterBus.BAD_REQUEST, "'body'");
    refused(
        DeadLetterBus.LIST, new JsonObject().put("limit", 0), DeadLetterBus.BAD_REQUEST, "limit");
    refused(
        DeadLetterBus.LIST, new JsonObject().put("limit", "x"), DeadLetterBus.BAD_REQUEST, "type");
  }

  private void refused(String address, JsonObject request, int code, String words) {
    assertThatThrownBy(() -> ask(address, request))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(code))
        .hasMessageContaining(words);
  }
}
