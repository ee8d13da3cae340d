package io.bierelay.ingest;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus;
import io.bierelay.event.Outbound;
import io.bierelay.retry.Backoff;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
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

  /**
   * The owner before may go at any moment: a take-over waits about so long. Not exactly: lanes that
   * asked in step would each meet the same one of several notifiers every time.
   */
  private static final long LOCKED_MS = 250;

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
    List<Outbound> items;
    long bytes;
    final long sentNanos = System.nanoTime();
    boolean pending;
    @Nullable BatchReply reply;

    Batch(List<Outbound> items) {
      this.items = items;
      this.bytes = sizeOf(items);
    }

    /** Leaves out what need not be sent; returns the bytes that are gone. */
    long narrow(List<Outbound> fewer) {
      if (fewer == items) {
        return 0;
      }
      long before = bytes;
      items = fewer;
      bytes = sizeOf(fewer);
      return before - bytes;
    }
  }

  private final Notifiers notifiers;
  private final LaneMemory memory;
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
  private @Nullable NotifierSession session;
  private boolean probing;
  private Throwable brokenBy = new IllegalStateException("not open yet");
  private boolean ended;

  LaneSender(
      Notifiers notifiers,
      LaneMemory memory,
      LaneContext.Limits limits,
      InFlightBudget budget,
      Listener listener) {
    this.notifiers = notifiers;
    this.memory = memory;
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
    Batch added = new Batch(batch);
    items += batch.size();
    bytes += added.bytes;
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

  /**
   * Forgets everything; answers that still come have no effect.
   *
   * @param committed whether Kafka has stored the position behind all that was confirmed
   */
  void end(boolean committed) {
    ended = true;
    release(committed);
    budget.leave(listener, unanswered);
    sent.clear();
    items = 0;
    bytes = 0;
  }

  private void open() {
    state = State.OPENING;
    notifiers.session(memory.request()).onSuccess(this::opened).onFailure(this::broken);
  }

  private void opened(NotifierSession opened) {
    address = opened.address();
    session = opened;
    if (ended) {
      release(false);
      return;
    }
    memory.opened(opened.resume());
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
    bytes -= batch.narrow(memory.withoutPublished(batch.items));
    unanswered += batch.items.size();
    budget.take(batch.items.size());
    NotifierSession current = session;
    if (current == null) {
      throw new IllegalStateException("nothing is sent before the lane is open");
    }
    current
        .send(batch.items, options)
        .onComplete(
            answer -> {
              if (ended) {
                return;
              }
              batch.pending = false;
              unanswered -= batch.items.size();
              if (answer.succeeded()) {
                batch.reply = answer.result();
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
      bytes -= head.bytes;
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
      boolean locked = e instanceof ReplyException reply && reply.failureCode() == LaneBus.LOCKED;
      notifiers.later(locked ? lockedMs() : backoff.nextMs(), this::reopen);
    }
  }

  /** Another notifier may serve the lane next, and it could not while this one has the lock. */
  private void release(boolean committed) {
    NotifierSession current = session;
    if (current != null) {
      current.close(committed);
      session = null;
    }
  }

  private static long lockedMs() {
    return LOCKED_MS / 2 + ThreadLocalRandom.current().nextLong(LOCKED_MS);
  }

  private void reopen() {
    if (ended) {
      return;
    }
    state = State.CLOSED;
    release(false);
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
      case NO_HANDLERS -> Notifiers.NOBODY;
      case TIMEOUT -> "RabbitNotifierVerticle did not answer in time";
      default -> String.valueOf(e.getMessage());
    };
  }
}
