package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.Alive;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.NotificationBatch;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.event.Skipped;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A notifier that falls silent, or says goodbye, as the lanes that are open at it see it. */
class NotifiersTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SILENCE = Duration.ofSeconds(2);
  private static final String ADDRESS = "bie.lane.played";
  private static final List<Outbound> ITEMS =
      List.of(new Skipped(new UUID(1, 1), new Origin("t", 0, 1), "e", "none"));

  private final Queue<Message<NotificationBatch>> received = new ConcurrentLinkedQueue<>();
  private Vertx vertx;
  private Context loop;
  private Notifiers notifiers;
  private volatile boolean speaks = true;

  @BeforeEach
  void open() throws Exception {
    vertx = Vertx.vertx();
    loop = vertx.getOrCreateContext();
    LaneBus.register(vertx.eventBus());
    vertx
        .eventBus()
        .<JsonObject>consumer(
            LaneBus.OPEN, request -> request.reply(new OpenReply(ADDRESS, 7).toJson()));
    vertx.eventBus().<NotificationBatch>consumer(ADDRESS, received::add);
    vertx.setPeriodic(200, id -> say());
    notifiers = new Notifiers(vertx, SILENCE, true);
    onLoop(
        () -> {
          notifiers.open();
          return null;
        });
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private void say() {
    if (speaks) {
      vertx.eventBus().publish(LaneBus.ALIVE, new Alive(ADDRESS, false).toJson());
    }
  }

  /** As a verticle has one event loop, so has this test. */
  private <T> T onLoop(Callable<T> what) throws Exception {
    CompletableFuture<T> done = new CompletableFuture<>();
    loop.runOnContext(
        v -> {
          try {
            done.complete(what.call());
          } catch (Exception e) {
            done.completeExceptionally(e);
          }
        });
    return done.get(30, TimeUnit.SECONDS);
  }

  private NotifierSession session() throws Exception {
    OpenRequest request = new OpenRequest("t", 0, 1, "e", "id", -1, false);
    return onLoop(() -> notifiers.session(request))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private Future<BatchReply> send(NotifierSession session) throws Exception {
    return onLoop(() -> session.send(ITEMS, LaneBus.batchOptions(600_000)));
  }

  @Test
  void whatWaitsForASilentOneIsGivenUpAndItsLateAnswerHasNoEffect() throws Exception {
    NotifierSession session = session();
    Future<BatchReply> first = send(session);
    Future<BatchReply> second = send(session);
    await().atMost(LIMIT).until(() -> received.size() == 2);
    assertThat(received.stream().map(m -> m.body().sequence())).containsExactly(0L, 1L);
    received.poll().reply(BatchReply.allConfirmed().toJson());
    await().atMost(LIMIT).until(first::succeeded);

    speaks = false;
    await().atMost(LIMIT).until(second::failed);
    assertThat(second.cause()).hasMessageContaining("has said nothing for");
    assertThat(onLoop(notifiers::absence)).contains("no notifier on the event bus");
    assertThat(send(session).failed()).as("nothing more is sent there").isTrue();

    received.poll().reply(BatchReply.allConfirmed().toJson());
    speaks = true;
    await().atMost(LIMIT).until(() -> onLoop(notifiers::absence).isEmpty());
    assertThat(second.failed()).isTrue();
    assertThat(received).isEmpty();
  }

  /** The notifier lives, and says that it has only the second of two. */
  @Test
  void aBatchOfWhichALivingNotifierKnowsNothingWasLost() throws Exception {
    vertx
        .eventBus()
        .<JsonObject>consumer(
            ADDRESS + LaneBus.UNDER_WAY,
            asked -> {
              assertThat(asked.body().getLong("session")).isEqualTo(7);
              asked.reply(new JsonObject().put("sequences", new JsonArray().add(1)));
            });
    NotifierSession session = session();
    Future<BatchReply> first = send(session);
    Future<BatchReply> second = send(session);
    await().atMost(LIMIT).until(() -> first.failed() && second.failed());
    assertThat(first.cause()).hasMessageContaining("lost on their way");
  }

  @Test
  void oneThatLeavesGetsNothingMoreAndStillAnswers() throws Exception {
    NotifierSession session = session();
    Future<BatchReply> before = send(session);
    await().atMost(LIMIT).until(() -> received.size() == 1);
    speaks = false;
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              vertx.eventBus().publish(LaneBus.ALIVE, new Alive(ADDRESS, true).toJson());
              return !onLoop(notifiers::absence).isEmpty();
            });
    Future<BatchReply> after = send(session);
    await().atMost(LIMIT).until(after::failed);
    assertThat(after.cause()).hasMessageContaining("is ending");
    assertThat(received).hasSize(1);
    received.poll().reply(BatchReply.allConfirmed().toJson());
    await().atMost(LIMIT).until(before::succeeded);
  }
}
