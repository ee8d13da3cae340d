package io.bierelay.persist;

import io.bierelay.rabbit.ConfirmingPublisher;
import io.bierelay.rabbit.OutboundMessage;
import io.bierelay.rabbit.RabbitConsumer;
import io.bierelay.rabbit.RabbitDelivery;
import io.bierelay.rabbit.RabbitFailure;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.rabbit.RabbitSessionOverException;
import io.bierelay.settings.Settings;
import io.bierelay.trace.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Date;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what one RabbitMQ session delivers, in batches, to the database, and acknowledges it.
 *
 * <pre>
 *   delivered → waits for its batch (size or linger) → stored / given up → finished → acknowledged
 * </pre>
 *
 * <p>Up to two batches are in flight: while PostgreSQL commits one, the next is read and sent. When
 * the session is over, its delivery tags mean nothing any more: what waits is forgotten, since it
 * is delivered again, and what is in flight may be stored but is not acknowledged.
 *
 * <p>Belongs to one verticle instance and is used on its context.
 */
final class SessionWork {

  private static final Logger LOG = LoggerFactory.getLogger(SessionWork.class);
  private static final Logger STORED = LoggerFactory.getLogger("io.bierelay.persist.stored");
  static final int MAX_IN_FLIGHT = 2;

  /**
   * Batches of up to so many rows are logged row by row. A fuller one means that a backlog is being
   * drained: then a line for each would cost a fifth of all, and nobody would read them.
   */
  private static final int NAMED_EACH = 20;

  /** Of messages' bodies: what a batch holds in memory, several times over, is bounded by it. */
  private static final long MAX_BATCH_BYTES = 8L << 20;

  private final Vertx vertx;
  private final RabbitSession session;
  private final RabbitConsumer consumer;
  private final ConfirmingPublisher deadLetters;
  private final NotificationReader reader;
  private final PatientStore store;
  private final PersistMeters meters;
  private final Tracing tracing;
  private final int batchSize;
  private final long lingerNanos;
  private final Map<String, WorkflowQueue> queues = new HashMap<>();
  private final UnackedCounts unacked;
  private final List<String> consumerTags = new ArrayList<>();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final Deque<List<RabbitDelivery>> atWork = new ArrayDeque<>();
  private final AckLedger ledger = new AckLedger();
  private final Promise<Void> idle = Promise.promise();
  private int inFlight;
  private long lingerTimer = -1;
  private boolean started;
  private boolean consuming;
  private boolean stopping;
  private boolean over;

  private record Waiting(RabbitDelivery delivery, long arrivedNanos) {}

  SessionWork(
      Vertx vertx,
      Settings settings,
      RabbitSession session,
      RabbitConsumer consumer,
      ConfirmingPublisher deadLetters,
      List<WorkflowQueue> queues,
      NotificationReader reader,
      PatientStore store,
      PersistMeters meters) {
    this.vertx = vertx;
    this.session = session;
    this.consumer = consumer.handler(this::delivered);
    this.deadLetters = deadLetters;
    this.reader = reader;
    this.store = store;
    this.meters = meters;
    this.tracing = Tracing.of(vertx);
    this.batchSize = settings.get(PersistSettings.BATCH_SIZE);
    this.lingerNanos = settings.get(PersistSettings.BATCH_LINGER).toNanos();
    for (WorkflowQueue queue : queues) {
      this.queues.put(queue.name(), queue);
    }
    this.unacked = new UnackedCounts(this.queues.keySet(), meters);
    session.over().onComplete(done -> over());
  }

  /**
   * Begins to consume all queues, once; a failure ends the session.
   *
   * @return completes when the broker has taken all consumers
   */
  Future<Void> consume() {
    if (started || stopping || over) {
      return Future.succeededFuture();
    }
    started = true;
    return Future.all(
            queues.keySet().stream()
                .map(queue -> consumer.consume(queue).onSuccess(consumerTags::add))
                .toList())
        .onSuccess(all -> consuming = !over)
        .onFailure(e -> session.end(RabbitFailure.describe(e)))
        .mapEmpty();
  }

