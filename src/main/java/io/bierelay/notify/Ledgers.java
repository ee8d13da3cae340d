package io.bierelay.notify;

import io.bierelay.event.LaneBus.CloseNotice;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.LaneBus.Resume;
import io.bierelay.metrics.Meters;
import io.bierelay.notify.LedgerRule.Trust;
import io.bierelay.notify.LedgerRule.Verdict;
import io.bierelay.rabbit.BatchPublisher;
import io.bierelay.rabbit.LedgerQueue;
import io.bierelay.rabbit.LedgerQueue.Found;
import io.bierelay.rabbit.RabbitFailure;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.rabbit.TransactingPublisher;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.Counter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks and ledgers of all lanes that one session serves. Whoever has a partition's lock is the
 * only one who publishes it, for the lock and the channel go with the same connection. Context of
 * the notifier.
 */
final class Ledgers {

  private static final Logger LOG = LoggerFactory.getLogger(Ledgers.class);

  /** Half of the channel's window: one part is on its way while another is confirmed. */
  private static final int PART = 16;

  private final Vertx vertx;
  private final RabbitSession session;
  private final BatchDelivery delivery;
  private final Trust trust;
  private final int window;
  private final String life;
  private final Counter doubts = NotifyMetrics.LEDGER_DOUBTS.counter(Meters.registry());
  private final Map<Key, Lane> lanes = new HashMap<>();

  /**
   * A channel stays for as long as the session, for the partition may come back; one that has a
   * turn only as long as the lock.
   */
  private final Map<Key, BatchPublisher> publishers = new HashMap<>();

  /** What is done about a partition waits for what was begun before. */
  private final Map<Key, Future<?>> turns = new HashMap<>();

  private record Key(String topic, int partition) {}

  private record Lane(LedgerQueue queue, LaneLedger ledger, long number) {}

