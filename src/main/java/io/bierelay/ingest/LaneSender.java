package io.bierelay.ingest;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus;
import io.bierelay.event.NotificationBatch;
import io.bierelay.event.Outbound;
import io.bierelay.retry.Backoff;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Sends one lane's batches to the notifier, several in flight, and keeps their order. Lives on one
 * event loop.
 *
 * <pre>
 *   CLOSED ──open──▶ OPENING ──▶ OPEN ──any failure──▶ BROKEN ──all answered, backoff──▶ CLOSED
 * </pre>
 *
 * <p>After a failure nothing new is sent until every request of the broken session has its answer;
 * then what is unconfirmed goes first, in its old order. A batch is reported as confirmed only when
 * all before it are, so no error can ever complete an offset.
 *
 * <p>Each session begins with one item alone. What refuses the first message, such as an exchange
 * without a queue or a queue that is full, would refuse those behind it or, worse, take them when
 * it is mended while they are on their way: the order would be lost.
 */
final class LaneSender {

  private enum State {
    CLOSED,
    OPENING,
    OPEN,
    BROKEN
  }

  /** What the lane is told, on the event loop. */
  interface Listener {
    /**
     * The oldest batch is confirmed, and every one before it was.
     *
     * @param reply what became of its items
     */
    void confirmed(List<Outbound> head, BatchReply reply);

    /** Sending does not go on for now; it will be tried again. */
    void held(Throwable reason);

    /** There may be room for another batch. */
    void proceed();
  }

  private static final class Batch {
    final List<Outbound> items;
    final long sentNanos = System.nanoTime();
    boolean pending;
    @Nullable BatchReply reply;

    Batch(List<Outbound> items) {
      this.items = items;
    }
  }

  private final Vertx vertx;
  private final TopicPartition partition;
  private final String eventType;
  private final long epoch;
  private final int maxInFlight;
  private final int batchRecords;
  private final DeliveryOptions options;
  private final Listener listener;
  private final InFlightBudget budget;
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
  private final Deque<Batch> sent = new ArrayDeque<>();
  private int items;
  private int unanswered;
  private long bytes;
  private State state = State.CLOSED;
  private String address = "";
  private long session;
  private boolean probing;
  private Throwable brokenBy = new IllegalStateException("not open yet");
  private boolean ended;

  LaneSender(
      Vertx vertx,
      TopicPartition partition,
      String eventType,
      long epoch,
      Lane.Limits limits,
      InFlightBudget budget,
      Listener listener) {
    this.vertx = vertx;
    this.partition = partition;
    this.eventType = eventType;
    this.epoch = epoch;
    this.maxInFlight = limits.batchesInFlight();
    this.batchRecords = limits.batchRecords();
    this.options = LaneBus.batchOptions(limits.replyTimeout().toMillis());
    this.budget = budget;
    this.listener = listener;
  }

  /**
   * How many items the next batch may have; 0 if none can be sent now. Begins to open the session
   * if there is none.
   */
  int room() {
    if (state == State.CLOSED && !ended) {
      open();
    }
    if (state != State.OPEN || sent.size() >= maxInFlight) {
      return 0;
    }
    if (probing && !sent.isEmpty()) {
      return 0;
    }
    int room = Math.min(probing ? 1 : batchRecords, budget.room());
    if (room <= 0) {
      budget.await(listener);
      return 0;
    }
    return room;
  }

  /** Sends a batch, of at most {@link #room} items. */
  void send(List<Outbound> batch) {
    items += batch.size();
    bytes += sizeOf(batch);
    Batch added = new Batch(batch);
    sent.add(added);
    request(added);
  }

  /** Whether nothing waits for its confirm. */
  boolean isEmpty() {
    return sent.isEmpty();
  }

  /** Items that are sent and not reported as confirmed. */
  int items() {
    return items;
  }

  /** Bytes of these items. */
  long bytes() {
    return bytes;
  }

  private static long sizeOf(List<Outbound> batch) {
    long size = 0;
    for (Outbound item : batch) {
      size += item.size();
    }
    return size;
  }

  /** How long the oldest batch has been waiting, in milliseconds; 0 if there is none. */
  long oldestMs() {
    Batch oldest = sent.peekFirst();
    return oldest == null ? 0 : (System.nanoTime() - oldest.sentNanos) / 1_000_000;
  }

  /** The oldest item that is not reported as confirmed; null if there is none. */
  @Nullable Outbound oldest() {
    Batch oldest = sent.peekFirst();
    return oldest == null ? null : oldest.items.get(0);
  }

