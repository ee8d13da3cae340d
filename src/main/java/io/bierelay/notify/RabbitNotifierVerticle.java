package io.bierelay.notify;

import io.bierelay.event.BatchReply;
import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.CloseNotice;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.LaneBus.Resume;
import io.bierelay.event.NotificationBatch;
import io.bierelay.metrics.Meters;
import io.bierelay.notify.Ledgers.LockedException;
import io.bierelay.notify.NotifySettings.Delivery;
import io.bierelay.notify.NotifySettings.Unroutable;
import io.bierelay.rabbit.BrokerWitness;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.EventExchanges;
import io.bierelay.rabbit.ParkedEvents;
import io.bierelay.rabbit.RabbitFailure;
import io.bierelay.rabbit.RabbitLink;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.rabbit.UnroutableException;
import io.bierelay.settings.Settings;
import io.bierelay.status.StatusBeacon;
import io.bierelay.trace.Tracing;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Event bus to exchange: publishes each lane's batches in order and answers after the broker's
 * confirm. Its side of {@link LaneBus}.
 *
 * <p>A lane's session ends with the first failure in it: later batches of that session, already on
 * their way, are refused, so that nothing overtakes what is sent again.
 */
public final class RabbitNotifierVerticle extends VerticleBase {

  private static final long LOCK_CHECK_MS = 5_000;

  /** Well within {@code launch.stop.timeout}, of which closing the session needs a part. */
  private static final long DRAIN_MS = 8_000;

  private static final long GIVE_BACK_MS = 2_000;

  private Settings settings;
  private EventCatalog catalog;
  private BatchDelivery delivery;
  private StatusBeacon beacon;
  private RabbitLink link;
  private Timer confirmTime;
  private Counter sessionsOpened;
  private String address;
  private final LaneSessions laneSessions = new LaneSessions();
  private @Nullable PublishingChannels channels;
  private @Nullable Ledgers ledgers;
  private String downReason = "not connected to RabbitMQ yet";
  private volatile String blocked = "";
  private int delivering;
  private boolean leaving;
  private final Promise<Void> quiet = Promise.promise();
  private long lastBlockedNanos = System.nanoTime();

  /** Deployed by the launcher; reads its settings from the deployment's configuration. */
  @SuppressWarnings("NullAway.Init") // Set in start(), before anything else can run.
  public RabbitNotifierVerticle() {}

  @Override
  public Future<?> start() {
    settings = Settings.of(config());
    catalog = EventCatalog.of(settings);
    delivery = new BatchDelivery(new MessageWriter(catalog, Tracing.of(vertx)), settings);
    address = "bie.lane." + UUID.randomUUID();
    MeterRegistry meters = Meters.registry();
    confirmTime = NotifyMetrics.CONFIRM_TIME.timer(meters);
    sessionsOpened = NotifyMetrics.SESSIONS.counter(meters);
    NotifyMetrics.UNCONFIRMED.gauge(meters, this::unconfirmed);
    NotifyMetrics.BLOCKED.gauge(meters, () -> blocked.isEmpty() ? 0 : 1);
    NotifyMetrics.LOCKS.gauge(meters, this::locks);
    beacon = new StatusBeacon(vertx, "RabbitNotifierVerticle", context.deploymentID());
    LaneBus.register(vertx.eventBus());
    vertx.eventBus().consumer(address, this::take);
    vertx.eventBus().consumer(LaneBus.OPEN, this::open);
    vertx.eventBus().consumer(LaneBus.CLOSE, this::close);
    vertx.eventBus().consumer(LaneBus.WHO_IS_THERE, asked -> sayAlive());
    vertx.eventBus().consumer(address + LaneBus.UNDER_WAY, this::tellUnderWay);
    link =
        new RabbitLink(
            vertx, settings, "bie-relay notifier", this::setUp, this::down, beacon::failed);
    link.start();
    vertx.setPeriodic(250, id -> watch());
    vertx.setPeriodic(LOCK_CHECK_MS, id -> checkLocks());
    vertx.setPeriodic(LaneBus.ALIVE_MS, id -> sayAlive());
    return Future.succeededFuture();
  }