  /** Whether all queues are being consumed. */
  boolean isConsuming() {
    return consuming && !stopping && !over;
  }

  /** How many messages of a queue are delivered and not finished. */
  int unacked(String queue) {
    return unacked.of(queue);
  }

  /** When the oldest of these was received from Kafka; null if there is none, or it says not. */
  @Nullable Instant oldest(String queue) {
    return Stream.concat(
            atWork.stream().flatMap(List::stream), waiting.stream().map(Waiting::delivery))
        .filter(delivery -> delivery.queue().equals(queue))
        .findFirst()
        .map(delivery -> delivery.properties().getTimestamp())
        .map(Date::toInstant)
        .orElse(null);
  }

  /**
   * Takes nothing more in and finishes what is in flight; what waits for a batch is given back.
   *
   * @param limit how long that may take
   */
  Future<Void> stop(Duration limit) {
    stopping = true;
    waiting.clear();
    vertx.cancelTimer(lingerTimer);
    List<Future<Void>> cancelled = new ArrayList<>();
    if (session.isOpen()) {
      consumerTags.forEach(tag -> cancelled.add(consumer.cancel(tag)));
    }
    settleIfIdle();
    return Future.join(List.of(Future.join(cancelled), idle.future()))
        .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> LOG.info("not all was finished in time; the rest is delivered again later"))
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private void over() {
    over = true;
    waiting.clear();
    vertx.cancelTimer(lingerTimer);
    unacked.clear();
    settleIfIdle();
  }

  private void settleIfIdle() {
    if ((stopping || over) && inFlight == 0) {
      idle.tryComplete();
    }
  }

  private boolean isWanted() {
    return !stopping && !over;
  }

  private void delivered(List<RabbitDelivery> deliveries) {
    if (!isWanted()) {
      return;
    }
    long now = System.nanoTime();
    for (RabbitDelivery delivery : deliveries) {
      waiting.addLast(new Waiting(delivery, now));
    }
    unacked.arrived(deliveries);
    pump();
  }

  private void pump() {
    while (isWanted() && inFlight < MAX_IN_FLIGHT && !waiting.isEmpty()) {
      long left = lingerNanos - (System.nanoTime() - waiting.getFirst().arrivedNanos());
      if (waiting.size() < batchSize && left > 0) {
        linger(left);
        break;
      }
      process(nextBatch());
    }
    consumer.handOver(missing());
  }

  /** How many more deliveries it takes until something can be done with them. */
  private int missing() {
    if (inFlight == MAX_IN_FLIGHT) {
      return Integer.MAX_VALUE;
    }
    return waiting.isEmpty() ? 1 : Math.max(1, batchSize - waiting.size());
  }

  private void linger(long nanos) {
    vertx.cancelTimer(lingerTimer);
    lingerTimer = vertx.setTimer(Math.max(1, (nanos + 999_999) / 1_000_000), id -> takeAndPump());
  }

  private void takeAndPump() {
    consumer.take();
    pump();
  }

  private List<RabbitDelivery> nextBatch() {
    List<RabbitDelivery> batch = new ArrayList<>(Math.min(batchSize, waiting.size()));
    long bytes = 0;
    for (Waiting next = waiting.peekFirst();
        next != null && batch.size() < batchSize;
        next = waiting.peekFirst()) {
      bytes += next.delivery().body().length;
      if (bytes > MAX_BATCH_BYTES && !batch.isEmpty()) {
        break;
      }
      batch.add(next.delivery());
      waiting.removeFirst();
    }
    return batch;
  }

