package io.bierelay.admin;

import io.bierelay.admin.SubscriptionView.Scope;
import io.bierelay.metrics.Meters;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the subscriptions of one scope to whoever listens, as server-sent events, one a second.
 *
 * <p>A snapshot is taken and written as text once, however many listen, and only while somebody
 * does. Each stands for itself, so whoever is too slow misses some and is then disconnected: for
 * one reader at most one snapshot waits, beside its connection's buffer. Belongs to the admin
 * verticle's context.
 */
final class SnapshotStream {

  /** Of the events. */
  static final String TYPE = "text/event-stream";

  private static final Logger LOG = LoggerFactory.getLogger(SnapshotStream.class);
  private static final long INTERVAL_MS = 1000;
  private static final long HEARTBEAT_NANOS = Duration.ofSeconds(5).toNanos();
  private static final Buffer HEARTBEAT = Buffer.buffer(": alive\n\n");

  private final Vertx vertx;
  private final SubscriptionView view;
  private final Scope scope;
  private final long patienceNanos;
  private final Map<HttpServerResponse, Reader> readers = new LinkedHashMap<>();
  private long timer = -1;
  private long id;
  private boolean taking;
  private long takenNanos;
  private @Nullable Buffer latest;

  /**
   * @param patience how long a reader may take nothing before it is disconnected
   */
  SnapshotStream(Vertx vertx, SubscriptionView view, Scope scope, Duration patience) {
    this.vertx = vertx;
    this.view = view;
    this.scope = scope;
    this.patienceNanos = patience.toNanos();
  }

  /** Somebody who listens; {@code fullSince} is 0 while they keep up. */
  private static final class Reader {
    long fullSince;
    long lastNanos = System.nanoTime();
  }

  int readers() {
    return readers.size();
  }

  /**
   * Sends to this one as well, until it goes.
   *
   * @param lastId the newest that it has; empty if none
   */
  void add(RoutingContext context, String lastId) {
    HttpServerResponse response = context.response();
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("x-accel-buffering", "no");
    response.exceptionHandler(e -> remove(response));
    response.closeHandler(gone -> remove(response));
    if (response.closed()) {
      return; // While the credentials were checked; nobody would ever say so again.
    }
    response.write(Buffer.buffer("retry: 2000\n\n"));
    readers.put(response, new Reader());
    if (timer < 0) {
      timer = vertx.setPeriodic(INTERVAL_MS, tick -> take());
    }
    Buffer known = latest;
    if (known == null || System.nanoTime() - takenNanos > INTERVAL_MS * 2_000_000) {
      take();
    } else if (!lastId.equals(String.valueOf(id))) {
      response.write(known);
    }
  }

  /** Disconnects all; who may come back does. */
  void disconnect() {
    new ArrayList<>(readers.keySet())
        .forEach(
            response -> {
              remove(response);
              response.end();
            });
  }

  private void remove(HttpServerResponse response) {
    readers.remove(response);
    if (readers.isEmpty() && timer >= 0) {
      vertx.cancelTimer(timer);
      timer = -1;
      latest = null;
    }
  }

  private void take() {
    if (taking) {
      keepAlive();
      return;
    }
    taking = true;
    view.snapshot(scope)
        .onComplete(done -> taking = false)
        .onSuccess(this::send)
        .onFailure(e -> LOG.error("no snapshot", e));
  }

  private void send(JsonObject snapshot) {
    if (readers.isEmpty()) {
      return;
    }
    // Increases over a restart too, as long as the clock does.
    id = Math.max(id + 1, System.currentTimeMillis());
    takenNanos = System.nanoTime();
    Buffer event =
        Buffer.buffer("id: " + id + "\nevent: snapshot\ndata: ")
            .appendBuffer(snapshot.toBuffer())
            .appendString("\n\n");
    latest = event;
    each(event);
  }

  /** While a snapshot takes long, for instance because Kafka is away. */
  private void keepAlive() {
    if (readers.values().stream()
        .anyMatch(reader -> System.nanoTime() - reader.lastNanos > HEARTBEAT_NANOS)) {
      each(HEARTBEAT);
    }
  }

  private void each(Buffer event) {
    List<HttpServerResponse> gone = new ArrayList<>();
    List<HttpServerResponse> tooSlow = new ArrayList<>();
    long now = System.nanoTime();
    readers.forEach(
        (response, reader) -> {
          if (response.closed() || response.ended()) {
            gone.add(response);
          } else if (!response.writeQueueFull()) {
            reader.fullSince = 0;
            reader.lastNanos = now;
            response.write(event);
          } else if (reader.fullSince == 0) {
            reader.fullSince = now;
          } else if (now - reader.fullSince > patienceNanos) {
            tooSlow.add(response);
          }
        });
    gone.forEach(this::remove);
    for (HttpServerResponse response : tooSlow) {
      AdminMetrics.STREAM_DROPPED.counter(Meters.registry()).increment();
      remove(response);
      response.reset();
    }
  }
}
