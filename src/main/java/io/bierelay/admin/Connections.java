package io.bierelay.admin;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the connections: how many there are, and how long each may take over what it sends.
 *
 * <p>An idle time-out alone would not do: who sends a byte now and then is never idle. Belongs to
 * the admin verticle's context.
 */
final class Connections {

  private static final long SWEEP_MS = 1000;
  private static final long FIRST_REQUEST_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long NEXT_REQUEST_NANOS = Duration.ofSeconds(60).toNanos();
  private static final long BODY_NANOS = Duration.ofSeconds(30).toNanos();

  private final int max;
  private final Map<HttpConnection, State> open = new LinkedHashMap<>();
  private final long timer;
  private final Vertx vertx;
  private volatile int count;

  Connections(Vertx vertx, int max) {
    this.vertx = vertx;
    this.max = max;
    this.timer = vertx.setPeriodic(SWEEP_MS, id -> sweep());
  }

  /** Since when it is at what it does: at nothing, if there is no request. */
  private static final class State {
    long since = System.nanoTime();
    boolean used;
    @Nullable HttpServerRequest request;

    boolean isQuiet() {
      return request == null || (request.response().ended() && request.isEnded());
    }

    boolean isLate(long now) {
      if (isQuiet()) {
        return now - since > (used ? NEXT_REQUEST_NANOS : FIRST_REQUEST_NANOS);
      }
      return request != null && !request.isEnded() && now - since > BODY_NANOS;
    }
  }

  /** How many there are; for any thread. */
  int count() {
    return count;
  }

  /** A connection was made. One too many takes the place of the one that is quiet longest. */
  void opened(HttpConnection connection) {
    if (open.size() >= max) {
      HttpConnection victim = quietest();
      if (victim == null) {
        connection.close();
        return;
      }
      forget(victim);
      victim.close();
    }
    open.put(connection, new State());
    count = open.size();
    connection.closeHandler(closed -> forget(connection));
  }

  /** A request's head has come. */
  void began(HttpServerRequest request) {
    State state = open.get(request.connection());
    if (state != null) {
      state.since = System.nanoTime();
      state.used = true;
      state.request = request;
    }
  }

  void close() {
    vertx.cancelTimer(timer);
  }

  private void forget(HttpConnection connection) {
    open.remove(connection);
    count = open.size();
  }

  private @Nullable HttpConnection quietest() {
    HttpConnection found = null;
    long since = 0;
    for (Map.Entry<HttpConnection, State> one : open.entrySet()) {
      if (one.getValue().isQuiet() && (found == null || one.getValue().since - since < 0)) {
        found = one.getKey();
        since = one.getValue().since;
      }
    }
    return found;
  }

  private void sweep() {
    long now = System.nanoTime();
    List<HttpConnection> late = new ArrayList<>();
    open.forEach(
        (connection, state) -> {
          if (state.request != null && state.isQuiet()) {
            state.request = null;
            state.since = now;
          }
          if (state.isLate(now)) {
            late.add(connection);
          }
        });
    for (HttpConnection connection : late) {
      forget(connection);
      connection.close();
    }
  }
}
