package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

  private final Pace pace = new Pace(64);

  @Test
  void aMessagesOwnFailureChangesNothing() {
    for (int i = 0; i < 100; i++) {
      pace.failed(FailureReason.ENTITY_NOT_FOUND);
    }
    assertThat(pace.allowed()).isEqualTo(64);
    assertThat(pace.pauseMs()).isZero();
  }

  @Test
  void failuresInARowThatConcernOthersSlowItDownUntilASuccess() {
    for (int i = 0; i < 4; i++) {
      pace.failed(FailureReason.API_AWAY);
    }
    assertThat(pace.isSlow()).isFalse();
    pace.succeeded();
    for (int i = 0; i < 5; i++) {
      pace.failed(FailureReason.REGISTRY_AWAY);
    }
    assertThat(pace.allowed()).isEqualTo(1);
    assertThat(pace.pauseMs()).isBetween(1L, 500L);
    pace.failed(FailureReason.API_AWAY);
    assertThat(pace.pauseMs()).isBetween(400L, 1_000L);
    pace.succeeded();
    assertThat(pace.allowed()).isEqualTo(64);
    assertThat(pace.pauseMs()).isZero();
  }

  @Test
  void anOpenCircuitSlowsItDownAtOnce() {
    pace.failed(FailureReason.CIRCUIT_OPEN);
    assertThat(pace.allowed()).isEqualTo(1);
  }
}
