package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import io.bierelay.guarantee.FaultProxy;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a session, its publisher and the link that keeps one open do on a real RabbitMQ. */
class RabbitSessionIT {

  private static final String EXCHANGE = "test-exchange";
  private static final String QUEUE = "test-queue";

  private static RabbitProcess broker;
  private int window = 1_000;
  private Vertx vertx;
  private RabbitLink link;
  private final List<RabbitSession> sessions = new CopyOnWriteArrayList<>();
  private final List<ConfirmingPublisher> publishers = new CopyOnWriteArrayList<>();
  private final List<String> downs = new CopyOnWriteArrayList<>();
  private final List<String> fatals = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void startBroker() {
    broker = new RabbitProcess().start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void close() throws Exception {
    if (link != null) {
      onContext(() -> link.stop());
    }
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    try (var connection = broker.address().connect();
        var channel = connection.createChannel()) {
      channel.exchangeDelete(EXCHANGE);
      channel.queueDelete(QUEUE);
    }
  }

  @Test
  void aBatchCompletesWhenAllOfItIsConfirmed() throws Exception {
    start(this::declareBoth);
    publish(messages(1_000)).get(20, TimeUnit.SECONDS);
    try (var connection = broker.address().connect();
        var channel = connection.createChannel()) {
      await().until(() -> channel.messageCount(QUEUE) == 1_000);
    }
    assertThat(publishers.get(0).unconfirmed()).isZero();
    assertThat(publishers.get(0).oldestPendingMs()).isZero();
  }

  @Test
  void whatNoQueueTakesFailsTheBatchWithItsIdsAndTheSessionLives() throws Exception {
    start(
        session ->
            session.withChannel(
                channel -> channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.TOPIC, true)));
    List<OutboundMessage> messages = messages(3);
    assertThat(publish(messages))
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            UnroutableException.class,
            e ->
                assertThat(e.messageIds())
                    .containsExactlyInAnyOrderElementsOf(
                        messages.stream().map(m -> m.properties().getMessageId()).toList()));
    assertThat(sessions.get(0).isOpen()).isTrue();
  }

  @Test
  void aRefusedMessageFailsItsBatchAndTheSessionLives() throws Exception {
    start(
        session ->
            session.withChannel(
                channel -> {
                  channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.TOPIC, true);
                  channel.queueDeclare(
                      QUEUE,
                      true,
                      false,
                      false,
                      Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
                  return channel.queueBind(QUEUE, EXCHANGE, "full.#");
                }));
    assertThat(publish(messages("full.", 50)))
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .withMessageContaining("basic.nack")
        .havingCause()
        .isInstanceOf(RefusedException.class);
    // A batch for whom there is no such queue is not drawn into it.
    assertThat(publisher().publish(messages("other.", 50), returned -> null))
        .satisfies(
            batch ->
                assertThat(batch.toCompletionStage().toCompletableFuture())
                    .succeedsWithin(Duration.ofSeconds(20)));
    assertThat(sessions).hasSize(1);
    assertThat(publisher().unconfirmed()).isZero();
  }

  @Test
  void whatNoQueueTakesGoesTheDetourBeforeItsBatchCompletes() throws Exception {
    start(
        session ->
            session.withChannel(
                channel -> {
                  channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.TOPIC, true);
                  channel.queueDeclare(QUEUE, true, false, false, null);
                  return channel.queueBind(QUEUE, EXCHANGE, "taken.#");
                }));
    List<OutboundMessage> messages = new ArrayList<>(messages("taken.", 500));
    messages.addAll(messages("untaken.", 500));
    Collections.shuffle(messages, new Random(4));
    BitSet returned =
        publisher()
            .publish(
                messages,
                lost -> new OutboundMessage(EXCHANGE, "taken.late", lost.properties(), lost.body()))
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(returned.cardinality()).isEqualTo(500);
    assertThat(returned.stream().mapToObj(i -> messages.get(i).routingKey()))
        .allMatch(key -> key.startsWith("untaken."));
    List<String> expected = new ArrayList<>();
    returned.stream().forEach(i -> expected.add(messages.get(i).properties().getMessageId()));
    try (var connection = broker.address().connect();
        var channel = connection.createChannel()) {
      // Confirmed means stored: they are there now, and in the order in which they came back.
      assertThat(channel.messageCount(QUEUE)).isEqualTo(1_000);
      List<String> detoured = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        var message = channel.basicGet(QUEUE, true);
        if (message.getEnvelope().getRoutingKey().equals("taken.late")) {
          detoured.add(message.getProps().getMessageId());
        }
      }
      assertThat(detoured).isEqualTo(expected);
    }
  }

  @Test
  void aDetourThatNoQueueTakesEndsTheSessionSoThatItIsDeclaredAgain() throws Exception {
    start(
        session ->
            session.withChannel(
                channel -> channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.TOPIC, true)));
    assertThat(
            publisher()
                .publish(
                    messages(3),
                    lost ->
                        new OutboundMessage(EXCHANGE, "nowhere", lost.properties(), lost.body()))
                .toCompletionStage()
                .toCompletableFuture())
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .withMessageContaining("no queue is bound to exchange '" + EXCHANGE + "'");
    await().until(() -> publishers.size() == 2);
  }

  @Test
  void neverMoreThanTheWindowIsUnconfirmed() throws Exception {
    window = 7;
    start(this::declareBoth);
    List<Integer> seen = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> all = publish(messages(2_000));
    while (!all.isDone()) {
      seen.add(publisher().unconfirmed());
    }
    all.get(20, TimeUnit.SECONDS);
    assertThat(seen).allMatch(count -> count <= 7).anyMatch(count -> count > 0);
  }

  /** Few bytes are written by the caller, many by the publisher's own thread. */
  @Test
  void theOrderIsThatOfTheCallsWhoeverWrites() throws Exception {
    window = 100;
    start(this::declareBoth);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> expected = new ArrayList<>();
    List<Future<BitSet>> published = new ArrayList<>();
    onContext(
        () -> {
          for (int batch = 0; batch < 300; batch++) {
            List<OutboundMessage> messages =
                random.nextInt(4) == 0
                    ? large(1 + random.nextInt(3), 1_000 * random.nextInt(400))
                    : messages(1 + random.nextInt(8));
            messages.forEach(one -> expected.add(one.properties().getMessageId()));
            published.add(publisher().publish(messages, returned -> null));
          }
          return Future.all(published);
        });
    try (var connection = broker.address().connect();
        var channel = connection.createChannel()) {
      List<String> stored = new ArrayList<>();
      for (int i = 0; i < expected.size(); i++) {
        stored.add(channel.basicGet(QUEUE, true).getProps().getMessageId());
      }
      assertThat(stored).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void theBrokersLimitOnMessagesIsLearntFromItsRefusal() throws Exception {
    // A channel reads it when it is opened.
    broker.ctl("eval", "application:set_env(rabbit, max_message_size, 1000).");
    try {
      start(this::declareBoth);
      OutboundMessage large =
          new OutboundMessage(EXCHANGE, "key", messages(1).get(0).properties(), new byte[1_001]);
      assertThat(publish(List.of(large))).failsWithin(Duration.ofSeconds(20));
      await()
          .untilAsserted(
              () ->
                  assertThat(downs)
                      .anyMatch(why -> RabbitFailure.messageSizeLimit(why).orElse(0) == 1_000));
    } finally {
      broker.ctl("eval", "application:set_env(rabbit, max_message_size, 134217728).");
    }
  }

  @Test
  void aDeletedExchangeEndsTheSessionAndTheNextOneDeclaresItAgain() throws Exception {
    start(this::declareBoth);
    try (var connection = broker.address().connect();
        var channel = connection.createChannel()) {
      channel.exchangeDelete(EXCHANGE);
    }
    assertThat(publish(messages(1)))
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .withMessageContaining("no exchange '" + EXCHANGE + "'");
    await().until(() -> publishers.size() == 2);
    publish(messages(1)).get(20, TimeUnit.SECONDS);
  }

  @Test
  void whenTheBrokerIsKilledAllThatIsPendingFailsAndTheLinkReturnsWithIt() throws Exception {
    start(this::declareBoth);
    List<CompletableFuture<Void>> pending = new ArrayList<>();
    // More than is written when the broker dies: what still waits to be written must fail as well.
    for (int i = 0; i < 200; i++) {
      pending.add(publish(messages(200)));
    }
    broker.kill();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(pending).allMatch(CompletableFuture::isDone));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(downs).anyMatch(why -> why.contains("connection refused")));
    broker.start();
    await().atMost(Duration.ofSeconds(60)).until(() -> publishers.size() == 2);
    publish(messages(10)).get(20, TimeUnit.SECONDS);
  }

  @Test
  void aSessionThatEndsWhileItsThreadsAreBusyLeavesTheContextFitForTheNext() throws Exception {
    start(this::declareBoth);
    RabbitSession first = sessions.get(0);
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Void> queued = new CompletableFuture<>();
    onContext(
        () ->
            first
                .ownChannel()
                .onSuccess(
                    own -> {
                      own.run(
                          channel -> {
                            busy.countDown();
                            return awaitUninterruptibly(release);
                          });
                      first.withChannel(channel -> true).onComplete(done -> queued.complete(null));
                    }));
    assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
    // As the connection does, on a thread of its own.
    CompletableFuture.runAsync(() -> first.end("the test ends it")).get(20, TimeUnit.SECONDS);
    first.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    release.countDown();
    queued.get(20, TimeUnit.SECONDS);
    await().atMost(Duration.ofSeconds(20)).until(() -> publishers.size() == 2);
    publish(messages(10)).get(20, TimeUnit.SECONDS);
  }

  @Test
  void aSessionThatCanWriteNoMoreEndsAllTheSame() throws Exception {
    try (FaultProxy proxy = new FaultProxy(vertx, broker.address().port())) {
      link(broker.address().atPort(proxy.port()), this::declareBoth);
      await().atMost(Duration.ofSeconds(20)).until(() -> publishers.size() == 1);
      proxy.stall(FaultProxy.Direction.TO_SERVER);
      // More than all buffers on the way hold: the thread that writes is stuck in the socket.
      CompletableFuture<Void> stuck = publish(large(64, 1 << 20));
      await().until(() -> publishers.get(0).unconfirmed() == 64);
      RabbitSession first = sessions.get(0);
      first.end("the test ends it");
      assertThat(stuck).failsWithin(Duration.ofSeconds(20));
      first.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
      proxy.flow();
      await().atMost(Duration.ofSeconds(20)).until(() -> publishers.size() == 2);
      publish(messages(10)).get(20, TimeUnit.SECONDS);
    }
  }

  private static List<OutboundMessage> large(int count, int bytes) {
    return messages(count).stream()
        .map(m -> new OutboundMessage(EXCHANGE, m.routingKey(), m.properties(), new byte[bytes]))
        .toList();
  }

  private static boolean awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          latch.await();
          return true;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void aDeclarationThatClashesIsAConfigurationErrorThatShowsBothSides() throws Exception {
    try (var connection = broker.address().connect();
        var channel = connection.createChannel()) {
      channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.FANOUT, true);
    }
    link(this::declareBoth);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(fatals)
                    .anyMatch(
                        why ->
                            why.contains(EXCHANGE)
                                && why.contains("'topic'")
                                && why.contains("'fanout'")));
  }

  @Test
  void aWrongPasswordAtTheStartIsAConfigurationError() {
    RabbitAddress right = broker.address();
    RabbitAddress wrong =
        new RabbitAddress(right.host(), right.port(), right.username(), "no", right.virtualHost());
    link(wrong, this::declareBoth);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> assertThat(fatals).anyMatch(why -> why.contains("check rabbitmq.username")));
  }

  @Test
  void aConnectionThatIsCutDuringTheFirstLoginIsNoWrongPassword() throws Exception {
    RabbitAddress right = broker.address();
    AtomicInteger cut = new AtomicInteger();
    int port = listenAndCutWhileLoggingIn(right.port(), cut);
    link(
        new RabbitAddress(
            right.host(), port, right.username(), right.password(), right.virtualHost()),
        this::declareBoth);

    await().atMost(Duration.ofSeconds(20)).until(() -> publishers.size() == 1 || !fatals.isEmpty());

    assertThat(fatals).isEmpty();
    assertThat(cut).hasValue(2);
    assertThat(downs).hasSize(2).allMatch(why -> why.endsWith("the connection broke"));
  }

  /** A way to the broker whose first two connections end when the credentials are on it. */
  private int listenAndCutWhileLoggingIn(int target, AtomicInteger cut) throws Exception {
    NetServer server = vertx.createNetServer();
    server.connectHandler(
        in -> {
          in.pause();
          vertx
              .createNetClient()
              .connect(target, "127.0.0.1")
              .onSuccess(
                  out -> {
                    boolean[] greeted = {false};
                    in.handler(
                        bytes -> {
                          // The protocol's header goes first; the next that a client says is
                          // Connection.StartOk.
                          if (greeted[0] && cut.get() < 2) {
                            cut.incrementAndGet();
                            in.close();
                            out.close();
                          } else {
                            greeted[0] = true;
                            out.write(bytes);
                          }
                        });
                    out.handler(in::write);
                    in.closeHandler(v -> out.close());
                    out.closeHandler(v -> in.close());
                    in.resume();
                  });
        });
    return server
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS)
        .actualPort();
  }

  private Future<AMQP.Queue.BindOk> declareBoth(RabbitSession session) {
    return session.withChannel(
        channel -> {
          channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.TOPIC, true);
          channel.queueDeclare(QUEUE, true, false, false, null);
          return channel.queueBind(QUEUE, EXCHANGE, "#");
        });
  }

  private void start(Function<RabbitSession, Future<?>> declare) {
    link(declare::apply);
    await().atMost(Duration.ofSeconds(20)).until(() -> publishers.size() == 1);
  }

  private void link(Function<RabbitSession, Future<?>> declare) {
    link(broker.address(), declare);
  }

  private void link(RabbitAddress address, Function<RabbitSession, Future<?>> declare) {
    Settings settings = Settings.of(new JsonObject(address.settings()));
    link =
        new RabbitLink(
            vertx,
            settings,
            "test",
            session -> {
              sessions.add(session);
              return declare
                  .apply(session)
                  .compose(done -> session.publisher(window))
                  .onSuccess(publishers::add)
                  .mapEmpty();
            },
            downs::add,
            fatals::add);
    vertx.getOrCreateContext().runOnContext(v -> link.start());
  }

  private ConfirmingPublisher publisher() {
    return publishers.get(publishers.size() - 1);
  }

  private CompletableFuture<Void> publish(List<OutboundMessage> messages) {
    return publisher().publish(messages).toCompletionStage().toCompletableFuture();
  }

  private void onContext(Supplier<Future<?>> work) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    vertx.runOnContext(v -> work.get().onComplete(result -> done.complete(null)));
    done.get(10, TimeUnit.SECONDS);
  }

  private static List<OutboundMessage> messages(int count) {
    return messages("key.", count);
  }

  private static List<OutboundMessage> messages(String keys, int count) {
    List<OutboundMessage> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(
          new OutboundMessage(
              EXCHANGE,
              keys + i,
              new AMQP.BasicProperties.Builder()
                  .messageId(UUID.randomUUID().toString())
                  .deliveryMode(2)
                  .build(),
              ("message " + i).getBytes(StandardCharsets.UTF_8)));
    }
    return messages;
  }
}
