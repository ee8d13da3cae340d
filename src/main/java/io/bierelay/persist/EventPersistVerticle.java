package io.bierelay.persist;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.metrics.Meters;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.RabbitLink;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.settings.Settings;
import io.bierelay.status.StatusBeacon;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Stores each notification of the workflow's queues as one row, or gives it up to the dead letters.
 *
 * <pre>
 *               RabbitMQ: away ⇄ session (queues declared, not consumed) ──┐
 *                                                                         ├─ both → consuming, READY
 *   PostgreSQL: away ⇄ migrated and takes writes ──────────────────────────┘
 * </pre>
 *
 * <p>The queues are declared as soon as RabbitMQ is there, so that they collect while PostgreSQL is
 * away. Once consuming, it goes on consuming while PostgreSQL is away: what is delivered waits, and
 * the prefetch stops the flow.
 */
@SuppressWarnings("NullAway.Init") // Fields are set in start, before anything else runs.
public final class EventPersistVerticle extends VerticleBase {

  private static final String NAME = "EventPersistVerticle";
  private static final long COUNT_MS = 10_000;
  private static final long DEPTH_MS = 2_000;
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private Settings settings;

  /** Declared whoever consumes them, so that they collect. */
  private List<WorkflowQueue> all;

  private List<WorkflowQueue> queues;
  private NotificationReader reader;
  private PersistMeters meters;
  private StatusBeacon beacon;
  private Database database;
  private DatabaseWatch watch;
  private PatientStore store;
  private RabbitLink link;
  private @Nullable SessionHandlers work;
  private boolean prepared;
  private boolean databaseUp;
  private DeadLetterDesk desk;
  private WorkflowView view;
  private long depthTimer;
  private long countTimer;
  private String databaseReason = "";
  private String rabbitReason = "";
  private boolean ended;

  @Override
  public Future<?> start() {
    settings = Settings.of(config());
    EventCatalog catalog = EventCatalog.of(settings);
    List<String> types = catalog.types().stream().map(EventType::name).toList();
    all = catalog.types().stream().map(WorkflowQueue::of).toList();
    List<String> own = settings.get(QueueSettings.EVENT_TYPES);
    queues =
        all.stream().filter(queue -> own.isEmpty() || own.contains(queue.type().name())).toList();
    meters = new PersistMeters(Meters.registry());
    PrivacyPolicy policy = PrivacyPolicy.of(settings);
    reader = new NotificationReader(catalog, new EventPlan(settings, policy, meters::unknownField));
    database =
        new Database(vertx, settings, types, SessionHandlers.batches(settings, queues.size()));
    store = new PatientStore(vertx, settings, new EventStore(database), meters, this::tellStatus);
    beacon = new StatusBeacon(vertx, NAME, deploymentID(), this::subscriptions);
    watch =
        new DatabaseWatch(
            vertx, settings, database, this::databaseUp, this::databaseDown, this::failed);
    link = new RabbitLink(vertx, settings, NAME, this::setUp, this::rabbitDown, this::failed);
    desk =
        new DeadLetterDesk(
            vertx,
            settings,
            catalog,
            new DeadLetterAudit(database, settings, policy.mask()),
            meters);
    desk.open();
    countTimer = vertx.setPeriodic(1_000, COUNT_MS, id -> countDeadLetters());
    QueueDepths depths =
        new QueueDepths(queues, () -> work == null ? null : link.session(), meters);
    view = new WorkflowView(queues, depths, database, meters);
    depthTimer = vertx.setPeriodic(DEPTH_MS, id -> depths.ask());
    watch.start();
    link.start();
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    ended = true;
    beacon.stopping();
    watch.stop();
    desk.close();
    vertx.cancelTimer(countTimer);
    vertx.cancelTimer(depthTimer);
    SessionHandlers current = work;
    Future<Void> finished = current == null ? Future.succeededFuture() : current.stop(STOP_LIMIT);
    // What waits for PostgreSQL sees that it is not wanted any more, and ends.
    store.retryNow();
    return finished
        .eventually(link::stop)
        .eventually(database::close)
        .eventually(
            () -> {
              beacon.close();
              return Future.succeededFuture();
            });
  }

  private Future<Void> setUp(RabbitSession session) {
    return session
        .withChannel(
            channel -> {
              WorkflowQueue.declareAll(channel, settings, all);
              return all;
            })
        .compose(
            declared ->
                SessionHandlers.open(vertx, settings, session, queues, reader, store, meters))
        .compose(
            opened -> {
              work = opened;
              rabbitReason = "";
              return consumeIfPossible();
            });
  }

  /** Whoever is away is told elsewhere; here the last count stays. */
  private void countDeadLetters() {
    RabbitSession session = link.session();
    if (session != null && work != null) {
      session
          .withChannel(channel -> (int) channel.messageCount(DeadLetters.NAME))
          .onSuccess(count -> meters.deadLetters(count, settings.get(DeadLetterSettings.ALERT)));
    }
  }

  private Future<Void> consumeIfPossible() {
    SessionHandlers current = work;
    if (current == null || !prepared || ended) {
      return Future.succeededFuture();
    }
    return current.consume().onSuccess(v -> tellStatus());
  }

  private void databaseUp() {
    prepared = true;
    databaseUp = true;
    databaseReason = "";
    store.retryNow();
    // A failure ends the session, which is told from there.
    consumeIfPossible().onComplete(done -> tellStatus());
  }

  private void databaseDown(String reason) {
    databaseUp = false;
    databaseReason = reason;
    tellStatus();
  }

  private void rabbitDown(String reason) {
    work = null;
    rabbitReason = reason;
    tellStatus();
  }

  private void failed(String reason) {
    if (!ended) {
      ended = true;
      beacon.failed(reason);
    }
  }

  private void tellStatus() {
    if (ended) {
      return;
    }
    StringJoiner reasons = new StringJoiner("; ");
    if (!rabbitReason.isEmpty()) {
      reasons.add(rabbitReason);
    }
    if (!databaseReason.isEmpty()) {
      reasons.add(databaseReason);
    } else if (!store.reason().isEmpty()) {
      reasons.add(store.reason());
    }
    if (reasons.length() > 0) {
      beacon.waiting(reasons.toString());
    } else if (databaseUp && work != null && work.isConsuming()) {
      beacon.ready();
    }
  }

  private JsonArray subscriptions() {
    return view == null
        ? new JsonArray() // The beacon is there before all others.
        : view.describe(work, rabbitReason, databaseUp, databaseReason());
  }

  private String databaseReason() {
    return databaseReason.isEmpty() ? store.reason() : databaseReason;
  }
}