  /**
   * Whether the broker has nothing of this lane that it might still take: what is unconfirmed was
   * refused, and is sent again only later.
   */
  boolean isAtRest() {
    return sent.stream().noneMatch(batch -> batch.pending);
  }

  /** The notifier that serves this lane, as its messages name it; empty before the first. */
  String address() {
    return address;
  }

  /** Forgets everything; answers that still come have no effect. */
  void end() {
    ended = true;
    budget.leave(listener, unanswered);
    sent.clear();
    items = 0;
    bytes = 0;
  }

  private void open() {
    state = State.OPENING;
    JsonObject request =
        new LaneBus.OpenRequest(partition.topic(), partition.partition(), epoch, eventType)
            .toJson();
    vertx
        .eventBus()
        .<JsonObject>request(LaneBus.OPEN, request)
        .onSuccess(
            reply -> {
              if (!ended) {
                opened(LaneBus.OpenReply.fromJson(reply.body()));
              }
            })
        .onFailure(e -> broken(e));
  }

  private void opened(LaneBus.OpenReply reply) {
    address = reply.address();
    session = reply.session();
    state = State.OPEN;
    probing = true;
    Batch first = firstUnconfirmed();
    if (first == null) {
      listener.proceed();
    } else {
      request(first.items.size() == 1 ? first : splitOff(first));
    }
  }

  /** Those confirmed out of turn are in their queues already, behind what is sent again. */
  private @Nullable Batch firstUnconfirmed() {
    for (Batch batch : sent) {
      if (batch.reply == null) {
        return batch;
      }
    }
    return null;
  }

  private Batch splitOff(Batch batch) {
    Batch one = new Batch(batch.items.subList(0, 1));
    Batch rest = new Batch(batch.items.subList(1, batch.items.size()));
    List<Batch> all = new ArrayList<>(sent);
    int at = all.indexOf(batch);
    all.set(at, one);
    all.add(at + 1, rest);
    sent.clear();
    sent.addAll(all);
    return one;
  }

  /** The broker has taken the first: the others may go as fast as they can. */
  private void endProbe() {
    if (probing) {
      probing = false;
      for (Batch batch : sent) {
        if (batch.reply == null) {
          request(batch);
        }
      }
    }
  }

  private void request(Batch batch) {
    batch.pending = true;
    unanswered += batch.items.size();
    budget.take(batch.items.size());
    NotificationBatch message =
        new NotificationBatch(partition.topic(), partition.partition(), session, batch.items);
    vertx
        .eventBus()
        .<JsonObject>request(address, message, options)
        .onComplete(
            answer -> {
              if (ended) {
                return;
              }
              batch.pending = false;
              unanswered -= batch.items.size();
              if (answer.succeeded()) {
                batch.reply = BatchReply.fromJson(answer.result().body());
                confirmHead();
              }
              if (answer.failed() || state == State.BROKEN) {
                broken(answer.failed() ? answer.cause() : brokenBy);
              } else {
                endProbe();
                listener.proceed();
              }
              budget.give(batch.items.size());
            });
  }

  private void confirmHead() {
    while (!ended && !sent.isEmpty()) {
      Batch head = sent.element();
      if (head.reply == null) {
        return;
      }
      backoff.reset();
      sent.remove();
      items -= head.items.size();
      bytes -= sizeOf(head.items);
      listener.confirmed(head.items, head.reply);
    }
  }

  private void broken(Throwable e) {
    if (ended) {
      return;
    }
    if (state != State.BROKEN) {
      // The first failure is the cause; the later ones only say that the session is over.
      state = State.BROKEN;
      brokenBy = new IllegalStateException(describe(e), e);
      listener.held(brokenBy);
    }
    if (sent.stream().noneMatch(batch -> batch.pending)) {
      vertx.setTimer(backoff.nextMs(), timer -> reopen());
    }
  }

  private void reopen() {
    if (ended) {
      return;
    }
    state = State.CLOSED;
    if (sent.isEmpty()) {
      listener.proceed();
    } else {
      open();
    }
  }

  private static String describe(Throwable e) {
    ReplyFailure failure =
        e instanceof ReplyException reply ? reply.failureType() : ReplyFailure.RECIPIENT_FAILURE;
    return switch (failure) {
      case NO_HANDLERS ->
          "no RabbitNotifierVerticle is running; check verticles.json and its start";
      case TIMEOUT -> "RabbitNotifierVerticle did not answer in time";
      default -> String.valueOf(e.getMessage());
    };
  }
}
