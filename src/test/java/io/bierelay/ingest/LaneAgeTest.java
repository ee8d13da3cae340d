package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The age of the oldest unfinished record: by its stamp, by when it was first seen, or unknown. */
class LaneAgeTest {

  private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");

  private final LaneAge age = new LaneAge();

  @Test
  void isByTheStampOfTheRecordThatIsHeld() {
    assertThat(age.seconds(5, 10, at(-90), at(0))).isEqualTo(90.0);
    assertThat(age.seconds(5, 10, at(3), at(0))).as("clocks differ").isZero();
  }

  @Test
  void isZeroWhereNothingWaits() {
    age.end(10, at(0));
    assertThat(age.seconds(10, 10, null, at(5))).isZero();
  }

  @Test
  void isUnknownForWhatWasThereBeforeTheFirstLook() {
    age.end(10, at(0));
    assertThat(age.seconds(4, 10, null, at(5))).isNull();
    assertThat(age.seconds(-1, -1, null, at(5))).isNull();
  }

  @Test
  void isByWhenTheEndWasFirstSeenBehindIt() {
    age.end(10, at(0));
    age.end(10, at(1));
    age.end(12, at(2));
    age.end(20, at(3));
    assertThat(age.seconds(10, 20, null, at(10))).isEqualTo(8.0);
    assertThat(age.seconds(12, 20, null, at(10))).isEqualTo(7.0);
    assertThat(age.seconds(20, 20, null, at(10))).isZero();
  }

  @Test
  void isUnknownRatherThanTooYoungWhereMoreEndsWereSeenThanAreKept() {
    for (int i = 0; i < 500; i++) {
      age.end(10 + i, at(i));
    }
    assertThat(age.seconds(15, 510, null, at(500))).isNull();
  }

  private static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }
}
