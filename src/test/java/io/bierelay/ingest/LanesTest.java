package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.PoisonPolicy;
import io.bierelay.ingest.LaneContext.Limits;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What reaches the lanes in an unlucky order has no lasting effect. No server: nobody polls. */
class LanesTest {

  /** Nothing listens there; a consumer that is never polled does not ask. */
  private static final String NOWHERE = "127.0.0.1:1";

  private static final Settings SETTINGS =
      Settings.of(
          new JsonObject()
              .put("kafka.bootstrap.servers", NOWHERE)
              .put("kafka.group.id", "lanes")
              .put("kafka.topic.infix", "TST"));

  private static final TopicPartition PARTITION =
      new TopicPartition(IngestSettings.topics(SETTINGS).keySet().iterator().next(), 0);

  private final Vertx vertx = Vertx.vertx();
  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final Context context = vertx.getOrCreateContext();
  private final Lanes lanes =
      new Lanes(vertx, context, SETTINGS, new LaneGauges(meters), new LaneStops(new PauseBook()));
  private final TopicIds topicIds = TopicIds.open(vertx, SETTINGS).await();
  private final LaneConsumer consumer = consumer();

  LanesTest() {
    lanes.attach(
        new LaneContext(
            null,
            topicIds,
            new Limits(1 << 20, 10, 1, Duration.ofSeconds(1)),
            new InFlightBudget(10),
            new Notifiers(vertx, Duration.ofSeconds(5)),
            PoisonPolicy.QUARANTINE,
            meters,
            lanes),
        consumer,
        "lanes-0");
  }

  @AfterEach
  void close() throws Exception {
    onTheLoop(lanes::endAll);
    consumer.close();
    topicIds.close(vertx).await();
    vertx.close().await();
  }

  /** A poll's records may still wait for the event loop when the partition is lost already. */
  @Test
  void aPartitionThatComesBackIsFetchedAlthoughItsOldLaneWasFilledAfterItWasLost()
      throws Exception {
    lanes.assigned(List.of(PARTITION));
    onTheLoop(() -> lanes.accept(aLaneful()));
    assertThat(consumer.held()).containsExactly(PARTITION);

    lanes.lost(List.of(PARTITION));
    lanes.assigned(List.of(PARTITION));
    onTheLoop(() -> {});

    assertThat(consumer.held()).isEmpty();
  }

  private static LaneConsumer consumer() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", NOWHERE);
    properties.put("group.id", "lanes");
    return new LaneConsumer(properties, null, new Handover(null, records -> {}));
  }

  private static ConsumerRecords<byte[], byte[]> aLaneful() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int offset = 0; offset < SETTINGS.get(IngestSettings.LANE_RECORDS); offset++) {
      records.add(
          new ConsumerRecord<>(
              PARTITION.topic(), PARTITION.partition(), offset, null, new byte[1]));
    }
    return new ConsumerRecords<>(Map.of(PARTITION, records));
  }

  private void onTheLoop(Runnable what) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.runOnContext(
        v -> {
          what.run();
          done.complete(null);
        });
    done.get(10, TimeUnit.SECONDS);
  }
}
