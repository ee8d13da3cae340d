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
    AckLedger.Batch first = ledger.begun(2);
    AckLedger.Batch second = ledger.begun(4);
    assertThat(ledger.finished(second)).isEmpty();
    assertThat(ledger.finished(first)).hasValue(4);
    assertThat(ledger.size()).isZero();
  }

  @Test
  void aTagThatDoesNotGrowIsRefused() {
    AckLedger ledger = new AckLedger();
    ledger.begun(2);
    assertThatThrownBy(() -> ledger.begun(2)).isInstanceOf(IllegalArgumentException.class);
  }

  private record Batch(List<Long> tags, AckLedger.Batch entry) {}

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
      List<Batch> inFlight = new ArrayList<>();
      long next = 1;
      int batchesToCome = 1 + random.nextInt(30);
      while (batchesToCome > 0 || !inFlight.isEmpty()) {
        if (batchesToCome > 0 && (inFlight.isEmpty() || random.nextBoolean())) {
          List<Long> batch = new ArrayList<>();
          for (int i = 1 + random.nextInt(7); i > 0; i--) {
            unackedAtBroker.add(next);
            batch.add(next++);
          }
          inFlight.add(new Batch(batch, ledger.begun(next - 1)));
          batchesToCome--;
        } else {
          Batch batch = inFlight.remove(random.nextInt(inFlight.size()));
          finished.addAll(batch.tags());
          OptionalLong upTo = ledger.finished(batch.entry());
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
