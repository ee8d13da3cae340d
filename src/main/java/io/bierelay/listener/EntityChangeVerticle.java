package io.bierelay.listener;

import io.bierelay.listener.FailureReason.Reach;
import io.bierelay.metrics.Meters;
import io.bierelay.retry.Backoff;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.status.StatusBeacon;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * SQS to Kafka: takes messages, has {@link ChangeRelay} relay them, and deletes each after Kafka's
 * acknowledgement.
 *
 * <pre>
 * start ─▶ prepare (Kafka, topics) ─▶ poll ─▶ held ─▶ its entity's turn ─▶ relay ─┬▶ delete
 *             ▲    again with backoff           hidden from others, renewed       └▶ give back: comes again later
 *             └────────── Kafka away ──────────────────────────────────────────────┘
 * </pre>
 */
public final class EntityChangeVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(EntityChangeVerticle.class);
  private static final long DEPTH_MS = 10_000;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private Settings settings;
  private StatusBeacon beacon;
  private ChangeRelay relay;
  private SqsQueue queue;
  private HeldMessages held;
  private ListenerView view;
  private Deletions deletions;
  private Pace pace;
  private MeterRegistry meters;
  private Timer relayTime;
  private final EntityOrder order = new EntityOrder();
  private final Backoff prepareBackoff =
      new Backoff(Duration.ofMillis(500), Duration.ofSeconds(15));
  private final Backoff pollBackoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(15));
  private final Set<Future<?>> underWay = new HashSet<>();
  private int polls;
  private int reserved;
  private boolean prepared;
  private boolean preparing;
  private boolean pollFailing;
  private boolean moreExpected;
  private boolean pauseTimer;
  private boolean stopping;
  private @Nullable String lastTrouble;

  /** Deployed by the launcher; reads its settings from the deployment's configuration. */
  @SuppressWarnings("NullAway.Init") // Set in start(), before anything else can run.
  public EntityChangeVerticle() {}

  @Override
  public Future<?> start() {
    settings = Settings.of(config());
    meters = Meters.registry();
    relayTime = ListenerMetrics.RELAY_TIME.timer(meters);
    pace = new Pace(settings.get(ListenerSettings.CONCURRENCY));
    beacon =
        new StatusBeacon(
            vertx, "EntityChangeVerticle", context.deploymentID(), this::subscriptions);
    relay = new ChangeRelay(vertx, settings);
    return SqsQueue.open(vertx, settings)
        .onSuccess(this::opened)
        .recover(
            e -> {
              if (e instanceof ConfigurationException) {
                beacon.failed(String.valueOf(e.getMessage()));
              }
              return Future.failedFuture(e);
            });
  }

  private void opened(SqsQueue open) {
    queue = open;
    view = new ListenerView(open);
    held = new HeldMessages(open);
    deletions = new Deletions(vertx, open);
    ListenerMetrics.IN_WORK.gauge(meters, held::size);
    vertx.setPeriodic(open.visibilitySeconds() * 1_000L / 3, id -> held.renew());
    vertx.setPeriodic(1_000, DEPTH_MS, id -> view.ask());
    prepare();
  }

  private JsonArray subscriptions() {
    HeldMessages messages = held;
    return messages == null
        ? new JsonArray()
        : new JsonArray()
            .add(
                view.describe(
                    settings.get(SqsSettings.QUEUE_URL),
                    beacon.state().name(),
                    beacon.reason(),
                    messages.size()));
  }

  /** Nothing is taken from the queue before Kafka is there as needed. */
  private void prepare() {
    prepared = false;
    if (preparing || stopping) {
      return;
    }
    preparing = true;
    relay
        .prepare()
        .onComplete(
            done -> {
              preparing = false;
              if (done.succeeded()) {
                prepareBackoff.reset();
                prepared = true;
                lastTrouble = null;
                poll();
              } else {
                beacon.waiting(String.valueOf(done.cause().getMessage()));
                vertx.setTimer(prepareBackoff.nextMs(), id -> prepare());
              }
            });
  }

  /** Keeps so many polls going as there is room for; alone while the queue is empty. */
  private void poll() {
    if (stopping || !prepared || pollFailing || pauseTimer) {
      return;
    }
    long pauseMs = pace.pauseMs();
    if (pauseMs > 0) {
      pauseTimer = true;
      vertx.setTimer(
          pauseMs,
          id -> {
            pauseTimer = false;
            poll();
          });
      return;
    }
    int pollers = moreExpected ? settings.get(SqsSettings.POLLERS) : 1;
    int room = pace.allowed() - held.size() - reserved;
    while (polls < pollers && room > 0) {
      int max = Math.min(SqsQueue.BATCH, room);
      room -= max;
      receive(max);
    }
  }

  private void receive(int max) {
    polls++;
    reserved += max;
    track(queue.receive(max))
        .onComplete(
            done -> {
              polls--;
              reserved -= max;
              if (done.succeeded()) {
                received(done.result());
              } else {
                pollFailed(done.cause());
              }
            });
  }

  private void received(List<Message> messages) {
    pollBackoff.reset();
    moreExpected = !messages.isEmpty();
    if (stopping) {
      track(held.hide(messages.stream().map(Message::receiptHandle).toList(), 0));
      return;
    }
    if (!pace.isSlow() && prepared) {
      beacon.ready();
    }
    messages.forEach(this::accept);
    poll();
  }

  private void pollFailed(Throwable e) {
    if (stopping) {
      return;
    }
    beacon.waiting(queue.describe(e));
    pollFailing = true;
    vertx.setTimer(
        pollBackoff.nextMs(),
        id -> {
          pollFailing = false;
          poll();
        });
  }

  private void accept(Message message) {
    held.add(message.receiptHandle(), message.messageId());
    JsonObject event;
    try {
      event = EntityChange.event(message.body());
    } catch (ChangeFailedException e) {
      failed(message, new JsonObject(), e);
      return;
    }
    String key =
        event.getValue("entityId") instanceof String entityId ? entityId : message.messageId();
    track(order.run(key, () -> work(message, event)));
  }

  private Future<Void> work(Message message, JsonObject event) {
    if (!held.begin(message.receiptHandle())) {
      return Future.succeededFuture();
    }
    long begun = System.nanoTime();
    return relay
        .relay(event)
        .onComplete(
            done -> {
              relayTime.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              if (done.succeeded()) {
                ended(message, done.result());
              } else {
                failed(message, event, (ChangeFailedException) done.cause());
              }
            })
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private void ended(Message message, Outcome outcome) {
    if (outcome instanceof Outcome.Ignored ignored) {
      LOG.info(
          "message {}: event type '{}' is ignored, listener.events has no entity for it",
          message.messageId(),
          ignored.eventType());
      ListenerMetrics.MESSAGES.counter(meters, "ignored").increment();
    } else {
      ListenerMetrics.MESSAGES.counter(meters, "sent").increment();
      pace.succeeded();
      lastTrouble = null;
    }
    view.ended();
    held.end(message.receiptHandle());
    deletions.add(message.receiptHandle());
    poll();
  }

  private void failed(Message message, JsonObject event, ChangeFailedException e) {
    FailureReason reason = e.reason();
    int count = receiveCount(message);
    LOG.warn(
        "message {} (event {}) failed, received {} times: {}: {}",
        message.messageId(),
        EntityChange.idOf(event),
        count,
        reason.tag(),
        e.getMessage());
    ListenerMetrics.MESSAGES.counter(meters, "failed").increment();
    ListenerMetrics.FAILURES.counter(meters, reason.tag()).increment();
    if (held.end(message.receiptHandle())) {
      track(held.hide(List.of(message.receiptHandle()), delaySeconds(reason, count)));
    }
    view.failed(reason.tag() + ": " + e.getMessage());
    pace.failed(reason);
    lastTrouble = e.getMessage();
    if (reason.reach() == Reach.KAFKA) {
      prepare();
    }
    if (pace.isSlow() && !stopping) {
      beacon.waiting(String.valueOf(lastTrouble));
    }
    poll();
  }

  /** What can't get better by waiting goes the short way to the queue's own dead letters. */
  private int delaySeconds(FailureReason reason, int count) {
    if (reason == FailureReason.BAD_MESSAGE) {
      return 0;
    }
    long seconds = 1L << Math.min(Math.max(0, count - 1), 20);
    return (int) Math.min(settings.get(SqsSettings.RETRY_MAX).toSeconds(), seconds);
  }

  private static int receiveCount(Message message) {
    String count = message.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT);
    try {
      return count == null ? 1 : Integer.parseInt(count);
    } catch (NumberFormatException e) {
      return 1;
    }
  }

  private <T> Future<T> track(Future<T> future) {
    underWay.add(future);
    return future.onComplete(done -> underWay.remove(future));
  }

  @Override
  public Future<?> stop() {
    stopping = true;
    beacon.stopping();
    if (queue == null) {
      beacon.close();
      return relay.close(Duration.ZERO);
    }
    long drainMs = settings.get(SqsSettings.DRAIN_TIMEOUT).toMillis();
    track(held.giveBackWaiting());
    return drained()
        .timeout(drainMs, TimeUnit.MILLISECONDS)
        .otherwiseEmpty()
        .compose(v -> deletions.flush())
        .compose(v -> held.giveBack())
        .timeout(drainMs + CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .otherwiseEmpty()
        .eventually(() -> relay.close(CLOSE_TIMEOUT))
        .eventually(queue::close)
        .onComplete(v -> beacon.close());
  }

  /** What ends may begin something else: a deletion, a return. */
  private Future<Void> drained() {
    List<Future<?>> now = new ArrayList<>(underWay);
    return now.isEmpty()
        ? Future.succeededFuture()
        : Future.join(now).<Void>mapEmpty().otherwiseEmpty().compose(v -> drained());
  }
}
