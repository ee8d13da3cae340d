package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.bierelay.rabbit.Unconfirmed.Batch;
import io.bierelay.rabbit.Unconfirmed.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The tags of a channel against a plain model, with whatever a broker may answer. */
class UnconfirmedTest {

  @Test
  void whateverTheBrokerAnswersEachBatchCompletesOnceAndWithAllOfIt() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("UnconfirmedTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      new Round(random, "seed " + seed + " round " + round).run();
    }
  }

  @Test
  void aReturnIsMatchedThoughTheSameIdWasSentBefore() {
    Unconfirmed unconfirmed = new Unconfirmed();
    Batch first = batch("a", "b");
    Batch again = batch("a", "b");
    unconfirmed.add(first, 1, 0);
    unconfirmed.add(again, 3, 0);
    assertThat(unconfirmed.returned("b")).isEqualTo(new Position(first, 1));
    assertThat(unconfirmed.returned("a")).isEqualTo(new Position(again, 0));
    assertThat(unconfirmed.returned("b")).isEqualTo(new Position(again, 1));
    assertThat(unconfirmed.returned("c")).isNull();
    assertThat(unconfirmed.returned(null)).isNull();
  }

  private static final class Round {
    private final Random random;
    private final String name;
    private final Unconfirmed unconfirmed = new Unconfirmed();
    private final Map<Long, Batch> unsettled = new HashMap<>();
    private final Map<Batch, Integer> refused = new HashMap<>();
    private final Set<Batch> completed = new HashSet<>();
    private final List<Batch> batches = new ArrayList<>();
    private long nextTag = 1;

    Round(Random random, String name) {
      this.random = random;
      this.name = name;
    }

    void run() {
      for (int step = 0; step < 60; step++) {
        if (random.nextBoolean()) {
          add(1 + random.nextInt(5));
        } else if (!unsettled.isEmpty()) {
          settle(anyTag(), random.nextBoolean(), random.nextInt(4) == 0);
        }
        check();
      }
      while (!unsettled.isEmpty()) {
        settle(anyTag(), random.nextBoolean(), false);
        check();
      }
      assertThat(completed).as(name).hasSameSizeAs(batches);
      assertThat(unconfirmed.oldest()).as(name).isNull();
    }

    private void add(int size) {
      String[] ids = new String[size];
      for (int i = 0; i < size; i++) {
        ids[i] = "m" + (nextTag + i);
      }
      Batch batch = batch(ids);
      batches.add(batch);
      unconfirmed.add(batch, nextTag, 0);
      unconfirmed.written(size);
      for (int i = 0; i < size; i++) {
        unsettled.put(nextTag++, batch);
      }
    }

    private long anyTag() {
      List<Long> tags = new ArrayList<>(unsettled.keySet());
      return tags.get(random.nextInt(tags.size()));
    }

    private void settle(long tag, boolean multiple, boolean refuse) {
      List<Long> these =
          unsettled.keySet().stream().filter(t -> multiple ? t <= tag : t == tag).toList();
      for (Long one : these) {
        Batch batch = unsettled.remove(one);
        refused.merge(batch, refuse ? 1 : 0, Integer::sum);
      }
      for (Batch done : unconfirmed.settle(tag, multiple, refuse)) {
        assertThat(completed.add(done)).as("completed twice, " + name).isTrue();
        assertThat(unsettled.values()).as("completed too early, " + name).doesNotContain(done);
      }
    }

    private void check() {
      assertThat(unconfirmed.size()).as(name).isEqualTo(unsettled.size());
      for (Batch batch : batches) {
        assertThat(batch.refused).as(name).isEqualTo(refused.getOrDefault(batch, 0));
        assertThat(completed.contains(batch)).as(name).isEqualTo(!unsettled.containsValue(batch));
      }
    }
  }

  private static Batch batch(String... ids) {
    List<OutboundMessage> messages = new ArrayList<>();
    for (String id : ids) {
      messages.add(
          new OutboundMessage(
              "x", "k", new AMQP.BasicProperties.Builder().messageId(id).build(), new byte[0]));
    }
    return new Batch(messages, null, null);
  }
}
