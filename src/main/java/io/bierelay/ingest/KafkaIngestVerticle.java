package io.bierelay.ingest;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.SchemaRegistry;
import io.bierelay.event.EventType;
import io.bierelay.event.LaneBus;
import io.bierelay.event.PoisonPolicy;
import io.bierelay.ingest.LaneContext.Limits;
import io.bierelay.ingest.ValueSettings.ValueFormat;
import io.bierelay.kafka.KafkaFailure;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.metrics.Meters;
import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.bierelay.status.StatusBeacon;
import io.bierelay.trace.Tracing;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import io.vertx.kafka.client.consumer.KafkaConsumer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka to event bus: subscribes to the configured topics, keeps a {@link Lane} per partition and
 * commits what was confirmed.
 *
 * <pre>
 *   PROBING ──Kafka answers──▶ SUBSCRIBED ──poll fails──▶ CLOSING ──backoff──▶ PROBING
 *      └──away: backoff──┘         └──stop: drain, commit, leave──▶ end
 * </pre>
 */
public final class KafkaIngestVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaIngestVerticle.class);
  private static final Duration TOPIC_CHECK = Duration.ofSeconds(5);

  /** How many instances of a deployment have started: they share its id, and its settings. */
  private static final ConcurrentMap<String, Integer> MEMBERS = new ConcurrentHashMap<>();

  private int member;
  private Settings settings;
  private Map<String, EventType> topics;
  private StatusBeacon beacon;
  private Notifiers notifiers;
  private SubscriptionControls controls;
  private Lanes lanes;
  private SchemaRegistry registry;
  private ValueReader reader;
  private Backoff backoff;
  private @Nullable TopicIds topicIds;
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private Set<String> missing = new TreeSet<>();
  private long topicCheckDue;
  private boolean wasReady;
  private Future<Void> connecting = Future.succeededFuture();
  private boolean stopping;

  /** Deployed by the launcher; reads its settings from the deployment's configuration. */
  @SuppressWarnings("NullAway.Init") // Set in start(), before anything else can run.
  public KafkaIngestVerticle() {}

  @Override
  public Future<?> start() {
    settings = Settings.of(config());
    topics = IngestSettings.topics(settings);
    backoff = new Backoff(Duration.ofMillis(250), settings.get(IngestSettings.RETRY_MAX));
    LaneBus.register(vertx.eventBus());
    controls = new SubscriptionControls(vertx, context, settings, topics);
    lanes = controls.lanes();
    member = MEMBERS.merge(context.deploymentID(), 1, Integer::sum) - 1;
    vertx
        .eventBus()
        .<JsonObject>consumer(
            LaneBus.BLOCKED, m -> lanes.blocked(LaneBus.Blocked.fromJson(m.body())));
    notifiers = new Notifiers(vertx, settings.get(IngestSettings.NOTIFIER_SILENCE));
    notifiers.open();
    registry = new SchemaRegistry(vertx, settings);
    beacon =
        new StatusBeacon(vertx, "KafkaIngestVerticle", context.deploymentID(), lanes::describe);
    vertx.setPeriodic(
        settings.get(IngestSettings.COMMIT_INTERVAL).toMillis(), id -> lanes.commit());
    vertx.setPeriodic(1_000, id -> report());
    controls.open();
    return openReader()
        .onSuccess(
            opened -> {
              reader = opened;
              connect();
            });
  }

  private Future<ValueReader> openReader() {
    if (!settings.get(ValueSettings.DESERIALIZER).isEmpty()) {
      return PluggedValueReader.open(vertx, settings);
    }
    return Future.succeededFuture(
        settings.get(ValueSettings.FORMAT) == ValueFormat.JSON
            ? new JsonValueReader(AvroLimits.of(settings))
            : new AvroValueReader(registry));
  }

  /** Takes nothing more in, lets what is in flight be confirmed, commits, leaves the group. */
  @Override
  public Future<?> stop() {
    stopping = true;
    beacon.stopping();
    controls.close();
    MEMBERS.remove(context.deploymentID());
    // A connect that is under way ends first: what it opens must be closed as well.
    return connecting
        .otherwiseEmpty()
        .compose(v -> lanes.stop())
        .compose(v -> closeClients())
        .onComplete(
            v -> {
              notifiers.close();
              beacon.close();
            })
        .eventually(reader::close)
        .eventually(registry::close);
  }

  private void connect() {
    connecting =
        TopicIds.open(vertx, settings)
            .compose(
                opened -> {
                  topicIds = opened;
                  controls.attach(opened);
                  return opened.describe(topics.keySet());
                })
            .compose(found -> controls.exchange().map(found))
            .compose(found -> subscribe(found.keySet()))
            .onSuccess(
                v -> {
                  backoff.reset();
                  report();
                })
            .onFailure(this::reconnect);
  }

  private Future<Void> subscribe(Set<String> existing) {
    noteMissing(existing);
    TopicIds ids = topicIds;
    if (stopping || ids == null) {
      return Future.succeededFuture();
    }
    // The constructor looks up host names, which blocks.
    return vertx
        .executeBlocking(
            () ->
                new LaneConsumer(
                    KafkaProperties.consumer(settings, member),
                    lanes,
                    new Handover(context, lanes::accept)),
            false)
        .compose(
            lean -> {
              lanes.attach(laneContext(ids), lean, KafkaProperties.clientId(settings, member));
              KafkaConsumer<byte[], byte[]> created = KafkaConsumer.create(vertx, lean);
              consumer = created;
              created.pollTimeout(settings.get(IngestSettings.POLL_TIMEOUT));
              created.exceptionHandler(e -> context.runOnContext(v -> pollFailed(created, e)));
              // It wants one before it polls; the records come by way of the handover.
              created.batchHandler(records -> lanes.accept(records.records()));
              return created.subscribe(topics.keySet());
            });
  }

  private LaneContext laneContext(TopicIds ids) {
    Limits limits =
        new Limits(
            settings.get(IngestSettings.LANE_BYTES),
            settings.get(IngestSettings.BATCH_RECORDS),
            settings.get(IngestSettings.BATCHES_IN_FLIGHT),
            settings.get(IngestSettings.REPLY_TIMEOUT));
    return new LaneContext(
        new EventDecoder(
            reader, settings.get(ValueSettings.TOMBSTONES), new JsonBuffer(), Tracing.of(vertx)),
        ids,
        limits,
        new InFlightBudget(settings.get(IngestSettings.IN_FLIGHT)),
        notifiers,
        settings.get(PoisonPolicy.SETTING),
        Meters.registry(),
        lanes);
  }

  private void pollFailed(KafkaConsumer<byte[], byte[]> failed, Throwable e) {
    if (failed == consumer && !stopping) {
      reconnect(e);
    }
  }

  private void reconnect(Throwable e) {
    if (stopping) {
      return;
    }
    // Credentials that worked before may be under rotation; at the start they are simply wrong.
    if (!wasReady && KafkaFailure.isConfiguration(e)) {
      beacon.failed(where() + KafkaFailure.describe(e));
      return;
    }
    beacon.waiting(where() + KafkaFailure.describe(e));
    closeClients()
        .onComplete(
            v ->
                vertx.setTimer(
                    backoff.nextMs(),
                    timer -> {
                      if (!stopping) {
                        connect();
                      }
                    }));
  }

  private Future<Void> closeClients() {
    KafkaConsumer<byte[], byte[]> current = consumer;
    TopicIds ids = topicIds;
    consumer = null;
    topicIds = null;
    controls.detach();
    Future<Void> closed = current == null ? Future.succeededFuture() : current.close();
    return closed
        .recover(
            e -> {
              LOG.warn("the Kafka consumer did not close cleanly: {}", e.toString());
              return Future.succeededFuture();
            })
        .onComplete(v -> lanes.endAll())
        .eventually(() -> ids == null ? Future.succeededFuture() : ids.close(vertx));
  }

  /** Once a second: says how things stand. */
  private void report() {
    if (stopping || consumer == null) {
      return;
    }
    checkTopics();
    if (!lanes.connected()) {
      beacon.waiting(where() + "no connection to any broker");
    } else if (!missing.isEmpty()) {
      beacon.waiting(
          where()
              + "these topics don't exist, or are not shown to us: "
              + missing
              + "; create them, grant access, or correct kafka.topics or kafka.topic.*");
    } else {
      wasReady = true;
      String absence = notifiers.absence();
      if (absence.isEmpty()) {
        beacon.ready();
      } else {
        beacon.waiting(absence);
      }
    }
  }

  /** Which topics exist, and whether one of them is another than before. */
  private void checkTopics() {
    TopicIds ids = topicIds;
    if (ids == null || System.nanoTime() < topicCheckDue) {
      return;
    }
    topicCheckDue = System.nanoTime() + TOPIC_CHECK.toNanos();
    ids.describe(topics.keySet())
        .onSuccess(
            found -> {
              noteMissing(found.keySet());
              lanes.currentIds(found);
            })
        .onFailure(e -> LOG.debug("could not look for the topics: {}", e.toString()));
  }

  private void noteMissing(Set<String> existing) {
    missing = new TreeSet<>(topics.keySet());
    missing.removeAll(existing);
  }

  private String where() {
    return "Kafka at " + KafkaSettings.address(settings) + ": ";
  }
}
