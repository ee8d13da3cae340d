package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import io.bierelay.event.EventId;
import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.CloseNotice;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.LaneBus.Resume;
import io.bierelay.event.Notification;
import io.bierelay.event.NotificationBatch;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.guarantee.FaultProxy;
import io.bierelay.sandbox.RabbitProcess;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/**
 * Two notifiers, each with a connection of its own through a proxy, and one partition: what the
 * second one knows of what the first has published, whatever happened between.
 */
class LedgerIT {

  private static final String TYPE = "contention-updated";
  private static final String EXCHANGE = "bie-events-" + TYPE;
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static RabbitProcess broker;

  private final Map<String, Object> settings = new HashMap<>();
  private final List<Owner> owners = new ArrayList<>();
  private String topic = "";
  private String client = "";
  private Connection connection;
  private Channel channel;

  @BeforeAll
  static void startBroker() {
    broker = new RabbitProcess().start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void open(TestInfo test) throws Exception {
    topic = test.getTestMethod().orElseThrow().getName();
    client = "client." + topic;
    settings.put("notify.delivery", "exactly-once");
    settings.put("rabbitmq.heartbeat", "2s");
    settings.put("rabbitmq.retry.max", "300ms");
    connection = broker.address().connect();
    channel = connection.createChannel();
    channel.exchangeDeclare(EXCHANGE, "topic", true);
    channel.queueDeclare(client, true, false, false, Map.of("x-queue-type", "quorum"));
    channel.queueBind(client, EXCHANGE, TYPE + "." + topic + ".#");
  }

  @AfterEach
  void close() throws Exception {
    owners.forEach(Owner::end);
    if (!channel.isOpen()) {
      connection = broker.address().connect();
      channel = connection.createChannel();
    }
    channel.queueDelete(client);
    connection.close();
  }

  @Test
  void theNextOwnerGoesOnBehindWhatIsConfirmed() throws Exception {
    Owner first = new Owner();
    assertThat(first.open("id", -1, false)).isEqualTo(resume(-1, ""));
    first.publish(0, 250);
    awaitNoted(249);
    first.die();
    Owner second = new Owner();
    assertThat(second.open("id", 100, false)).isEqualTo(resume(250, ""));
    second.publish(250, 300);
    assertThat(offsets()).hasSize(300).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aHandOverInGoodOrderNeedsNoWaiting() {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 40);
    first.close(true);
    Owner second = new Owner();
    assertThat(second.open("id", 40, false)).isEqualTo(resume(40, ""));
    second.close(true);
    // Kafka knew it all; that it does not any more is somebody's will.
    assertThat(first.open("id", 10, false))
        .satisfies(r -> assertThat(r.offset()).isEqualTo(-1))
        .satisfies(r -> assertThat(r.doubt()).contains("moved back"));
  }

  @Test
  void aSecondOwnerWaitsForTheLockOfAZombieAndTheZombieCanPublishNoMore() throws Exception {
    Owner zombie = new Owner();
    zombie.open("id", -1, false);
    zombie.publish(0, 20);
    awaitNoted(19);
    zombie.proxy.stall(FaultProxy.Direction.TO_SERVER);
    zombie.proxy.stall(FaultProxy.Direction.TO_CLIENT);
    Future<JsonObject> late = zombie.send(20, 30);
    Owner second = new Owner();
    ReplyException locked = second.refusedToOpen("id", 0, false);
    assertThat(locked.failureCode()).isEqualTo(LaneBus.LOCKED);
    assertThat(locked).hasMessageContaining("bie-lock." + topic + ".0");
    assertThat(second.open("id", 0, false)).isEqualTo(resume(20, ""));
    zombie.proxy.flow();
    second.publish(20, 50);
    assertThat(late.toCompletionStage().toCompletableFuture())
        .failsWithin(LIMIT)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(ReplyException.class);
    assertThat(offsets()).hasSize(50).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aPurgedLedgerIsADoubtAndNothingIsLeftOut() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 20);
    awaitNoted(19);
    first.die();
    channel.queuePurge(ledger());
    Resume resume = new Owner().open("id", 5, false);
    assertThat(resume.offset()).isEqualTo(-1);
    assertThat(resume.doubt()).contains("purged");
  }

