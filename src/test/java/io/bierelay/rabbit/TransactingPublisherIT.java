package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.bierelay.guarantee.FaultProxy;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a broker has of messages and the notes behind them when the connection breaks in full flow,
 * and when the next connection may look.
 */
class TransactingPublisherIT {

  private static final String EXCHANGE = "test-transacted";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PARTITIONS = 16;
  private static final int ROUNDS = 8;

  /** So many that the broker's channels are in the middle of one whenever it is. */
  private static final int PART = 100;

  private static RabbitProcess broker;

  private final List<RabbitSession> sessions = new ArrayList<>();
  private Vertx vertx;
  private FaultProxy proxy;
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
  void open() throws Exception {
    vertx = Vertx.vertx();
    proxy = new FaultProxy(vertx, broker.address().port());
    connection = broker.address().connect();
    channel = connection.createChannel();
    channel.exchangeDeclare(EXCHANGE, "topic", true);
  }

  @AfterEach
  void close() throws Exception {
    sessions.forEach(session -> now(session.close()));
    channel.exchangeDelete(EXCHANGE);
    connection.close();
    proxy.close();
    now(vertx.close());
  }

  @Test
  void aCutInFullFlowLeavesNoMessageWithoutItsNoteAndNoNoteWithoutItsMessage() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      String topic = "cut-%s-%d".formatted(seed, round);
      RabbitSession first = session(proxy.port());
      List<Stream> streams = new ArrayList<>();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        streams.add(new Stream(first, topic, partition));
      }
      streams.forEach(Stream::flow);
      int enough = random.nextInt(PARTITIONS * PART, 5 * PARTITIONS * PART);
      await().atMost(LIMIT).pollInterval(Duration.ofMillis(2)).until(() -> sum(streams) > enough);
      proxy.cut();
      RabbitSession second = session(broker.address().port());
      for (Stream stream : streams) {
        LedgerQueue queue = stream.queue;
        // Only whoever has both may believe the ledger.
        retry(() -> queue.takeLock(second));
        retry(() -> second.transactingPublisher(queue.turn()));
        AMQP.BasicProperties last = now(queue.take(second)).last();
        long noted = last == null ? 0 : Long.parseLong(last.getMessageId());
        assertThat(stream.arrived())
            .as("round %d, %s, seed %d", round, queue.ledger(), seed)
            .isEqualTo(noted);
        channel.queueDelete(stream.client);
        channel.queueDelete(queue.ledger());
      }
      now(second.close());
    }
  }

  @Test
  void aChannelThatIsNotGoneYetKeepsItsTurnThoughItsConnectionAndLockAre() throws Exception {
    RabbitSession first = session(proxy.port());
    Stream stream = new Stream(first, "turn", 0);
    now(stream.queue.takeLock(first));
    // For as long as a busy broker lets it wait.
    String suspended =
        broker.ctl(
            "eval",
            "[Pid] = [P || P <- rabbit_channel:list(), [{transactional, true}] =:="
                + " rabbit_channel:info(P, [transactional])],"
                + " S = spawn(fun() -> erlang:suspend_process(Pid), receive go -> ok end end),"
                + " register(test_suspender, S), ok.");
    assertThat(suspended).isEqualTo("ok");
    proxy.cut();
    RabbitSession second = session(broker.address().port());
    retry(() -> stream.queue.takeLock(second));
    assertThat(second.transactingPublisher(stream.queue.turn()).toCompletionStage())
        .failsWithin(LIMIT)
        .withThrowableThat()
        .havingCause()
        .satisfies(e -> assertThat(RabbitFailure.isInUse(e)).isTrue());
    assertThat(second.isOpen()).isTrue();
    broker.ctl("eval", "test_suspender ! go.");
    retry(() -> second.transactingPublisher(stream.queue.turn()));
    channel.queueDelete(stream.client);
    channel.queueDelete(stream.queue.ledger());
  }

  @Test
  void whatNoQueueTakesIsToldAndTakesItsDetourAndARefusalEndsNoSession() throws Exception {
    RabbitSession session = session(proxy.port());
    Stream stream = new Stream(session, "told", 0);
    channel.queueDeclare(
        "full", true, false, false, Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
    channel.queueBind("full", EXCHANGE, "full");
    OutboundMessage good = message(EXCHANGE, stream.key, "1");
    OutboundMessage stray = message(EXCHANGE, "nowhere", "2");
    BitSet missed =
        now(
            stream.publisher.publish(
                List.of(good, stray, good),
                returned -> message(EXCHANGE, stream.key, "instead of " + returned.routingKey())));
    assertThat(missed).isEqualTo(BitSet.valueOf(new long[] {2}));
    assertThat(stream.arrived()).isEqualTo(3);
    OutboundMessage filling = message(EXCHANGE, "full", "3");
    assertThat(
            stream
                .publisher
                .publish(List.of(filling, filling, filling))
                .toCompletionStage()
                .toCompletableFuture())
        .failsWithin(LIMIT)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(RefusedException.class);
    now(stream.publisher.publish(List.of(good)));
    assertThat(session.isOpen()).isTrue();
    assertThat(stream.publisher.unconfirmed()).isZero();
    // It still has its turn, and gives it up when it is told to.
    RabbitSession other = session(broker.address().port());
    assertThat(other.transactingPublisher(stream.queue.turn()).toCompletionStage())
        .failsWithin(LIMIT);
    now(((TransactingPublisher) stream.publisher).end());
    now(other.transactingPublisher(stream.queue.turn()));
    channel.queueDelete("full");
    channel.queueDelete(stream.client);
    channel.queueDelete(stream.queue.ledger());
  }

  /** One partition that publishes as much as it can: parts of many messages and a note. */
  private final class Stream {
    final LedgerQueue queue;
    final String client;
    final String key;
    final BatchPublisher publisher;
    private volatile long sent;

    Stream(RabbitSession session, String topic, int partition) throws Exception {
      queue = LedgerQueue.of(topic, partition);
      key = topic + '.' + partition;
      client = "client." + key;
      channel.queueDeclare(client, true, false, false, Map.of("x-queue-type", "classic"));
      channel.queueBind(client, EXCHANGE, key);
      now(queue.declare(session));
      publisher = now(session.transactingPublisher(queue.turn()));
    }

    /** The number alone would be told past what the queue has still to take; a message is not. */
    long arrived() throws Exception {
      return (channel.basicGet(client, true) == null ? 0 : 1) + channel.messageCount(client);
    }

    void flow() {
      List<OutboundMessage> part = new ArrayList<>();
      for (int i = 1; i <= PART; i++) {
        part.add(message(EXCHANGE, key, String.valueOf(sent + i)));
      }
      part.add(queue.note(message("", "", String.valueOf(sent + PART)).properties()));
      sent += PART;
      publisher.publish(part).onSuccess(v -> flow());
    }
  }

  private static long sum(List<Stream> streams) {
    return streams.stream().mapToLong(stream -> stream.sent).sum();
  }

  private static OutboundMessage message(String exchange, String key, String id) {
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder().messageId(id).deliveryMode(2).build();
    return new OutboundMessage(exchange, key, properties, new byte[500]);
  }

  private RabbitSession session(int port) {
    Map<String, Object> settings = new HashMap<>(broker.address().atPort(port).settings());
    settings.put("rabbitmq.connect.timeout", "60s");
    RabbitSession session =
        now(RabbitSession.open(vertx, Settings.of(new JsonObject(settings)), "test"));
    sessions.add(session);
    return session;
  }

  private static void retry(Supplier<Future<?>> what) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptionsInstanceOf(CompletionException.class)
        .until(
            () -> {
              what.get().toCompletionStage().toCompletableFuture().join();
              return true;
            });
  }

  private static <T> T now(Future<T> future) {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
        .join();
  }
}
