package io.bierelay.persist;

import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Waits until the database is reachable and migrated, and watches it from then on.
 *
 * <p>A refused login or an unknown database is a configuration failure only until it has worked
 * once: at start it is a typo, which nobody should have to find in a log of retries. Later it is a
 * password that is being changed or a server that is being moved, which passes, and ending the
 * process would help nobody.
 *
 * <p>Belongs to one verticle instance and is used on its context.
 */
final class DatabaseWatch {

  private static final long PROBE_MS = 2_000;

  private final Vertx vertx;
  private final Settings settings;
  private final Database database;
  private final Runnable up;
  private final Consumer<String> down;
  private final Consumer<String> fatal;
  private final Backoff backoff;
  private boolean everUp;
  private boolean stopped;
  private long timer = -1;

  /**
   * Does nothing until {@link #start}.
   *
   * @param up told after each check that went well
   * @param down told why events can't be stored
   * @param fatal told what a person has to change
   */
  DatabaseWatch(
      Vertx vertx,
      Settings settings,
      Database database,
      Runnable up,
      Consumer<String> down,
      Consumer<String> fatal) {
    this.vertx = vertx;
    this.settings = settings;
    this.database = database;
    this.up = up;
    this.down = down;
    this.fatal = fatal;
    this.backoff = new Backoff(Duration.ofMillis(100), settings.get(PersistSettings.RETRY_MAX));
  }

  /** Begins to connect; returns at once. */
  void start() {
    if (stopped) {
      return;
    }
    database.migrate().compose(v -> database.check()).onComplete(v -> working(), this::failed);
  }

  private void probe() {
    if (!stopped) {
      database.check().onComplete(v -> working(), this::failed);
    }
  }

  private void working() {
    if (stopped) {
      return;
    }
    everUp = true;
    backoff.reset();
    timer = vertx.setTimer(PROBE_MS, id -> probe());
    up.run();
  }

  private void failed(Throwable e) {
    if (stopped) {
      return;
    }
    String reason = PostgresFailure.describe(e, settings);
    if (!everUp && PostgresFailure.kind(e) == PostgresFailure.Kind.CONFIGURATION) {
      fatal.accept(reason);
      return;
    }
    timer =
        vertx.setTimer(
            backoff.nextMs(),
            id -> {
              if (everUp) {
                probe();
              } else {
                start();
              }
            });
    down.accept(reason);
  }

  /** Ends the watch. */
  void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
  }
}