  @Test
  void aDeletedLedgerIsADoubtAndIsMadeAnewWhileItsLaneGoesOn() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 20);
    awaitNoted(19);
    channel.queueDelete(ledger());
    first.publish(20, 40);
    await().atMost(LIMIT).until(() -> exists(ledger()));
    awaitNoted(39);
    channel.queueDelete(ledger());
    first.die();
    Resume resume = new Owner().open("id", 5, false);
    assertThat(resume.offset()).isEqualTo(-1);
    assertThat(resume.doubt()).contains("deleted");
  }

  @Test
  void aForeignMessageOrBindingIsADoubt() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 20);
    awaitNoted(19);
    first.die();
    channel.basicPublish("", ledger(), null, new byte[] {1});
    Owner second = new Owner();
    assertThat(second.open("id", 5, false))
        .satisfies(r -> assertThat(r.offset()).isEqualTo(-1))
        .satisfies(r -> assertThat(r.doubt()).contains("has not written"));
    // The notifications themselves come into it: they are no notes.
    channel.queueBind(ledger(), EXCHANGE, "#");
    second.publish(5, 15);
    second.die();
    channel.basicPublish(EXCHANGE, TYPE + "." + topic + ".0", null, new byte[] {1});
    Owner third = new Owner();
    assertThat(third.open("id", 7, false).doubt()).contains("has not written");
    channel.queueUnbind(ledger(), EXCHANGE, "#");
  }

  @Test
  void aForeignConsumerThatHasTheNoteIsADoubtAndCostsNothingButRepetition() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 20);
    awaitNoted(19);
    first.die();
    CompletableFuture<byte[]> taken = new CompletableFuture<>();
    channel.basicConsume(ledger(), false, (tag, note) -> taken.complete(note.getBody()), tag -> {});
    assertThat(taken.get(40, TimeUnit.SECONDS)).isEmpty();
    Owner second = new Owner();
    assertThat(second.open("id", 5, false))
        .satisfies(r -> assertThat(r.offset()).isEqualTo(-1))
        .satisfies(r -> assertThat(r.doubt()).contains("consumes"));
    second.publish(5, 30);
    assertThat(offsets()).containsAll(LongStream.range(0, 30).boxed().toList()).hasSize(20 + 25);
  }

  @Test
  void withRoutedWhatReachedTheExchangeIsNotPublishedAgain() throws Exception {
    settings.put("notify.ledger.trust", "routed");
    // What quorum queues do with a closed channel's messages is why they are not meant.
    channel.queueDelete(client);
    channel.queueDeclare(client, true, false, false, Map.of("x-queue-type", "classic"));
    channel.queueBind(client, EXCHANGE, TYPE + "." + topic + ".#");
    Owner first = new Owner();
    first.open("id", -1, false);
    var unused = first.send(0, 5_000);
    await().atMost(LIMIT).pollDelay(Duration.ZERO).until(() -> channel.messageCount(client) > 100);
    first.die();
    Owner second = new Owner();
    Resume resume = second.open("id", -1, false);
    assertThat(resume.doubt()).isEmpty();
    assertThat(resume.offset()).isBetween(100L, 5_000L);
    second.publish(resume.offset(), 5_100);
    // Wherever the cut falls, a part has arrived with its note or not at all.
    assertThat(offsets()).isEqualTo(LongStream.range(0, 5_100).boxed().toList());
  }

  @Test
  void withRoutedAHandOverGivesUpTheTurnWithTheLock() throws Exception {
    settings.put("notify.ledger.trust", "routed");
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 40);
    Owner second = new Owner();
    assertThat(second.refusedToOpen("id", 40, false).failureCode()).isEqualTo(LaneBus.LOCKED);
    first.close(true);
    assertThat(second.open("id", 40, false)).isEqualTo(resume(40, ""));
    second.publish(40, 60);
    assertThat(offsets()).isEqualTo(LongStream.range(0, 60).boxed().toList());
    // With nothing bound an event is parked, and its partition goes on.
    channel.queueUnbind(client, EXCHANGE, TYPE + "." + topic + ".#");
    assertThat(second.publish(60, 85).getJsonArray("parked")).hasSize(25);
    channel.queueDelete("bie-events-parked");
  }

  @Test
  void aLedgerThatIsAnotherKindOfQueueLeavesTheLaneAtLeastOnce() throws Exception {
    channel.queueDeclare(ledger(), true, false, false, null);
    Owner owner = new Owner();
    Resume resume = owner.open("id", 5, false);
    assertThat(resume.offset()).isEqualTo(-1);
    assertThat(resume.doubt()).contains("can't be used").contains("x-max-length");
    owner.publish(5, 30);
    assertThat(offsets()).hasSize(25);
    assertThat(channel.messageCount(ledger())).isZero();
  }

  @Test
  void aDeletedLockIsTakenAgain() throws Exception {
    Owner owner = new Owner();
    owner.open("id", -1, false);
    broker.ctl(
        "eval",
        "rabbit_amqqueue:with(rabbit_misc:r(<<\"/\">>, queue, <<\"bie-lock.%s.0\">>),"
                .formatted(topic)
            + " fun(Q) -> rabbit_amqqueue:delete(Q, false, false, <<\"test\">>) end).");
    await().atMost(LIMIT).until(() -> !exists("bie-lock." + topic + ".0"));
    // Somebody else's exclusive queue is refused, its absence is not.
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(new Probe().of("bie-lock." + topic + ".0")).contains("RESOURCE_LOCKED"));
    owner.publish(0, 10);
    assertThat(offsets()).hasSize(10);
  }

  @Test
  void whatOthersPutIntoALockChangesNothingAndMoreTheyCanNotDo() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 20);
    String lock = "bie-lock." + topic + ".0";
    for (int i = 0; i < 100; i++) {
      channel.basicPublish("", lock, null, new byte[] {1});
    }
    assertRefused(other -> other.queuePurge(lock));
    assertRefused(other -> other.queueBind(lock, EXCHANGE, "#"));
    assertRefused(other -> other.basicConsume(lock, new DefaultConsumer(other)));
    assertRefused(other -> other.queueDelete(lock));
    first.publish(20, 40);
    awaitNoted(39);
    first.die();
    Owner second = new Owner();
    assertThat(second.open("id", 5, false)).isEqualTo(resume(40, ""));
    second.publish(40, 50);
    assertThat(offsets()).hasSize(50).isSorted().doesNotHaveDuplicates();
  }

  /** What somebody tries with a connection's exclusive queue. */
  @FunctionalInterface
  private interface Attempt {
    void on(Channel other) throws IOException;
  }

  private void assertRefused(Attempt attempt) throws Exception {
    Channel other = connection.createChannel();
    assertThatThrownBy(() -> attempt.on(other)).satisfies(e -> assertThat(isLocked(e)).isTrue());
    assertThat(other.isOpen()).isFalse();
  }

  private static boolean isLocked(Throwable e) {
    return e.getCause() instanceof ShutdownSignalException shutdown
        && shutdown.getReason() instanceof AMQP.Channel.Close close
        && close.getReplyCode() == AMQP.RESOURCE_LOCKED;
  }

  @Test
  void aTopicThatWasCreatedAgainBeginsAnew() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 100);
    awaitNoted(99);
    first.die();
    Owner second = new Owner();
    assertThat(second.open("another id", -1, false)).isEqualTo(resume(-1, ""));
    second.publish(0, 10);
    awaitNoted(9);
    second.die();
    assertThat(new Owner().open("another id", -1, false)).isEqualTo(resume(10, ""));
  }

  @Test
  void aResetMakesTheLedgerForget() throws Exception {
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 100);
    awaitNoted(99);
    assertThat(first.open("id", -1, true)).isEqualTo(resume(-1, ""));
    first.die();
    // Nothing was published since: what was published before stays forgotten.
    assertThat(new Owner().open("id", 40, false)).isEqualTo(resume(0, ""));
  }

  @Test
  void whatIsConfirmedIsKnownAfterTheBrokerWasKilledOrADoubtIsSaid() throws Exception {
    // A quorum queue that is killed in its first second may not come back at all.
    channel.queueDelete(client);
    channel.queueDeclare(client, true, false, false, Map.of("x-queue-type", "classic"));
    channel.queueBind(client, EXCHANGE, TYPE + "." + topic + ".#");
    Owner first = new Owner();
    first.open("id", -1, false);
    first.publish(0, 60);
    awaitNoted(59);
    broker.kill();
    broker.start();
    // Once it was found empty; why is not established. That has to be said, never relied upon.
    Resume after = first.open("id", 10, false);
    assertThat(after)
        .isIn(
            resume(60, ""),
            resume(
                -1,
                "the ledger is empty: it is new, or somebody has purged or deleted it, or consumes"
                    + " it"));
    connection = broker.address().connect();
    channel = connection.createChannel();
    assertThat(offsets()).hasSize(60).doesNotHaveDuplicates();
    connection.close();
    // What the others leave behind must not meet a broker that was killed.
    broker.close();
    broker = new RabbitProcess().start();
  }

  @Test
  void withoutAQueueAnEventIsStillParked() throws Exception {
    channel.queueUnbind(client, EXCHANGE, TYPE + "." + topic + ".#");
    Owner owner = new Owner();
    owner.open("id", -1, false);
    assertThat(owner.publish(0, 25).getJsonArray("parked")).hasSize(25);
    channel.queueDelete("bie-events-parked");
  }

  private Resume resume(long offset, String doubt) {
    return new Resume(offset, ledger(), "bie-lock." + topic + ".0", doubt);
  }

  private String ledger() {
    return "bie-ledger." + topic + ".0";
  }

  private boolean exists(String queue) {
    return !new Probe().of(queue).contains("NOT_FOUND");
  }

  private void awaitNoted(long offset) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              GetResponse last = channel.basicGet(ledger(), false);
              if (last == null) {
                return false;
              }
              channel.basicReject(last.getEnvelope().getDeliveryTag(), true);
              return Long.valueOf(offset).equals(last.getProps().getHeaders().get("confirmed"));
            });
  }

  private List<Long> offsets() throws Exception {
    List<Long> offsets = new ArrayList<>();
    for (GetResponse r = get(); r != null; r = get()) {
      AMQP.BasicProperties properties = r.getProps();
      offsets.add((Long) properties.getHeaders().get("offset"));
    }
    return offsets;
  }

  private GetResponse get() throws Exception {
    return channel.basicGet(client, true);
  }

  /** Asks on a channel of its own, which an answer may end. */
  private final class Probe {
    String of(String queue) {
      try (Channel own = connection.createChannel()) {
        own.queueDeclarePassive(queue);
        return "";
      } catch (Exception e) {
        return String.valueOf(e.getCause());
      }
    }
  }

  /** A process with a notifier, and the lane that it serves. */
  private final class Owner {
    private final Vertx vertx = Vertx.vertx();
    private final FaultProxy proxy = new FaultProxy(vertx, broker.address().port());
    private String address = "";
    private long session;

    Owner() {
      owners.add(this);
      Map<String, Object> own = new HashMap<>(settings);
      own.putAll(broker.address().atPort(proxy.port()).settings());
      LaneBus.register(vertx.eventBus());
      vertx
          .deployVerticle(
              new RabbitNotifierVerticle(), new DeploymentOptions().setConfig(new JsonObject(own)))
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    }

    /** Asks until it is served. */
    Resume open(String topicId, long committed, boolean reset) {
      try {
        await()
            .atMost(LIMIT)
            .pollInterval(Duration.ofMillis(50))
            .ignoreException(CompletionException.class)
            .until(() -> tryOpen(topicId, committed, reset) != null);
      } catch (ConditionTimeoutException e) {
        throw new AssertionError("not served in time", e);
      }
      return last;
    }

    private Resume last = Resume.NOTHING;
    private long sequence;

    private Resume tryOpen(String topicId, long committed, boolean reset) {
      JsonObject request = new OpenRequest(topic, 0, 1, TYPE, topicId, committed, reset).toJson();
      OpenReply reply =
          OpenReply.fromJson(
              vertx
                  .eventBus()
                  .<JsonObject>request(LaneBus.OPEN, request)
                  .toCompletionStage()
                  .toCompletableFuture()
                  .join()
                  .body());
      address = reply.address();
      session = reply.session();
      sequence = 0;
      last = reply.resume();
      return last;
    }

    ReplyException refusedToOpen(String topicId, long committed, boolean reset) {
      List<ReplyException> refused = new ArrayList<>();
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                try {
                  tryOpen(topicId, committed, reset);
                  throw new AssertionError("it was served");
                } catch (CompletionException e) {
                  refused.add((ReplyException) e.getCause());
                  return refused.get(refused.size() - 1).failureCode() == LaneBus.LOCKED;
                }
              });
      return refused.get(refused.size() - 1);
    }

    JsonObject publish(long from, long to) {
      try {
        return send(from, to).toCompletionStage().toCompletableFuture().get(40, TimeUnit.SECONDS);
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    Future<JsonObject> send(long from, long to) {
      List<Outbound> items = new ArrayList<>();
      for (long offset = from; offset < to; offset++) {
        items.add(
            new Notification(
                EventId.of("id", topic, 0, offset),
                new Origin(topic, 0, offset),
                TYPE,
                1,
                Instant.now(),
                Instant.now(),
                null,
                "{}".getBytes(StandardCharsets.UTF_8)));
      }
      return vertx
          .eventBus()
          .<JsonObject>request(
              address,
              new NotificationBatch(topic, 0, session, sequence++, items),
              LaneBus.batchOptions(60_000))
          .map(reply -> reply.body());
    }

    void close(boolean committed) {
      vertx
          .eventBus()
          .publish(LaneBus.CLOSE, new CloseNotice(topic, 0, session, committed).toJson());
    }

    /** As a SIGKILL looks to the broker. */
    void die() {
      proxy.refuse();
      proxy.cut();
    }

    void end() {
      proxy.close();
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(20, TimeUnit.SECONDS)
          .join();
    }
  }
}
