package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadlineTest {

  private final Vertx vertx = Vertx.vertx();

  private record Ended(Thread asked, Thread ended, Future<String> result) {}

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private Ended within(long ms, Future<String> work) throws Exception {
    CompletableFuture<Ended> ended = new CompletableFuture<>();
    vertx.runOnContext(
        v -> {
          Thread asked = Thread.currentThread();
          Future<String> result = Deadline.within(vertx, ms, work);
          result.onComplete(
              done -> ended.complete(new Ended(asked, Thread.currentThread(), result)));
        });
    return ended.get(20, TimeUnit.SECONDS);
  }

  @Test
  void whatTakesTooLongEndsOnTheEventLoopThatAsked() throws Exception {
    Ended ended = within(20, Promise.<String>promise().future());
    assertThat(ended.result().cause())
        .isInstanceOf(TimeoutException.class)
        .hasMessageContaining("20 ms");
    assertThat(ended.ended()).isSameAs(ended.asked());
  }

  @Test
  void whatIsDoneInTimeIsItsResult() throws Exception {
    assertThat(within(60_000, Future.succeededFuture("done")).result().result()).isEqualTo("done");
    assertThat(within(60_000, Future.failedFuture("broken")).result().cause()).hasMessage("broken");
  }
}
