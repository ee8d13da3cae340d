package io.bierelay.ingest;

import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.Alive;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The notifiers that this consumer's lanes may be opened at: which are there, and what is open at
 * each. One event loop.
 *
 * <p>A process that dies takes its answers with it, and nobody tells. So between processes each
 * notifier speaks every second, and one that is silent for too long is given up: what waits for it
 * fails, and its lanes open themselves at another. Within one process silence means that the
 * machine is busy, and gives nothing up.
 */
final class Notifiers {

  /** Why nothing goes on without one; for people. */
  static final String NOBODY =
      "no notifier on the event bus: no RabbitNotifierVerticle is running in this process, nor in"
          + " one that shares its event bus; enable it in verticles.json, or start both with"
          + " --cluster";

  private static final Logger LOG = LoggerFactory.getLogger(Notifiers.class);

  /** Opening asks RabbitMQ for a lock and a ledger, so it may take longer than a word. */
  private static final long LEAST_OPEN_MS = 10_000;

  private final Vertx vertx;
  private final long silenceNanos;
  private final boolean apart;
  private final Map<String, Long> heard = new HashMap<>();
  private final Map<String, Set<NotifierSession>> sessions = new HashMap<>();
  private final List<MessageConsumer<JsonObject>> consumers = new ArrayList<>();
  private final DeliveryOptions openOptions = new DeliveryOptions();
  private long timer = -1;
  private long lastLook = System.nanoTime();
  private @Nullable String last;

  /**
   * @param silence after which a notifier of another process is given up
   */
  Notifiers(Vertx vertx, Duration silence) {
    this(vertx, silence, vertx.isClustered());
  }

  /**
   * @param apart whether notifiers may be in other processes
   */
  Notifiers(Vertx vertx, Duration silence, boolean apart) {
    this.vertx = vertx;
    this.silenceNanos = silence.toNanos();
    this.apart = apart;
    if (apart) {
      openOptions.setSendTimeout(Math.max(LEAST_OPEN_MS, 2 * silence.toMillis()));
    }
  }

  /** Begins to listen, and asks who is there. */
  void open() {
    MessageConsumer<JsonObject> alive =
        vertx.eventBus().consumer(LaneBus.ALIVE, m -> heard(Alive.fromJson(m.body())));
    consumers.add(alive);
    timer = vertx.setPeriodic(LaneBus.ALIVE_MS, id -> look());
    alive
        .completion()
        .onComplete(v -> vertx.eventBus().publish(LaneBus.WHO_IS_THERE, new JsonObject()));
  }

  /** Listens no more. */
  void close() {
    consumers.forEach(MessageConsumer::unregister);
    vertx.cancelTimer(timer);
  }

  /** Why no lane can be served; empty when one can. */
  String absence() {
    return heard.isEmpty() ? NOBODY : "";
  }

  /** Opens a lane at any of them. */
  Future<NotifierSession> session(OpenRequest request) {
    return vertx
        .eventBus()
        .<JsonObject>request(LaneBus.OPEN, request.toJson(), openOptions)
        .map(reply -> opened(request, OpenReply.fromJson(reply.body())));
  }

  /** Does something later, on this event loop. */
  void later(long ms, Runnable what) {
    vertx.setTimer(ms, id -> what.run());
  }

  /** Nothing waits there any more. */
  void forget(NotifierSession session) {
    Set<NotifierSession> open = sessions.get(session.address());
    if (open != null && open.remove(session) && open.isEmpty()) {
      sessions.remove(session.address());
    }
  }

  private NotifierSession opened(OpenRequest request, OpenReply reply) {
    NotifierSession session = new NotifierSession(vertx, this, request, reply);
    heard.putIfAbsent(reply.address(), System.nanoTime());
    sessions.computeIfAbsent(reply.address(), address -> new HashSet<>()).add(session);
    return session;
  }

  private void heard(Alive word) {
    if (!word.leaving()) {
      heard.put(word.address(), System.nanoTime());
      return;
    }
    heard.remove(word.address());
    sessions
        .getOrDefault(word.address(), Set.of())
        .forEach(session -> session.leaving("the notifier that served the lane is ending"));
  }

  private void look() {
    long now = System.nanoTime();
    if (now - lastLook > 3 * LaneBus.ALIVE_MS * 1_000_000) {
      // This process stood still itself: what was said meanwhile is still on its way here.
      heard.replaceAll((address, at) -> now);
    }
    lastLook = now;
    for (String address : List.copyOf(heard.keySet())) {
      long silent = now - heard.getOrDefault(address, now);
      if (silent > silenceNanos) {
        heard.remove(address);
        if (apart) {
          giveUp(address, silent / 1_000_000);
        }
      }
    }
    if (apart) {
      sessions.values().stream()
          .flatMap(Set::stream)
          .toList()
          .forEach(session -> session.askAbout(now - silenceNanos));
    }
    tell();
  }

  private void giveUp(String address, long silentMs) {
    Set<NotifierSession> open = sessions.remove(address);
    if (open != null) {
      LOG.warn(
          "a notifier has said nothing for {} ms; {} lanes are opened at another",
          silentMs,
          open.size());
      String why =
          "the notifier that served the lane has said nothing for %d ms".formatted(silentMs);
      List.copyOf(open).forEach(session -> session.lost(why));
    }
  }

  /** Once per change, and not before the first had time to answer. */
  private void tell() {
    String now = absence();
    if (!now.equals(last)) {
      if (!now.isEmpty()) {
        LOG.warn("{}; lanes are held until one is there", now);
      } else if (last != null) {
        LOG.info("a notifier is on the event bus");
      }
      last = now;
    }
  }
}
