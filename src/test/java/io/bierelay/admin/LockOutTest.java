package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long an address is locked out, in a time that the test makes pass. */
class LockOutTest {

  private long now = -5;
  private final LockOut lockOut = new LockOut(3, Duration.ofMinutes(1), () -> now);

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void theTimeDoublesUpToItsMost() {
    assertThat(lockOut.failed("a")).isZero();
    assertThat(lockOut.failed("a")).isZero();
    for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      assertThat(lockOut.failed("a")).isEqualTo(Duration.ofSeconds(seconds));
      assertThat(lockOut.remaining("a")).isEqualTo(Duration.ofSeconds(seconds));
      pass(Duration.ofSeconds(seconds));
      assertThat(lockOut.remaining("a")).isZero();
    }
    assertThat(lockOut.remaining("b")).isZero();
  }

  @Test
  void successAndTimeForget() {
    lockOut.failed("a");
    lockOut.failed("a");
    lockOut.succeeded("a");
    assertThat(lockOut.failed("a")).isZero();
    lockOut.failed("a");
    pass(Duration.ofMinutes(3));
    assertThat(lockOut.failed("a")).isZero();
  }

  @Test
  void aNetworkOfIpv6IsOneAddress() {
    lockOut.failed("2001:db8:0:1:0:0:0:1");
    lockOut.failed("2001:db8:0:1:0:0:0:2");
    assertThat(lockOut.failed("2001:db8:0:1:9:9:9:9")).isEqualTo(Duration.ofSeconds(1));
    assertThat(lockOut.remaining("2001:db8:0:2:0:0:0:1")).isZero();
  }

  @Test
  void theAddressesAreBounded() {
    for (int i = 0; i < 3; i++) {
      lockOut.failed("first");
    }
    for (int i = 0; i < 10_000; i++) {
      lockOut.failed("10.0." + i);
    }
    assertThat(lockOut.remaining("first")).isZero();
  }
}
