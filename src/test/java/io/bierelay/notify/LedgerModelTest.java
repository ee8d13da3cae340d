package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.notify.LedgerModel.Broker;
import io.bierelay.notify.LedgerModel.Outcome;
import io.bierelay.notify.LedgerModel.Rule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every interleaving of two owners, a broker and a queue, for a few messages: which rule loses what
 * on which broker. See {@link LedgerModel}.
 */
class LedgerModelTest {

  @Test
  void withoutAWindowWhatTheLedgerHasMayBeLostWithItsChannel() {
    Outcome outcome = new LedgerModel(Broker.KEEPS_ABOVE_LIMIT, Rule.ROUTED, 3).explore();
    assertThat(outcome.losses()).isPositive();
    assertThat(outcome.example()).contains("crash");
  }

  @Test
  void withinTheWindowThatBrokerLosesNothingAndRepeatsNothing() {
    Outcome outcome = new LedgerModel(Broker.KEEPS_ABOVE_LIMIT, Rule.ROUTED, 1).explore();
    assertThat(outcome.losses()).isZero();
    assertThat(outcome.duplicates()).isZero();
  }

  @Test
  void aLeaderThatPutsOffCommandsLosesWhatTheLedgerHasWhateverTheWindow() {
    for (int window = 1; window <= 3; window++) {
      Outcome outcome = new LedgerModel(Broker.PUTS_OFF, Rule.ROUTED, window).explore();
      assertThat(outcome.losses()).as("window %d", window).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource(Broker.class)
  void whatIsConfirmedIsNeverLostOnAnyBroker(Broker broker) {
    for (int window = 1; window <= 3; window++) {
      Outcome outcome = new LedgerModel(broker, Rule.CONFIRMED, window).explore();
      assertThat(outcome.losses()).as("%s, window %d", broker, window).isZero();
      // It does go through something, and the price shows.
      assertThat(outcome.states()).isGreaterThan(150);
      assertThat(outcome.duplicates()).isPositive();
    }
  }

  @Test
  void aClassicQueueLosesNothingThatWasRoutedAsLongAsItsBrokerLives() {
    Outcome outcome = new LedgerModel(Broker.CLASSIC, Rule.ROUTED, 3).explore();
    assertThat(outcome.losses()).isZero();
    assertThat(outcome.duplicates()).isZero();
  }

  @Test
  void aNoteBehindItsMessageLosesNothingEitherButMayComeTooLate() {
    Outcome outcome = new LedgerModel(Broker.CLASSIC, Rule.ROUTED_THEN_NOTED, 1).explore();
    assertThat(outcome.losses()).isZero();
    assertThat(outcome.duplicates()).isPositive();
  }

  @Test
  void withoutTheWitnessARestartOfTheBrokerLosesWhatWasOnlyRouted() {
    assertThat(new LedgerModel(Broker.CLASSIC, Rule.ROUTED, 2).restarting().blind().explore())
        .satisfies(blind -> assertThat(blind.losses()).isPositive());
    assertThat(new LedgerModel(Broker.CLASSIC, Rule.ROUTED, 2).restarting().explore())
        .satisfies(seeing -> assertThat(seeing.losses()).isZero());
    assertThat(new LedgerModel(Broker.CLASSIC, Rule.CONFIRMED, 2).restarting().explore())
        .satisfies(patient -> assertThat(patient.losses()).isZero());
  }

  @Test
  void withoutTheLockTwoOwnersRepeatEachOther() {
    Outcome without = new LedgerModel(Broker.CLASSIC, Rule.ROUTED, 2).unlocked().explore();
    assertThat(without.duplicates()).isPositive();
  }

  @Test
  void withoutTheTurnAChannelThatOutlivesItsLockRepeatsWhatTheSuccessorPublishes() {
    Outcome without = new LedgerModel(Broker.CLASSIC, Rule.ROUTED, 2).outOfTurn().explore();
    assertThat(without.duplicates()).isPositive();
    assertThat(without.losses()).isZero();
  }
}
