package io.bierelay.ingest;

import io.bierelay.event.EventType;
import io.bierelay.ingest.GroupView.KafkaSide;
import io.bierelay.ingest.IngestPeers.Peer;
import io.bierelay.metrics.Meters;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts one consumer's lanes together with what people see of them and do to them. Event loop.
 *
 * <p>Once a second it exchanges with the fleet's store what people said, and every two seconds it
 * asks where those partitions end from which the consumer does not fetch.
 */
final class SubscriptionControls {

  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionControls.class);
  private static final long EXCHANGE_MS = 1_000;
  private static final long ENDS_MS = 2_000;

  private final Vertx vertx;
  private final Context context;
  private final Settings settings;
  private final IngestPeers peers;
  private final Lanes lanes;
  private final Peer own;
  private final FleetWords fleet;
  private final PauseDesk pauses;
  private final SubscriptionDesk desk;
  private final int timeoutMs;
  private @Nullable KafkaSide kafka;

  SubscriptionControls(
      Vertx vertx, Context context, Settings settings, Map<String, EventType> topics) {
    this.vertx = vertx;
    this.context = context;
    this.settings = settings;
    String group = settings.get(IngestSettings.GROUP);
    timeoutMs = (int) settings.get(IngestSettings.PROBE_TIMEOUT).toMillis();
    peers = IngestPeers.of(vertx);
    LaneStops stops = new LaneStops(peers.pauses());
    lanes = new Lanes(vertx, context, settings, new LaneGauges(Meters.registry()), stops);
    own =
        new Peer(
            context,
            lanes,
            new LaneMoves(
                vertx, context, lanes, stops, settings.get(IngestSettings.DRAIN_TIMEOUT)));
    fleet = new FleetWords(vertx, group, peers);
    GroupView view = new GroupView(group, topics, fleet, () -> Optional.ofNullable(kafka));
    Whereabouts whereabouts = new Whereabouts(topics, view);
    pauses = new PauseDesk(vertx, group, peers, whereabouts);
    SeekDesk seeks =
        new SeekDesk(peers, whereabouts, () -> Optional.ofNullable(kafka).map(KafkaSide::offsets));
    desk = new SubscriptionDesk(vertx, view, pauses, seeks);
  }

  Lanes lanes() {
    return lanes;
  }

  /** Begins to answer. */
  void open() {
    peers.join(own);
    fleet.open();
    desk.open();
    vertx.setPeriodic(EXCHANGE_MS, id -> exchangeIfFirst());
    vertx.setPeriodic(ENDS_MS, id -> lookForEnds());
  }

  /** Answers no more. */
  void close() {
    desk.close();
    fleet.close();
    peers.leave(own);
  }

  /** Kafka's client is open. */
  void attach(TopicIds ids) {
    kafka =
        new KafkaSide(
            new ConsumerGroup(context, ids.admin(), settings.get(IngestSettings.GROUP), timeoutMs),
            new KafkaOffsets(
                context, ids.admin(), settings.get(IngestSettings.ISOLATION), timeoutMs),
            new OldestRecords(context, settings));
  }

  /** Kafka's client is closed. */
  void detach() {
    kafka = null;
  }

  /**
   * Learns what people said before this process began, before anything is published; see {@link
   * PauseDesk#exchange}.
   */
  Future<Void> exchange() {
    return pauses.exchange();
  }

  private void exchangeIfFirst() {
    if (peers.isFirst(own)) {
      var unused = pauses.exchange();
    }
  }

  private void lookForEnds() {
    KafkaSide side = kafka;
    LaneConsumer consumer = lanes.consumer();
    if (side == null || consumer == null) {
      return;
    }
    Set<TopicPartition> partitions = consumer.held();
    if (!partitions.isEmpty()) {
      side.offsets()
          .ends(partitions)
          .onSuccess(ends -> lanes.view().ends(ends))
          .onFailure(e -> LOG.debug("could not ask where partitions end: {}", e.toString()));
    }
  }
}
