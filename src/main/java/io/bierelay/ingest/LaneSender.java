package io.bierelay.ingest;

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
import java.util.Deque;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

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
    /** The oldest batch is confirmed, and every one before it was. */
    void confirmed(List<Outbound> head);

    /** Sending does not go on for now; it will be tried again. */
    void held(Throwable reason);

    /** There may be room for another batch. */
    void proceed();
  }

  private static final class Batch {
    final List<Outbound> items;
    boolean pending;
    boolean confirmed;

    Batch(List<Outbound> items) {
      this.items = items;
    }
  }

  private final Vertx vertx;
  private final TopicPartition partition;
  private final String eventType;
  private final long epoch;
  private final int maxInFlight;
  private final DeliveryOptions options;
  private final Listener listener;
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
  private final Deque<Batch> sent = new ArrayDeque<>();
  private State state = State.CLOSED;
  private String address = "";
  private long session;
  private Throwable brokenBy = new IllegalStateException("not open yet");
  private boolean ended;

  LaneSender(
      Vertx vertx,
      TopicPartition partition,
      String eventType,
      long epoch,
      Lane.Limits limits,
      Listener listener) {
    this.vertx = vertx;
    this.partition = partition;
    this.eventType = eventType;
    this.epoch = epoch;
    this.maxInFlight = limits.batchesInFlight();
    this.options = LaneBus.batchOptions(limits.replyTimeout().toMillis());
    this.listener = listener;
  }

  /** Whether a batch can be sent now; begins to open the session if there is none. */
  boolean canSend() {
    if (state == State.CLOSED && !ended) {
      open();
    }
    return state == State.OPEN && sent.size() < maxInFlight;
  }

  /** Sends a batch; call it only when {@link #canSend} says so. */
  void send(List<Outbound> items) {
    Batch batch = new Batch(items);
    sent.add(batch);
    request(batch);
  }

  /** Whether nothing waits for its confirm. */
  boolean isEmpty() {
    return sent.isEmpty();
  }

  /** Forgets everything; answers that still come have no effect. */
  void end() {
    ended = true;
    sent.clear();
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
    // Those confirmed out of turn are in their queues already, behind what is sent again now.
    for (Batch batch : sent) {
      if (!batch.confirmed) {
        request(batch);
      }
    }
    listener.proceed();
  }

  private void request(Batch batch) {
    batch.pending = true;
    NotificationBatch message =
        new NotificationBatch(partition.topic(), partition.partition(), session, batch.items);
    vertx
        .eventBus()
        .request(address, message, options)
        .onComplete(
            answer -> {
              if (ended) {
                return;
              }
              batch.pending = false;
              if (answer.succeeded()) {
                batch.confirmed = true;
                confirmHead();
              }
              if (answer.failed() || state == State.BROKEN) {
                broken(answer.failed() ? answer.cause() : brokenBy);
              } else {
                listener.proceed();
              }
            });
  }

  private void confirmHead() {
    while (!ended && !sent.isEmpty() && sent.element().confirmed) {
      backoff.reset();
      listener.confirmed(sent.remove().items);
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
