package io.bierelay.status;

import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what a verticle says of itself, at once on each change and every second besides, so
 * that silence shows as well.
 *
 * <p>Belongs to one verticle instance and is used on its context only.
 */
public final class StatusBeacon {

  /** Between two publications without a change. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(StatusBeacon.class);
  private static final AtomicLong SERIAL = new AtomicLong();

  private final Vertx vertx;
  private final String verticle;
  private final String instance;
  private final Supplier<JsonArray> subscriptions;
  private final long timer;
  private State state = State.STARTING;
  private String reason = "starting";
  private Instant since = Instant.now();

  /**
   * Starts to publish; call it in the verticle's start.
   *
   * @param instance the deployment's id; a number is added that tells its instances apart
   * @param subscriptions asked at each publication, on the verticle's context
   */
  public StatusBeacon(
      Vertx vertx, String verticle, String instance, Supplier<JsonArray> subscriptions) {
    this.vertx = vertx;
    this.verticle = verticle;
    // All instances of one deployment share its id, and whoever counts them must see each.
    this.instance = instance + "#" + SERIAL.incrementAndGet();
    this.subscriptions = subscriptions;
    this.timer = vertx.setPeriodic(INTERVAL.toMillis(), id -> publish());
  }

  /** For a verticle that has no subscriptions. */
  public StatusBeacon(Vertx vertx, String verticle, String instance) {
    this(vertx, verticle, instance, JsonArray::new);
  }

  /** Its work can go on. */
  public void ready() {
    enter(State.READY, "");
  }

  /**
   * It waits for something that is away.
   *
   * @param why names the thing and the remedy; never a secret, never personal data
   */
  public void waiting(String why) {
    enter(State.WAITING, why);
  }

  /** It gives back what it holds. */
  public void stopping() {
    enter(State.STOPPING, "stopping");
  }

  /**
   * A configuration failure was found while running: the process will stop with its message.
   *
   * @param why names the thing, the value unless secret, and the remedy
   */
  public void failed(String why) {
    enter(State.FAILED, why);
  }

  /** The state as last said. */
  public State state() {
    return state;
  }

  /** The reason as last said; empty when it is ready. */
  public String reason() {
    return reason;
  }

  /** Ends the publications; call it in the verticle's stop. */
  public void close() {
    vertx.cancelTimer(timer);
  }

  private void enter(State next, String why) {
    if (next == state && why.equals(reason)) {
      return;
    }
    if (next == State.WAITING) {
      LOG.warn("{} waits: {}", verticle, why);
    } else if (next == State.READY) {
      LOG.info("{} is ready", verticle);
    }
    if (next != state) {
      since = Instant.now();
    }
    state = next;
    reason = why;
    publish();
  }

  private void publish() {
    vertx
        .eventBus()
        .publish(
            VerticleStatus.ADDRESS,
            new VerticleStatus(verticle, instance, state, reason, since, subscriptions.get())
                .toJson());
  }
}
