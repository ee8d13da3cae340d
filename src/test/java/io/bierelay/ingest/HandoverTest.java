package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One poll ahead of the lanes and no further, and nobody waits for lanes that are gone. */
class HandoverTest {

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final List<ConsumerRecords<byte[], byte[]>> taken = new CopyOnWriteArrayList<>();
  private final CountDownLatch busy = new CountDownLatch(1);
  private final Handover handover = new Handover(context, taken::add);

  @AfterEach
  void close() throws Exception {
    busy.countDown();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void theNextWaitsUntilTheLanesHaveTakenTheLast() {
    holdUpTheLanes();
    ConsumerRecords<byte[], byte[]> first = records();
    ConsumerRecords<byte[], byte[]> second = records();
    assertThat(handover.give(first)).isTrue();
    CompletableFuture<Boolean> next = CompletableFuture.supplyAsync(() -> handover.give(second));
    await().during(300, TimeUnit.MILLISECONDS).until(() -> !next.isDone() && taken.isEmpty());

    busy.countDown();

    await().until(() -> taken.size() == 2);
    assertThat(taken.get(0)).isSameAs(first);
    assertThat(taken.get(1)).isSameAs(second);
    assertThat(next).isCompletedWithValue(true);
  }

  @Test
  void whoWaitsGoesOnWhenItIsOver() throws Exception {
    holdUpTheLanes();
    assertThat(handover.give(records())).isTrue();
    CompletableFuture<Boolean> next = CompletableFuture.supplyAsync(() -> handover.give(records()));

    handover.end();

    assertThat(next.get(10, TimeUnit.SECONDS)).as("will be taken").isFalse();
  }

  private void holdUpTheLanes() {
    context.runOnContext(
        v -> {
          try {
            busy.await(20, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static ConsumerRecords<byte[], byte[]> records() {
    return new ConsumerRecords<>(java.util.Map.of());
  }
}
