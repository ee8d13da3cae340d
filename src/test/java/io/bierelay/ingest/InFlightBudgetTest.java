package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.BatchReply;
import io.bierelay.event.Outbound;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Room is shared in turn, and nobody who can't use it keeps it from the others. */
class InFlightBudgetTest {

  private final InFlightBudget budget = new InFlightBudget(10);
  private final List<String> order = new ArrayList<>();

  @Test
  void whoHasWaitedLongestGoesFirst() {
    Lane first = new Lane("first", 10);
    Lane second = new Lane("second", 10);
    Lane third = new Lane("third", 10);
    first.proceed();
    second.proceed();
    third.proceed();
    assertThat(order).containsExactly("first");
    first.answered();
    first.proceed();
    second.answered();
    assertThat(order).containsExactly("first", "second", "third");
    third.answered();
    assertThat(order).containsExactly("first", "second", "third", "first");
  }

  @Test
  void whoHasNothingToSendIsPassedOver() {
    Lane busy = new Lane("busy", 10);
    Lane idle = new Lane("idle", 0);
    Lane waiting = new Lane("waiting", 4);
    busy.proceed();
    budget.await(idle);
    waiting.proceed();
    busy.answered();
    assertThat(order).containsExactly("busy", "waiting");
    assertThat(budget.room()).isEqualTo(6);
  }

  @Test
  void whoLeavesGivesBackWhatItHad() {
    Lane leaving = new Lane("leaving", 10);
    Lane waiting = new Lane("waiting", 10);
    leaving.proceed();
    waiting.proceed();
    budget.leave(leaving, 10);
    assertThat(order).containsExactly("leaving", "waiting");
    assertThat(budget.room()).isZero();
  }

  @Test
  void aRemainderIsNotSentButLeftUntilThereIsRoomWorthABatch() {
    InFlightBudget large = new InFlightBudget(4_000);
    large.take(3_901);
    assertThat(large.room()).isZero();
    large.give(1);
    assertThat(large.room()).isEqualTo(100);
    large.give(3_900);
    assertThat(large.room()).isEqualTo(4_000);
  }

  private final class Lane implements LaneSender.Listener {
    private final String name;
    private final int wanted;

    Lane(String name, int wanted) {
      this.name = name;
      this.wanted = wanted;
    }

    void answered() {
      budget.give(wanted);
    }

    @Override
    public void proceed() {
      if (wanted == 0) {
        return;
      }
      if (budget.room() < wanted) {
        budget.await(this);
      } else {
        order.add(name);
        budget.take(wanted);
      }
    }

    @Override
    public void confirmed(List<Outbound> head, BatchReply reply) {}

    @Override
    public void held(Throwable reason) {}
  }
}