  /**
   * Takes nothing more, and lets what it has be confirmed: lanes of other processes go on at
   * another notifier then, and nothing is sent twice. Those of its own process ended before it.
   */
  @Override
  public Future<?> stop() {
    beacon.stopping();
    leaving = true;
    sayAlive();
    if (delivering == 0) {
      quiet.tryComplete();
    }
    vertx.setTimer(DRAIN_MS, id -> quiet.tryComplete());
    return quiet
        .future()
        .compose(v -> givenBack())
        .compose(v -> link.stop())
        .onComplete(v -> beacon.close());
  }

  /** The last notes are written, and the locks are free for whoever serves the lanes next. */
  private Future<Void> givenBack() {
    Ledgers current = ledgers;
    Promise<Void> done = Promise.promise();
    vertx.setTimer(GIVE_BACK_MS, id -> done.tryComplete());
    Future<Void> closed = current == null ? Future.succeededFuture() : current.closeAll();
    closed.onComplete(v -> done.tryComplete());
    return done.future();
  }

  private void tellUnderWay(Message<JsonObject> asked) {
    JsonArray sequences = new JsonArray();
    laneSessions.underWay(asked.body().getLong("session")).forEach(sequences::add);
    asked.reply(new JsonObject().put("sequences", sequences));
  }

  private void sayAlive() {
    vertx.eventBus().publish(LaneBus.ALIVE, new LaneBus.Alive(address, leaving).toJson());
  }

  private Future<Void> setUp(RabbitSession session) {
    return session
        .withChannel(
            channel -> {
              for (EventType type : catalog.types()) {
                EventExchanges.declare(channel, settings, type.exchange());
              }
              DeadLetters.declare(channel);
              return true;
            })
        .compose(v -> parking(session))
        .compose(v -> PublishingChannels.open(session, settings))
        .compose(opened -> ledgers(session).map(opened))
        .onSuccess(
            opened -> {
              channels = opened;
              sessionsOpened.increment();
              lastBlockedNanos = System.nanoTime();
              beacon.ready();
            })
        .mapEmpty();
  }

  /** Without exactly-once there are none. */
  private Future<Void> ledgers(RabbitSession session) {
    if (settings.get(NotifySettings.DELIVERY) != Delivery.EXACTLY_ONCE) {
      return Future.succeededFuture();
    }
    Future<String> life =
        NotifySettings.trustsRouting(settings)
            ? BrokerWitness.of(session)
            : Future.succeededFuture("");
    return life.onSuccess(found -> ledgers = new Ledgers(vertx, session, delivery, settings, found))
        .mapEmpty();
  }

  private Future<Void> parking(RabbitSession session) {
    return settings.get(NotifySettings.UNROUTABLE) == Unroutable.PARK
        ? ParkedEvents.declare(session, settings.get(NotifySettings.PARKED_MAX_BYTES))
        : Future.succeededFuture();
  }

  private void down(String reason) {
    channels = null;
    ledgers = null;
    delivery.sessionEnded(reason);
    tellBlocked("");
    laneSessions.endAll();
    downReason = reason;
    beacon.waiting(reason);
  }

  private void open(Message<JsonObject> message) {
    OpenRequest request = OpenRequest.fromJson(message.body());
    if (channels == null || leaving) {
      message.fail(LaneBus.TRANSIENT, leaving ? "this notifier is ending" : downReason);
      return;
    }
    if (catalog.types().stream().noneMatch(type -> type.name().equals(request.eventType()))) {
      message.fail(
          LaneBus.TRANSIENT,
          "event type '%s' is not known to this notifier; set event.types alike everywhere"
              .formatted(request.eventType()));
      return;
    }
    long session = laneSessions.nextNumber();
    Ledgers current = ledgers;
    Future<Resume> resume =
        current == null ? Future.succeededFuture(Resume.NOTHING) : current.open(request, session);
    resume
        .onSuccess(
            known -> {
              if (current == ledgers) {
                laneSessions.begin(request, session);
              }
              message.reply(new OpenReply(address, session, known).toJson());
            })
        .onFailure(
            e ->
                message.fail(
                    e instanceof LockedException ? LaneBus.LOCKED : LaneBus.TRANSIENT,
                    e instanceof LockedException ? e.getMessage() : RabbitFailure.describe(e)));
  }

  private void close(Message<JsonObject> message) {
    CloseNotice notice = CloseNotice.fromJson(message.body());
    Ledgers current = ledgers;
    laneSessions.end(notice);
    if (current != null) {
      // Also a lane whose session failed before still has its lock.
      current.close(notice);
    }
  }

