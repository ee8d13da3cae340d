package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AckLedgerTest {

  @Test
  void aBatchThatFinishesEarlyWaitsForTheOneBefore() {
    AckLedger ledger = new AckLedger();
    for (long tag = 1; tag <= 4; tag++) {
      ledger.delivered(tag);
    }
    assertThat(ledger.finished(List.of(3L, 4L))).isEmpty();
    assertThat(ledger.finished(List.of(1L, 2L))).hasValue(4);
    assertThat(ledger.size()).isZero();
  }

  @Test
  void aTagThatDoesNotGrowIsRefused() {
    AckLedger ledger = new AckLedger();
    ledger.delivered(2);
    assertThatThrownBy(() -> ledger.delivered(2)).isInstanceOf(IllegalArgumentException.class);
  }

  /** Against a broker that does what {@code multiple} says: it takes all up to the tag. */
  @Test
  void multipleNeverCoversAnUnfinishedTagAndInTheEndAllAreAcknowledged() {
    long seed = System.nanoTime();
    System.out.println("AckLedgerTest seed " + seed);
    Random random = new Random(seed);
    for (int run = 0; run < 2_000; run++) {
      AckLedger ledger = new AckLedger();
      TreeSet<Long> unackedAtBroker = new TreeSet<>();
      Set<Long> finished = new HashSet<>();
      List<List<Long>> inFlight = new ArrayList<>();
      long next = 1;
      int batchesToCome = 1 + random.nextInt(30);
      while (batchesToCome > 0 || !inFlight.isEmpty()) {
        if (batchesToCome > 0 && (inFlight.isEmpty() || random.nextBoolean())) {
          List<Long> batch = new ArrayList<>();
          for (int i = 1 + random.nextInt(7); i > 0; i--) {
            ledger.delivered(next);
            unackedAtBroker.add(next);
            batch.add(next++);
          }
          inFlight.add(batch);
          batchesToCome--;
        } else {
          List<Long> batch = inFlight.remove(random.nextInt(inFlight.size()));
          finished.addAll(batch);
          OptionalLong upTo = ledger.finished(batch);
          if (upTo.isPresent()) {
            Set<Long> covered = Set.copyOf(unackedAtBroker.headSet(upTo.getAsLong(), true));
            assertThat(finished).as("seed %d", seed).containsAll(covered);
            assertThat(covered).as("an ack of nothing closes the channel").isNotEmpty();
            unackedAtBroker.removeAll(covered);
          }
        }
      }
      assertThat(unackedAtBroker).as("seed %d", seed).isEmpty();
      assertThat(ledger.size()).isZero();
    }
  }
}
