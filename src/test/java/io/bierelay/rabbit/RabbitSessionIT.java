package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
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
  void aRefusedMessageEndsTheSession() throws Exception {
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
                  return channel.queueBind(QUEUE, EXCHANGE, "#");
                }));
    assertThat(publish(messages(50)))
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .withMessageContaining("basic.nack");
    await().until(() -> sessions.size() >= 2);
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
  void aWrongPasswordIsNamed() {
    RabbitAddress right = broker.address();
    RabbitAddress wrong =
        new RabbitAddress(right.host(), right.port(), right.username(), "no", right.virtualHost());
    link(wrong, this::declareBoth);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> assertThat(downs).anyMatch(why -> why.contains("check rabbitmq.username")));
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
                  .compose(done -> session.publisher())
                  .onSuccess(publishers::add)
                  .mapEmpty();
            },
            downs::add,
            fatals::add);
    vertx.getOrCreateContext().runOnContext(v -> link.start());
  }

  private CompletableFuture<Void> publish(List<OutboundMessage> messages) {
    ConfirmingPublisher publisher = publishers.get(publishers.size() - 1);
    return publisher.publish(messages).toCompletionStage().toCompletableFuture();
  }

  private void onContext(Supplier<Future<?>> work) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    vertx.runOnContext(v -> work.get().onComplete(result -> done.complete(null)));
    done.get(10, TimeUnit.SECONDS);
  }

  private static List<OutboundMessage> messages(int count) {
    List<OutboundMessage> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(
          new OutboundMessage(
              EXCHANGE,
              "key." + i,
              new AMQP.BasicProperties.Builder()
                  .messageId(UUID.randomUUID().toString())
                  .deliveryMode(2)
                  .build(),
              ("message " + i).getBytes(StandardCharsets.UTF_8)));
    }
    return messages;
  }
}
