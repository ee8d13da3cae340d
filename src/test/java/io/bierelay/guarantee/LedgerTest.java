package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.EventId;
import io.bierelay.guarantee.PartitionLedger.Expected;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The suite's judge sees what it has to see; otherwise its verdicts would be worth nothing. */
class LedgerTest {

  private static final String TOPIC = "T";

  private final Ledger ledger = new Ledger();

  @BeforeEach
  void publish() {
    PartitionLedger book = ledger.open(TOPIC, "first", 0);
    for (int offset = 0; offset < 10; offset++) {
      book.published(offset, offset == 5 ? Expected.QUARANTINED : Expected.NOTIFIED);
    }
  }

  private void notified(String topicId, long... offsets) {
    for (long offset : offsets) {
      ledger.notified(EventId.of(topicId, TOPIC, 0, offset).toString(), TOPIC, 0, offset);
    }
  }

  private void quarantined(long offset) {
    ledger.quarantined(EventId.of("first", TOPIC, 0, offset).toString(), TOPIC, 0, offset);
  }

  @Test
  void whatIsCompleteAndInOrderHolds() {
    notified("first", 0, 1, 2, 3, 4, 6, 7, 8, 9);
    quarantined(5);
    assertThat(ledger.published()).isEqualTo(10);
    assertThat(ledger.lost()).isZero();
    assertThat(ledger.outOfOrder()).isZero();
    assertThat(ledger.repeated()).isZero();
    assertThat(ledger.strangers()).isEmpty();
    assertThat(ledger.all().get(0).unexpected().isEmpty()).isTrue();
  }

  @Test
  void aGapIsLostAndSoIsPoisonWithoutADeadLetter() {
    notified("first", 0, 1, 2, 4, 6, 7, 8, 9);
    assertThat(ledger.lost()).isEqualTo(2);
    assertThat(ledger.all().get(0).lost().stream()).containsExactly(3, 5);
  }

  @Test
  void aRepetitionIsNoDisorder() {
    notified("first", 0, 1, 2, 3, 1, 2, 3, 4, 6, 7, 8, 9);
    quarantined(5);
    quarantined(5);
    assertThat(ledger.repeated()).isEqualTo(4);
    assertThat(ledger.outOfOrder()).isZero();
    assertThat(ledger.lost()).isZero();
  }

  @Test
  void aFirstPublicationBehindALaterOneIsDisorder() {
    notified("first", 0, 1, 3, 4, 2, 6, 7, 8, 9);
    assertThat(ledger.outOfOrder()).isEqualTo(1);
    assertThat(ledger.repeated()).isZero();
  }

  @Test
  void anotherIdIsAStranger() {
    ledger.notified(EventId.of("first", TOPIC, 0, 1).toString(), TOPIC, 0, 2);
    assertThat(ledger.strangers()).hasSize(1);
    assertThat(ledger.lost()).isEqualTo(10);
  }

  @Test
  void whatWasNeverPublishedOrIsAtTheWrongPlaceIsUnexpected() {
    notified("first", 5, 10);
    quarantined(0);
    assertThat(ledger.all().get(0).unexpected().stream()).containsExactly(0, 5, 10);
  }

  @Test
  void anotherIncarnationHasABookOfItsOwn() {
    notified("first", 0, 1, 2, 3, 4, 6, 7, 8, 9);
    quarantined(5);
    ledger.open(TOPIC, "second", 0).published(0, Expected.NOTIFIED);
    assertThat(ledger.lost()).isEqualTo(1);
    notified("second", 0);
    assertThat(ledger.lost()).isZero();
    assertThat(ledger.repeated()).isZero();
    assertThat(ledger.outOfOrder()).isZero();
  }
}
