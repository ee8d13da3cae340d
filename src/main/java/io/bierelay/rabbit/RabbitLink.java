package io.bierelay.rabbit;

import io.bierelay.retry.Backoff;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a session open: opens one, has its owner set it up, and opens another when it is over, with
 * backoff, for as long as it takes.
 *
 * <p>Belongs to one verticle instance; all callbacks run on its context. Pass the callbacks and
 * call {@link #start} in the verticle's start, {@link #stop} in its stop.
 */
public final class RabbitLink {

  private final Vertx vertx;
  private final Settings settings;
  private final String name;
  private final Function<RabbitSession, Future<Void>> setUp;
  private final Consumer<String> down;
  private final Consumer<String> fatal;
  private final Backoff backoff;
  private @Nullable RabbitSession session;
  private boolean stopped;
  private boolean wasOpen;
  private long retryTimer = -1;

  /**
   * Does nothing until {@link #start}.
   *
   * @param name of the connection, shown in RabbitMQ
   * @param setUp declares and begins to work on a fresh session; if it fails, the session is given
   *     up
   * @param down told why there is no session, whenever one ends or can't be opened
   * @param fatal told what a person has to change: a declaration that clashes, a missing
   *     permission, credentials that are refused before any session was open
   */
  public RabbitLink(
      Vertx vertx,
      Settings settings,
      String name,
      Function<RabbitSession, Future<Void>> setUp,
      Consumer<String> down,
      Consumer<String> fatal) {
    this.vertx = vertx;
    this.settings = settings;
    this.name = name;
    this.setUp = setUp;
    this.down = down;
    this.fatal = fatal;
    this.backoff = new Backoff(Duration.ofMillis(100), settings.get(RabbitSettings.RETRY_MAX));
  }

  /** Begins to connect; returns at once. */
  public void start() {
    if (stopped) {
      return;
    }
    RabbitSession.open(vertx, settings, name)
        .compose(
            opened -> {
              if (stopped) {
                return opened.close();
              }
              wasOpen = true;
              if (!opened.isOpen()) {
                // Gone again before anybody could use it: one loss leads to one attempt, not two.
                return opened.over();
              }
              session = opened;
              opened.over().onFailure(e -> lost(opened, e));
              return setUp
                  .apply(opened)
                  .onSuccess(v -> backoff.reset())
                  .onFailure(e -> opened.end(RabbitFailure.describe(e)))
                  .recover(this::afterSetUpFailed);
            })
        .onFailure(this::retry);
  }

  /** The session, if there is one at the moment. */
  public @Nullable RabbitSession session() {
    return session;
  }

  /** Closes the session and opens no other. */
  public Future<Void> stop() {
    stopped = true;
    vertx.cancelTimer(retryTimer);
    RabbitSession current = session;
    session = null;
    return current == null ? Future.succeededFuture() : current.close();
  }

  /** The session has ended over it, which leads to the next attempt: only the kind matters here. */
  private Future<Void> afterSetUpFailed(Throwable e) {
    if (e instanceof ConfigurationException) {
      fatal.accept(e.getMessage());
    } else if (RabbitFailure.isConfiguration(e)) {
      fatal.accept(where() + RabbitFailure.describe(e));
    }
    return Future.succeededFuture();
  }

  private void lost(RabbitSession ended, Throwable e) {
    if (session == ended) {
      session = null;
      retry(e);
    }
  }

  private void retry(Throwable e) {
    if (stopped) {
      return;
    }
    if (RabbitFailure.isLogin(e) && !wasOpen) {
      // Credentials that worked before may be under rotation; at the start they are simply wrong.
      fatal.accept(where() + RabbitFailure.describe(e));
      return;
    }
    down.accept(where() + RabbitFailure.describe(e));
    retryTimer = vertx.setTimer(backoff.nextMs(), id -> start());
  }

  private String where() {
    return "RabbitMQ at " + RabbitSettings.address(settings) + ": ";
  }
}
