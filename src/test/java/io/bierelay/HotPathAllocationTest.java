package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.ingest.DecodingAllocation;
import io.bierelay.notify.WritingAllocation;
import io.bierelay.persist.ReadingAllocation;
import io.bierelay.sandbox.Allocation;
import org.junit.jupiter.api.Test;

/**
 * Guards what is allocated for each event between Kafka and PostgreSQL: time can't be compared on
 * machines that others use too, but bytes can.
 *
 * <p>Who changes a figure by more than a twentieth records it here, and says why in the changelog.
 */
class HotPathAllocationTest {

  /** Record to notification; more than half of it is the notification's JSON. */
  private static final long DECODING_BYTES = 1_184;

  /** Notification to the bytes of its properties. */
  private static final long WRITING_BYTES = 536;

  /** What was delivered to a row; the parser and its buffers are most of it. */
  private static final long READING_BYTES = 2_472;

  @Test
  void makingANotificationAllocatesWhatIsRecorded() {
    assertAllocates(DecodingAllocation.class, DECODING_BYTES);
  }

  @Test
  void writingANotificationAllocatesWhatIsRecorded() {
    assertAllocates(WritingAllocation.class, WRITING_BYTES);
  }

  @Test
  void makingARowAllocatesWhatIsRecorded() {
    assertAllocates(ReadingAllocation.class, READING_BYTES);
  }

  private static void assertAllocates(Class<?> work, long recorded) {
    assertThat(Allocation.of(work))
        .as(
            "bytes per event, recorded are %d: mend what allocates more, or record the new figure"
                + " and say why in CHANGELOG.md",
            recorded)
        .isBetween(recorded - recorded / 20, recorded + recorded / 20);
  }
}