  private void process(List<RabbitDelivery> batch) {
    inFlight++;
    atWork.addLast(batch);
    BatchTrace trace = BatchTrace.begin(tracing, batch);
    AckLedger.Batch begun = ledger.begun(batch.get(batch.size() - 1).deliveryTag());
    List<GivenUp> givenUp = new ArrayList<>();
    List<EventRow> rows = new ArrayList<>(batch.size());
    List<RabbitDelivery> origins = new ArrayList<>(batch.size());
    for (RabbitDelivery delivery : batch) {
      Reading reading = reader.read(delivery);
      if (reading instanceof Reading.Row row) {
        rows.add(row.content());
        origins.add(delivery);
      } else if (reading instanceof Reading.Unusable unusable) {
        trace.givenUp(delivery, unusable.reason());
        givenUp.add(giveUp(delivery, unusable.reason(), unusable.detail()));
      }
    }
    trace
        .storing(vertx, origins, () -> store.store(rows, this::isWanted))
        .compose(
            outcome -> {
              report(rows, outcome);
              for (int i = 0; i < rows.size() && !outcome.refused().isEmpty(); i++) {
                String detail = outcome.refused().get(rows.get(i));
                if (detail != null) {
                  trace.givenUp(origins.get(i), GivenUp.REFUSED_BY_DATABASE);
                  givenUp.add(giveUp(origins.get(i), GivenUp.REFUSED_BY_DATABASE, detail));
                }
              }
              return bury(givenUp);
            })
        .compose(v -> acknowledge(begun, batch))
        .onFailure(this::unfinished)
        .onComplete(
            done -> {
              trace.end(done.cause());
              inFlight--;
              atWork.removeIf(each -> each == batch);
              settleIfIdle();
              takeAndPump();
            });
  }

  private GivenUp giveUp(RabbitDelivery delivery, String reason, String detail) {
    WorkflowQueue queue = queues.get(delivery.queue());
    return new GivenUp(delivery, queue == null ? "" : queue.type().name(), reason, detail);
  }

  /** The commit is made: what is counted and logged holds, whatever becomes of the session. */
  private void report(List<EventRow> rows, PatientStore.Outcome outcome) {
    Instant committed = Instant.now();
    meters.finished(rows);
    int count = outcome.count();
    boolean each = count <= NAMED_EACH || STORED.isDebugEnabled();
    for (EventRow row : rows) {
      if (outcome.isRefused(row)) {
        continue;
      }
      if (outcome.takeStored(row)) {
        meters.stored(row, committed);
        if (each) {
          STORED.info("stored {} {} {}", row.id(), row.eventType(), row.origin());
        }
      } else {
        meters.duplicate(row);
        STORED.debug("was there already: {} {} {}", row.id(), row.eventType(), row.origin());
      }
    }
    if (!each) {
      STORED.info("stored {} events, from {} on", count, rows.get(0).origin());
    }
  }

  private Future<Void> bury(List<GivenUp> givenUp) {
    if (givenUp.isEmpty()) {
      return Future.succeededFuture();
    }
    if (over) {
      return Future.failedFuture(new PatientStore.AbandonedException());
    }
    Instant now = Instant.now();
    List<OutboundMessage> messages = givenUp.stream().map(each -> each.message(now)).toList();
    return deadLetters
        .publish(messages)
        .onSuccess(
            v ->
                givenUp.forEach(
                    each -> {
                      meters.deadLettered(each.reason());
                      LOG.warn(
                          "dead letter from {}: {}, {}",
                          each.delivery().queue(),
                          each.reason(),
                          each.detail());
                    }));
  }

  private Future<Void> acknowledge(AckLedger.Batch begun, List<RabbitDelivery> batch) {
    if (over) {
      return Future.succeededFuture();
    }
    OptionalLong upTo = ledger.finished(begun);
    unacked.finished(batch);
    return upTo.isPresent() ? consumer.ack(upTo.getAsLong(), true) : Future.succeededFuture();
  }

  /**
   * The batch's messages stay unacknowledged. Where the session lives on, it must not: with a hole
   * in the ledger nothing would ever be acknowledged again.
   */
  private void unfinished(Throwable e) {
    if (e instanceof PatientStore.AbandonedException || e instanceof RabbitSessionOverException) {
      return;
    }
    LOG.warn("a batch could not be finished and is delivered again: {}", RabbitFailure.describe(e));
    session.end(RabbitFailure.describe(e));
  }
}
