package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.EventType;
import io.bierelay.event.PoisonPolicy;
import io.bierelay.ingest.LaneContext.Limits;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** With a thousand partitions a scrape stays quick, and has as many series as is documented. */
class LaneGaugesTest {

  private static final Logger LOG = LoggerFactory.getLogger(LaneGaugesTest.class);
  private static final int PARTITIONS = 1_000;
  private static final int SCRAPES = 30;

  /** What docs/operations.md says. */
  private static final int SERIES_PER_PARTITION = 7;

  private final Vertx vertx = Vertx.vertx();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void aScrapeOfAThousandPartitionsTakesATenthOfASecondAtMost() {
    LaneView view = new LaneView("group", new PauseBook());
    LaneGauges gauges = new LaneGauges(registry);
    List<Lane> lanes = new ArrayList<>();
    List<PartitionSnapshot> snapshots = new ArrayList<>();
    for (int i = 0; i < PARTITIONS; i++) {
      TopicPartition partition = new TopicPartition("TST_CONTENTION_BIE_UPDATED", i);
      Lane lane = lane(partition);
      lanes.add(lane);
      snapshots.add(new PartitionSnapshot(partition, 100, 100 + i));
      gauges.add(partition, lane, view);
    }
    view.snapshot(snapshots);
    lanes.forEach(lane -> view.committed(lane.partition(), 90));
    assertThat(view.describe(lanes)).hasSize(PARTITIONS);

    long best = Long.MAX_VALUE;
    String text = "";
    for (int i = 0; i < SCRAPES; i++) {
      long begun = System.nanoTime();
      text = registry.scrape();
      best = Math.min(best, System.nanoTime() - begun);
    }
    long series = text.lines().filter(line -> line.contains("partition=\"")).count();
    LOG.info(
        "{} partitions: {} series, {} bytes, {} ms at best",
        PARTITIONS,
        series,
        text.length(),
        best / 1e6);
    assertThat(series).isEqualTo((long) SERIES_PER_PARTITION * PARTITIONS);
    assertThat(text).contains("bie_relay_lag{partition=\"999\"");
    assertThat(best).isLessThan(TimeUnit.MILLISECONDS.toNanos(100));

    assertThat(text).contains("bie_relay_accounts_disagree 0.0");
    lanes.get(7).accounts().received(1);
    view.describe(lanes);
    assertThat(registry.scrape()).contains("bie_relay_accounts_disagree 1.0");
    view.forget(lanes.get(7).partition());
    assertThat(registry.scrape()).contains("bie_relay_accounts_disagree 0.0");

    lanes.forEach(lane -> gauges.remove(lane.partition()));
    assertThat(registry.scrape()).doesNotContain("bie_relay_lag{");
  }

  private Lane lane(TopicPartition partition) {
    Limits limits = new Limits(1, 1, 1, Duration.ofSeconds(1));
    LaneContext context =
        new LaneContext(
            null,
            null,
            limits,
            new InFlightBudget(1),
            null,
            PoisonPolicy.QUARANTINE,
            registry,
            null);
    return new Lane(
        vertx,
        context,
        partition,
        new EventType("contention-updated", "UPDATED", "bie-events-contention-updated"),
        1);
  }
}
