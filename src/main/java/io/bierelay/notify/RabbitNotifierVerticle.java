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
import io.bierelay.notify.LedgerRule.Trust;
import io.bierelay.notify.Ledgers.LockedException;
import io.bierelay.notify.NotifySettings.Delivery;
import io.bierelay.notify.NotifySettings.Unroutable;
import io.bierelay.rabbit.BrokerWitness;
import io.bierelay.rabbit.ConfirmingPublisher;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.EventExchanges;
import io.bierelay.rabbit.ParkedEvents;
import io.bierelay.rabbit.RabbitFailure;
import io.bierelay.rabbit.RabbitLink;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.rabbit.UnroutableException;
import io.bierelay.settings.Settings;
import io.bierelay.status.StatusBeacon;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
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

  private Settings settings;
  private EventCatalog catalog;
  private BatchDelivery delivery;
  private StatusBeacon beacon;
  private RabbitLink link;
  private Timer confirmTime;
  private Counter sessionsOpened;
  private String address;
  private final Map<String, Long> laneSessions = new HashMap<>();
  private @Nullable ConfirmingPublisher publisher;
  private @Nullable Ledgers ledgers;
  private String downReason = "not connected to RabbitMQ yet";
  private volatile String blocked = "";
  private long sessionIds;
  private long lastBlockedNanos = System.nanoTime();

  /** Deployed by the launcher; reads its settings from the deployment's configuration. */
  @SuppressWarnings("NullAway.Init") // Set in start(), before anything else can run.
  public RabbitNotifierVerticle() {}

  @Override
  public Future<?> start() {
    settings = Settings.of(config());
    catalog = EventCatalog.of(settings);
    delivery = new BatchDelivery(new MessageWriter(catalog), settings);
    address = "bie.lane." + UUID.randomUUID();
    MeterRegistry meters = Meters.registry();
    confirmTime = NotifyMetrics.CONFIRM_TIME.timer(meters);
    sessionsOpened = NotifyMetrics.SESSIONS.counter(meters);
    NotifyMetrics.UNCONFIRMED.gauge(meters, this::unconfirmed);
    NotifyMetrics.BLOCKED.gauge(meters, () -> blocked.isEmpty() ? 0 : 1);
    NotifyMetrics.LOCKS.gauge(meters, this::locks);
    beacon = new StatusBeacon(vertx, "RabbitNotifierVerticle", context.deploymentID());
    LaneBus.register(vertx.eventBus());
    vertx.eventBus().<NotificationBatch>localConsumer(address, this::publish);
    vertx.eventBus().consumer(LaneBus.OPEN, this::open);
    vertx.eventBus().consumer(LaneBus.CLOSE, this::close);
    link =
        new RabbitLink(
            vertx, settings, "bie-relay notifier", this::setUp, this::down, beacon::failed);
    link.start();
    vertx.setPeriodic(250, id -> watch());
    vertx.setPeriodic(LOCK_CHECK_MS, id -> checkLocks());
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    beacon.stopping();
    return link.stop().onComplete(v -> beacon.close());
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
        .compose(v -> session.publisher(settings.get(NotifySettings.CONFIRM_WINDOW)))
        .compose(opened -> ledgers(session).map(opened))
        .onSuccess(
            opened -> {
              publisher = opened;
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
        settings.get(NotifySettings.LEDGER_TRUST) == Trust.ROUTED
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
    publisher = null;
    ledgers = null;
    delivery.sessionEnded(reason);
    tellBlocked("");
    laneSessions.clear();
    downReason = reason;
    beacon.waiting(reason);
  }

  private void open(Message<JsonObject> message) {
    OpenRequest request = OpenRequest.fromJson(message.body());
    if (publisher == null) {
      message.fail(LaneBus.TRANSIENT, downReason);
      return;
    }
    if (catalog.types().stream().noneMatch(type -> type.name().equals(request.eventType()))) {
      message.fail(
          LaneBus.TRANSIENT,
          "event type '%s' is not known to this notifier; set event.types alike everywhere"
              .formatted(request.eventType()));
      return;
    }
    long session = ++sessionIds;
    Ledgers current = ledgers;
    Future<Resume> resume =
        current == null ? Future.succeededFuture(Resume.NOTHING) : current.open(request, session);
    resume
        .onSuccess(
            known -> {
              if (current == ledgers) {
                laneSessions.put(key(request.topic(), request.partition()), session);
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
    laneSessions.remove(key(notice.topic(), notice.partition()), notice.session());
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

  private void publish(Message<NotificationBatch> message) {
    NotificationBatch batch = message.body();
    ConfirmingPublisher current = publisher;
    if (current == null || !isCurrent(batch)) {
      message.fail(
          LaneBus.STALE_SESSION,
          current == null ? downReason : "an earlier batch of the partition failed");
      return;
    }
    long begun = System.nanoTime();
    Ledgers kept = ledgers;
    LaneLedger lane =
        kept == null ? null : kept.lane(batch.topic(), batch.partition(), batch.session());
    if (kept != null && lane == null) {
      refuse(message, new IllegalStateException("the partition's lock is another's"));
      return;
    }
    Future<BatchReply> delivered =
        lane == null ? delivery.deliver(current, batch.items()) : lane.publish(batch.items());
    delivered
        .onSuccess(
            reply -> {
              confirmTime.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              message.reply(reply.toJson());
            })
        .onFailure(e -> refuse(message, e));
  }

  private void refuse(Message<NotificationBatch> message, Throwable e) {
    NotificationBatch batch = message.body();
    if (isCurrent(batch)) {
      laneSessions.remove(key(batch.topic(), batch.partition()));
    }
    message.fail(BatchDelivery.codeOf(e), e.getMessage());
    RabbitSession session = link.session();
    if (session != null
        && e instanceof UnroutableException unroutable
        && unroutable.exchange().equals(DeadLetters.NAME)) {
      // Somebody has deleted its queue: the next session declares it again.
      session.end("the queue of dead letters is gone; declaring it again");
    }
  }

  private boolean isCurrent(NotificationBatch batch) {
    Long session = laneSessions.get(key(batch.topic(), batch.partition()));
    return session != null && session == batch.session();
  }

  /** Shows an alarm of the broker, and gives up a session whose confirms are overdue. */
  private void watch() {
    RabbitSession session = link.session();
    ConfirmingPublisher current = publisher;
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
    ConfirmingPublisher current = publisher;
    Ledgers kept = ledgers;
    return (current == null ? 0 : current.unconfirmed()) + (kept == null ? 0 : kept.unconfirmed());
  }

  private int locks() {
    Ledgers kept = ledgers;
    return kept == null ? 0 : kept.size();
  }

  private static String key(String topic, int partition) {
    return topic + '/' + partition;
  }
}