  /** Another connection has the lock. */
  static final class LockedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    LockedException(String lock) {
      super(
          ("another connection has the partition's lock, queue %s: waiting until that connection is"
                  + " gone; RabbitMQ ends a silent one after two heartbeats")
              .formatted(lock),
          null,
          false,
          false);
    }
  }

  /**
   * @param life the broker's witness; empty if only confirmed counts
   */
  Ledgers(
      Vertx vertx, RabbitSession session, BatchDelivery delivery, Settings settings, String life) {
    this.vertx = vertx;
    this.session = session;
    this.delivery = delivery;
    this.trust = settings.get(NotifySettings.LEDGER_TRUST);
    this.window = settings.get(NotifySettings.LEDGER_WINDOW);
    this.life = life;
    if (trust == Trust.ROUTED && !session.broker().keepsWhatIsRouted()) {
      LOG.warn(
          "{}: a quorum queue there may lose what was routed when this process dies, and {} is"
              + " routed: bind classic queues only, take RabbitMQ 4.0 or newer, or set it to"
              + " confirmed",
          session.broker(),
          NotifySettings.LEDGER_TRUST.key());
    }
  }

  /**
   * Takes the lock and reads the ledger.
   *
   * @param number the lane's session from now on
   * @return fails with {@link LockedException} while another connection has the lock
   */
  Future<Resume> open(OpenRequest request, long number) {
    Key key = new Key(request.topic(), request.partition());
    LedgerQueue queue = LedgerQueue.of(request.topic(), request.partition());
    return inTurn(
        key,
        () ->
            settle(key, false)
                .compose(v -> takeTurn(key, queue))
                .compose(v -> queue.take(session))
                .recover(e -> Future.failedFuture(locked(queue, e)))
                .compose(found -> begin(key, queue, request, number, found)));
  }

  /** The lane is done: its lock goes to whoever comes next, once nothing is under way. */
  void close(CloseNotice notice) {
    Key key = new Key(notice.topic(), notice.partition());
    var unused =
        inTurn(
            key,
            () -> {
              Lane lane = lanes.get(key);
              return lane == null || lane.number() != notice.session()
                  ? Future.succeededFuture()
                  : settle(key, notice.committed()).compose(v -> giveUp(key, lane.queue()));
            });
  }

  /** No lane is served any more: as {@link #close}, for all of them. Does not fail. */
  Future<Void> closeAll() {
    return Future.join(
            Map.copyOf(lanes).entrySet().stream()
                .map(
                    entry ->
                        inTurn(
                            entry.getKey(),
                            () ->
                                settle(entry.getKey(), false)
                                    .compose(
                                        v -> giveUp(entry.getKey(), entry.getValue().queue()))))
                .toList())
        .otherwiseEmpty()
        .mapEmpty();
  }

  /** The lane's way to the broker; null if it has none of that number. */
  @Nullable LaneLedger lane(String topic, int partition, long number) {
    Lane lane = lanes.get(new Key(topic, partition));
    return lane == null || lane.number() != number ? null : lane.ledger();
  }

  /** How many partitions are locked. */
  int size() {
    return lanes.size();
  }

  /** As {@link BatchPublisher#oldestPendingMs}, of all channels. */
  long oldestPendingMs() {
    return publishers.values().stream().mapToLong(BatchPublisher::oldestPendingMs).max().orElse(0);
  }

  /** As {@link BatchPublisher#unconfirmed}, of all channels. */
  int unconfirmed() {
    return publishers.values().stream().mapToInt(BatchPublisher::unconfirmed).sum();
  }

  /**
   * Looks whether each lock is there still: an administrator can delete it. A lane whose lock
   * another connection has taken is forgotten, so that its next batch is refused as stale.
   */
  void checkLocks() {
    Map.copyOf(lanes).forEach(this::checkLock);
  }

  private void checkLock(Key key, Lane lane) {
    lane.queue()
        .isTaken(session)
        .compose(
            taken -> {
              if (taken || lane(key.topic(), key.partition(), lane.number()) == null) {
                return Future.succeededFuture();
              }
              doubt(key, "somebody has deleted its lock %s".formatted(lane.queue().lock()));
              return lane.queue().takeAgain(session);
            })
        .onFailure(
            e -> {
              if (RabbitFailure.isLocked(e) && lanes.remove(key, lane)) {
                doubt(
                    key, "another connection has taken its lock %s".formatted(lane.queue().lock()));
              }
            });
  }

  private Future<Resume> begin(
      Key key, LedgerQueue queue, OpenRequest request, long number, Found found) {
    Verdict verdict = LedgerRule.judge(request, found, trust, life);
    if (!verdict.doubt().isEmpty()) {
      doubt(key, verdict.doubt());
    }
    if (found.consumers() > 0) {
      doubt(key, "%d consume its ledger %s".formatted(found.consumers(), queue.ledger()));
    }
    long done = Math.max(verdict.before(), request.committed()) - 1;
    return publisher(key, queue)
        .compose(
            publisher -> {
              LaneLedger ledger =
                  new LaneLedger(
                      vertx,
                      request,
                      queue,
                      publisher,
                      delivery,
                      trust,
                      trust == Trust.ROUTED ? window : PART,
                      life,
                      Math.max(-1, done),
                      () -> declareAgain(key));
              Lane lane =
                  new Lane(queue, found.problem().isEmpty() ? ledger : ledger.muted(), number);
              lanes.put(key, lane);
              return ledger.begin();
            })
        .map(v -> new Resume(verdict.before(), queue.ledger(), queue.lock(), verdict.doubt()))
        .onFailure(e -> lanes.remove(key));
  }

  /**
   * Where also counts what was merely routed, the ledger must not be read before the last channel
   * that published the partition is gone: it may have a transaction to finish, although the lock
   * went with its connection.
   */
  private Future<Void> takeTurn(Key key, LedgerQueue queue) {
    return trust != Trust.ROUTED
        ? Future.succeededFuture()
        : queue
            .takeLock(session)
            .compose(v -> publisher(key, queue))
            .recover(
                e ->
                    RabbitFailure.isLocked(e)
                        ? Future.failedFuture(e)
                        : giveUp(key, queue).transform(given -> Future.failedFuture(e)))
            .mapEmpty();
  }

  private Future<BatchPublisher> publisher(Key key, LedgerQueue queue) {
    BatchPublisher known = publishers.get(key);
    if (known != null) {
      return Future.succeededFuture(known);
    }
    Future<BatchPublisher> opened =
        trust == Trust.ROUTED
            ? session.transactingPublisher(queue.turn()).map(publisher -> publisher)
            : session.groupingPublisher(window).map(publisher -> publisher);
    return opened.onSuccess(publisher -> publishers.put(key, publisher));
  }

  /** Others may have the partition. The turn comes first: whoever has the lock finds it free. */
  private Future<Void> giveUp(Key key, LedgerQueue queue) {
    Future<Void> ended = Future.succeededFuture();
    if (publishers.get(key) instanceof TransactingPublisher publisher) {
      publishers.remove(key);
      ended = publisher.end();
    }
    return ended.compose(v -> queue.release(session));
  }

  private Future<Void> settle(Key key, boolean committed) {
    Lane lane = lanes.remove(key);
    return lane == null ? Future.succeededFuture() : lane.ledger().close(committed);
  }

  private void declareAgain(Key key) {
    Lane lane = lanes.get(key);
    if (lane != null) {
      doubt(key, "somebody has deleted its ledger %s".formatted(lane.queue().ledger()));
      lane.queue().declare(session).onSuccess(v -> lane.ledger().again());
    }
  }

  private void doubt(Key key, String why) {
    doubts.increment();
    LOG.warn(
        "{}-{} is published at least once until its ledger is written again: {}",
        key.topic(),
        key.partition(),
        why);
  }

  private static Throwable locked(LedgerQueue queue, Throwable e) {
    if (RabbitFailure.isInUse(e)) {
      return new LockedException(queue.turn());
    }
    return RabbitFailure.isLocked(e) ? new LockedException(queue.lock()) : e;
  }

  private <T> Future<T> inTurn(Key key, Supplier<Future<T>> what) {
    Future<?> before = Objects.requireNonNullElse(turns.get(key), Future.succeededFuture());
    Future<T> turn = before.transform(done -> what.get());
    turns.put(key, turn);
    return turn;
  }
}