  private void checkLocks() {
    Ledgers current = ledgers;
    if (current != null) {
      current.checkLocks();
    }
  }

  private void take(Message<NotificationBatch> message) {
    NotificationBatch batch;
    try {
      batch = message.body();
    } catch (RuntimeException e) {
      // From another process, whose version writes what this one can't read.
      message.fail(LaneBus.TRANSIENT, "can't read a batch: " + e.getMessage());
      return;
    }
    String refusal = laneSessions.refusal(batch);
    PublishingChannels current = channels;
    if (current == null || leaving || refusal != null) {
      laneSessions.answered(batch);
      message.fail(
          LaneBus.STALE_SESSION,
          leaving
              ? "this notifier is ending"
              : current == null ? downReason : String.valueOf(refusal));
      return;
    }
    publish(message, batch, current);
  }

  private void publish(
      Message<NotificationBatch> message, NotificationBatch batch, PublishingChannels current) {
    long begun = System.nanoTime();
    Ledgers kept = ledgers;
    LaneLedger lane =
        kept == null ? null : kept.lane(batch.topic(), batch.partition(), batch.session());
    if (kept != null && lane == null) {
      laneSessions.answered(batch);
      refuse(message, new IllegalStateException("the partition's lock is another's"));
      return;
    }
    Future<BatchReply> delivered =
        lane == null
            ? delivery.deliver(current.of(batch.topic(), batch.partition()), batch.items())
            : lane.publish(batch.items());
    delivering++;
    delivered
        .onSuccess(
            reply -> {
              confirmTime.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              message.reply(reply.toJson());
            })
        .onFailure(e -> refuse(message, e))
        .onComplete(done -> settled(batch));
  }

  private void settled(NotificationBatch batch) {
    laneSessions.answered(batch);
    delivering--;
    if (leaving && delivering == 0) {
      quiet.tryComplete();
    }
  }

  private void refuse(Message<NotificationBatch> message, Throwable e) {
    laneSessions.end(message.body());
    message.fail(BatchDelivery.codeOf(e), e.getMessage());
    RabbitSession session = link.session();
    if (session != null
        && e instanceof UnroutableException unroutable
        && unroutable.exchange().equals(DeadLetters.NAME)) {
      // Somebody has deleted its queue: the next session declares it again.
      session.end("the queue of dead letters is gone; declaring it again");
    }
  }

  /** Shows an alarm of the broker, and gives up a session whose confirms are overdue. */
  private void watch() {
    RabbitSession session = link.session();
    PublishingChannels current = channels;
    if (session == null || current == null) {
      return;
    }
    if (!session.blockedReason().isEmpty()) {
      // The confirms can't come while the broker reads nothing: their time does not run.
      lastBlockedNanos = System.nanoTime();
      String reason =
          "RabbitMQ takes no messages (%s); free its memory or disk, or raise the limit"
              .formatted(session.blockedReason());
      beacon.waiting(reason);
      tellBlocked(reason);
      return;
    }
    tellBlocked("");
    beacon.ready();
    Duration timeout = settings.get(NotifySettings.CONFIRM_TIMEOUT);
    long sinceBlockedMs = (System.nanoTime() - lastBlockedNanos) / 1_000_000;
    Ledgers kept = ledgers;
    long oldestMs = Math.max(current.oldestPendingMs(), kept == null ? 0 : kept.oldestPendingMs());
    if (Math.min(oldestMs, sinceBlockedMs) > timeout.toMillis()) {
      session.end("no confirm within %s; what is unconfirmed is sent again".formatted(timeout));
    }
  }

  private void tellBlocked(String reason) {
    if (!reason.isEmpty() || !blocked.isEmpty()) {
      vertx.eventBus().publish(LaneBus.BLOCKED, new LaneBus.Blocked(address, reason).toJson());
    }
    blocked = reason;
  }

  private int unconfirmed() {
    PublishingChannels current = channels;
    Ledgers kept = ledgers;
    return (current == null ? 0 : current.unconfirmed()) + (kept == null ? 0 : kept.unconfirmed());
  }

  private int locks() {
    Ledgers kept = ledgers;
    return kept == null ? 0 : kept.size();
  }
}
