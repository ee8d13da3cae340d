package io.bierelay.thread;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OrderedThreadTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    release.countDown();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static <T> CompletableFuture<T> end(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture();
  }

  @Test
  void workIsDoneInTurnAndOnlyItsFailureIsTold() {
    OrderedThread thread = new OrderedThread(context, "test");
    List<String> ran = new CopyOnWriteArrayList<>();
    CompletableFuture<Context> told = new CompletableFuture<>();
    thread.start(() -> ran.add("first"), e -> ran.add("told"));
    thread.start(
        () -> {
          throw new IllegalStateException("second");
        },
        e -> {
          ran.add(String.valueOf(e.getMessage()));
          told.complete(Vertx.currentContext());
        });
    assertThat(told).succeedsWithin(PATIENCE).isEqualTo(context);
    assertThat(ran).containsExactly("first", "second");
    CompletableFuture<Throwable> closed = new CompletableFuture<>();
    thread.close();
    thread.start(() -> ran.add("third"), closed::complete);
    assertThat(closed).succeedsWithin(PATIENCE).isInstanceOf(RejectedExecutionException.class);
    assertThat(ran).hasSize(2);
  }

  @Test
  void callsRunInTheOrderInWhichTheyWereGiven() {
    OrderedThread thread = new OrderedThread(context, "test");
    List<Integer> ran = new CopyOnWriteArrayList<>();
    List<Future<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      int number = i;
      all.add(thread.run(() -> ran.add(number)));
    }
    assertThat(end(Future.all(all))).succeedsWithin(PATIENCE);
    assertThat(ran).hasSize(1_000).isSorted();
  }

  @Test
  void futuresCompleteOnTheGivenContextWhetherTheCallReturnsOrThrows() {
    OrderedThread thread = new OrderedThread(context, "test");
    List<Context> seen = new CopyOnWriteArrayList<>();
    // Whoever listens only after the completion is told at once, where it stands.
    Future<?> good =
        thread
            .run(() -> release.await(10, TimeUnit.SECONDS))
            .onComplete(done -> seen.add(Vertx.currentContext()));
    Future<?> bad =
        thread
            .run(
                () -> {
                  throw new StackOverflowError("the test's");
                })
            .onComplete(done -> seen.add(Vertx.currentContext()));
    release.countDown();
    assertThat(end(good)).succeedsWithin(PATIENCE);
    assertThat(end(bad)).failsWithin(PATIENCE).withThrowableThat().withMessageContaining("test's");
    assertThat(seen).containsExactly(context, context);
  }

  @Test
  void whatWaitsWhenItIsClosedStillRunsAndWhatComesLaterFailsAtOnce() {
    OrderedThread thread = new OrderedThread(context, "test");
    Future<Boolean> first = thread.run(() -> release.await(10, TimeUnit.SECONDS));
    Future<Integer> second = thread.run(() -> 2);
    thread.close();
    Future<Integer> late = thread.run(() -> 3);
    assertThat(end(late))
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .withCauseInstanceOf(RejectedExecutionException.class)
        .withMessageContaining("test is closed");
    release.countDown();
    assertThat(end(first)).succeedsWithin(PATIENCE).isEqualTo(true);
    assertThat(end(second)).succeedsWithin(PATIENCE).isEqualTo(2);
  }

  @Test
  void aBlockedOneHoldsUpNoOtherOfTheSameContext() {
    OrderedThread blocked = new OrderedThread(context, "blocked");
    OrderedThread free = new OrderedThread(context, "free");
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    context.runOnContext(
        v -> {
          blocked.run(() -> release.await(10, TimeUnit.SECONDS));
          free.run(() -> 1).onSuccess(answer::complete);
        });
    assertThat(answer).succeedsWithin(PATIENCE);
    assertThat(release.getCount()).isOne();
  }
}
