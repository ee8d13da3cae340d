package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntityOrderTest {

  private final EntityOrder order = new EntityOrder();
  private final List<String> begun = new ArrayList<>();

  private Promise<String> begin(String key, String name) {
    Promise<String> promise = Promise.promise();
    Future<String> unused =
        order.run(
            key,
            () -> {
              begun.add(name);
              return promise.future();
            });
    return promise;
  }

  @Test
  void workOfOneKeyWaitsForItsTurnWhateverBecameOfTheOneBefore() {
    Promise<String> first = begin("a", "a1");
    Promise<String> second = begin("a", "a2");
    Promise<String> other = begin("b", "b1");
    Promise<String> third = begin("a", "a3");
    assertThat(begun).containsExactly("a1", "b1");
    first.fail("no");
    assertThat(begun).containsExactly("a1", "b1", "a2");
    second.complete("done");
    assertThat(begun).containsExactly("a1", "b1", "a2", "a3");
    assertThat(order.size()).isEqualTo(2);
    third.complete("done");
    other.complete("done");
    assertThat(order.size()).isZero();
    begin("a", "a4").complete("done");
    assertThat(begun).endsWith("a4");
  }
}
