package io.bierelay.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** The accounts of a partition are read from a scrape, whatever tags they have. */
class PartitionAccountsTest {

  private static final String SCRAPE =
      """
      # HELP bie_relay_events_received_total Records received from Kafka.
      # TYPE bie_relay_events_received_total counter
      bie_relay_events_received_total{partition="0",topic="A"} 20.0
      bie_relay_events_received_total{partition="1",topic="A"} 1.2E3
      bie_relay_events_confirmed_total{partition="0",topic="A"} 10.0
      bie_relay_events_quarantined_total{partition="0",reason="truncated",topic="A"} 3.0
      bie_relay_events_quarantined_total{partition="0",reason="too-short",topic="A"} 2.0
      bie_relay_events_parked_total{exchange="e",partition="0",topic="A"} 1.0
      bie_relay_events_discarded_total{partition="0",topic="A"} 1.0
      bie_relay_lane_inflight{partition="0",topic="A"} 3.0
      bie_relay_lane_held{partition="0",topic="A"} 1.0
      jvm_threads_live_threads 20.0
      """;

  @Test
  void allKindsAreSummed() {
    var accounts = PartitionAccounts.parse(SCRAPE);
    assertThat(accounts).hasSize(2);
    assertThat(accounts.get(new TopicPartition("A", 0)))
        .isEqualTo(new PartitionAccounts(20, 10, 7, 3))
        .matches(PartitionAccounts::agree);
    assertThat(accounts.get(new TopicPartition("A", 1)))
        .isEqualTo(new PartitionAccounts(1_200, 0, 0, 0))
        .matches(one -> !one.agree());
  }
}
