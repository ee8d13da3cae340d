package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.Notification;
import io.bierelay.event.NotificationBatch;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A lane's sender against a notifier that answers late, out of turn, with failures, or forgets its
 * session: whatever it does, offsets complete in order and only after a success.
 */
class LaneSenderTest {

  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final LaneContext.Limits LIMITS =
      new LaneContext.Limits(1 << 20, 10, 4, Duration.ofSeconds(30));

  private Vertx vertx;
  private Context context;
  private FickleNotifier notifier;
  private LaneUnderTest lane;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    context = vertx.getOrCreateContext();
    LaneBus.register(vertx.eventBus());
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void whateverTheNotifierDoesOffsetsCompleteInOrderAndOnlyAfterASuccess() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("LaneSenderTest seed " + seed);
    int events = 2_000;
    start(new FickleNotifier(new Random(seed)), events, new Random(seed + 1));

    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(lane.confirmed).as("seed %d", seed).hasSize(events));

    assertThat(lane.confirmed).as("in order, seed %d", seed).isSorted();
    assertThat(Set.copyOf(lane.confirmed)).as("each once, seed %d", seed).hasSize(events);
    assertThat(lane.confirmedWithoutSuccess).as("seed %d", seed).isEmpty();
    // What a client sees after it drops what it has seen before: the order of the partition.
    assertThat(new ArrayList<>(new LinkedHashSet<>(notifier.published)))
        .as("order of first sight, seed %d", seed)
        .isSorted()
        .hasSize(events);
    assertThat(notifier.failures).as("it did fail, seed %d", seed).isPositive();
  }

  @Test
  void aFailedBatchHoldsTheLaneWithItsReasonAndNothingCompletes() {
    FickleNotifier stubborn = new FickleNotifier(new Random(1));
    stubborn.failAlways = true;
    start(stubborn, 5, new Random(2));
    await().untilAsserted(() -> assertThat(lane.reason).isEqualTo("RabbitMQ is away"));
    await().until(() -> notifier.opened >= 3);
    assertThat(lane.confirmed).isEmpty();
    stubborn.failAlways = false;
    await().untilAsserted(() -> assertThat(lane.confirmed).hasSize(5));
  }

  @Test
  void withoutANotifierTheLaneSaysSo() {
    notifier = new FickleNotifier(new Random(1));
    lane = new LaneUnderTest(5, new Random(2));
    context.runOnContext(v -> lane.proceed());
    await()
        .untilAsserted(
            () -> assertThat(lane.reason).contains("no RabbitNotifierVerticle is running"));
  }

  private void start(FickleNotifier fickle, int events, Random sizes) {
    notifier = fickle;
    notifier.listen();
    lane = new LaneUnderTest(events, sizes);
    context.runOnContext(v -> lane.proceed());
  }

  /** Keeps to {@link LaneBus}, and to nothing else. */
  private final class FickleNotifier {
    private final Random random;
    private final List<Long> published = Collections.synchronizedList(new ArrayList<>());
    private final Set<Long> succeeded = Collections.synchronizedSet(new LinkedHashSet<>());
    private volatile boolean failAlways;
    private volatile int failures;
    private volatile int opened;
    private long session;

    FickleNotifier(Random random) {
      this.random = random;
    }

    void listen() {
      vertx.eventBus().<JsonObject>consumer(LaneBus.OPEN, this::open);
      vertx.eventBus().<NotificationBatch>localConsumer("fickle", this::take);
    }

    private void open(Message<JsonObject> message) {
      opened++;
      if (random.nextInt(10) == 0) {
        message.fail(LaneBus.TRANSIENT, "RabbitMQ is away");
      } else {
        message.reply(new OpenReply("fickle", ++session).toJson());
      }
    }

    private void take(Message<NotificationBatch> message) {
      NotificationBatch batch = message.body();
      if (batch.session() != session) {
        message.fail(LaneBus.STALE_SESSION, "stale");
        return;
      }
      boolean reachesTheBroker = !failAlways && random.nextInt(20) != 0;
      boolean isConfirmed = reachesTheBroker && random.nextInt(20) != 0;
      if (reachesTheBroker) {
        batch.items().forEach(item -> published.add(item.origin().offset()));
      }
      if (!isConfirmed) {
        // Everything that comes later in this session is refused, as the contract wants it.
        session++;
        failures++;
      }
      Runnable answer =
          () -> {
            if (isConfirmed) {
              batch.items().forEach(item -> succeeded.add(item.origin().offset()));
              message.reply(BatchReply.allConfirmed().toJson());
            } else {
              message.fail(LaneBus.TRANSIENT, "RabbitMQ is away");
            }
          };
      // Late, so that answers overtake each other.
      vertx.setTimer(1 + random.nextInt(5), id -> answer.run());
    }
  }

  private final class LaneUnderTest implements LaneSender.Listener {
    private final Deque<Outbound> ready = new ArrayDeque<>();
    private final List<Long> confirmed = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> confirmedWithoutSuccess =
        Collections.synchronizedList(new ArrayList<>());
    private final Random sizes;
    private final LaneSender sender =
        new LaneSender(
            new Notifiers(vertx, Duration.ofSeconds(5)),
            new LaneMemory(PARTITION, "contention-updated", 1),
            LIMITS,
            new InFlightBudget(25),
            this);
    private volatile String reason = "";

    LaneUnderTest(int events, Random sizes) {
      this.sizes = sizes;
      for (long offset = 0; offset < events; offset++) {
        ready.add(
            new Notification(
                new UUID(0, offset),
                new Origin("t", 0, offset),
                "contention-updated",
                1,
                Instant.EPOCH,
                Instant.EPOCH,
                null,
                new byte[] {1}));
      }
    }

    @Override
    public void confirmed(List<Outbound> head, BatchReply reply) {
      for (Outbound item : head) {
        long offset = item.origin().offset();
        confirmed.add(offset);
        if (!notifier.succeeded.contains(offset)) {
          confirmedWithoutSuccess.add(offset);
        }
      }
    }

    @Override
    public void held(Throwable e) {
      reason = e.getMessage();
    }

    @Override
    public void proceed() {
      for (int room = sender.room(); room > 0 && !ready.isEmpty(); room = sender.room()) {
        List<Outbound> batch = new ArrayList<>();
        for (int i = 1 + sizes.nextInt(room); i > 0 && !ready.isEmpty(); i--) {
          batch.add(ready.remove());
        }
        sender.send(batch);
      }
    }
  }
}
