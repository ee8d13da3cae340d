package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verticles that work are beside each other, however many loops there are and were taken. */
class EventLoopsTest {

  private Vertx vertx;

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7})
  void theFirstInstancesShareALoopAndOthersFollow(int count) throws Exception {
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(count));
    List<Object> producer = loopsOf(0, 2);
    vertx.getOrCreateContext();
    List<Object> consumer = loopsOf(0, 1);
    List<Object> admin = loopsOf(1, 1);

    assertThat(consumer.get(0)).isSameAs(producer.get(0));
    if (count > 1) {
      assertThat(producer.get(1)).isNotSameAs(producer.get(0));
      assertThat(admin.get(0)).isSameAs(producer.get(1));
    }
  }

  private List<Object> loopsOf(int index, int instances) throws Exception {
    List<Object> loops = Collections.synchronizedList(new ArrayList<>());
    EventLoops.beginAt(vertx, index);
    vertx
        .deployVerticle(
            () ->
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    loops.add(((ContextInternal) context).nettyEventLoop());
                    return Future.succeededFuture();
                  }
                },
            new DeploymentOptions().setInstances(instances))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
    // Which of several instances started first is not known: the first loop comes first.
    if (instances == 2 && loops.get(0) != first()) {
      Collections.reverse(loops);
    }
    return loops;
  }

  private Object first() {
    return ((io.vertx.core.internal.VertxInternal) vertx).nettyEventLoopGroup().iterator().next();
  }
}
