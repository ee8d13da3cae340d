package io.bierelay.persist;

import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Stores batches for as long as it takes: waits out what passes, and bisects a batch that
 * PostgreSQL refuses until the row is found that it refuses.
 *
 * <p>Belongs to one verticle instance and is used on its context.
 */
final class PatientStore {

  private static final Duration FIRST_WAIT = Duration.ofMillis(50);

  private final Vertx vertx;
  private final Settings settings;
  private final EventStore store;
  private final PersistMeters meters;
  private final Runnable changed;
  private final Set<Attempt> waiting = new HashSet<>();
  private String reason = "";

  /**
   * @param changed told when {@link #reason} may have changed
   */
  PatientStore(
      Vertx vertx, Settings settings, EventStore store, PersistMeters meters, Runnable changed) {
    this.vertx = vertx;
    this.settings = settings;
    this.store = store;
    this.meters = meters;
    this.changed = changed;
  }

  /**
   * What became of a batch.
   *
   * @param stored the ids that were not there before
   * @param refused why, by row that can never be stored; rows are told apart by identity
   */
  record Outcome(Set<UUID> stored, IdentityHashMap<EventRow, String> refused) {}

  /** Nobody waits for the batch any more; its messages are delivered again. */
  static final class AbandonedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    AbandonedException() {
      super("the batch was given up; its messages are delivered again", null, false, false);
    }
  }

  /**
   * Stores rows.
   *
   * @param wanted asked before each further attempt; when it says no, the batch is abandoned
   * @return fails with {@link AbandonedException} only
   */
  Future<Outcome> store(List<EventRow> rows, BooleanSupplier wanted) {
    Outcome outcome = new Outcome(new HashSet<>(), new IdentityHashMap<>());
    if (rows.isEmpty()) {
      return Future.succeededFuture(outcome);
    }
    return part(rows, wanted, outcome).map(v -> outcome);
  }

  private Future<Void> part(List<EventRow> rows, BooleanSupplier wanted, Outcome outcome) {
    Attempt attempt = new Attempt(rows, wanted, outcome);
    attempt.run();
    return attempt.done.future();
  }

  /** Why batches wait; empty if none does. */
  String reason() {
    return reason;
  }

  /** Tries again at once what waits: the database has just answered. */
  void retryNow() {
    for (Attempt attempt : List.copyOf(waiting)) {
      attempt.wake();
    }
  }

  /**
   * One part of a batch with all its attempts. A loop over a timer rather than a chain of futures,
   * which would grow for as long as the database is away.
   */
  private final class Attempt {

    private final List<EventRow> rows;
    private final BooleanSupplier wanted;
    private final Outcome outcome;
    private final Promise<Void> done = Promise.promise();
    private final Backoff backoff =
        new Backoff(FIRST_WAIT, settings.get(PersistSettings.RETRY_MAX));
    private long timer = -1;

    Attempt(List<EventRow> rows, BooleanSupplier wanted, Outcome outcome) {
      this.rows = rows;
      this.wanted = wanted;
      this.outcome = outcome;
    }

    void run() {
      if (!wanted.getAsBoolean()) {
        settled();
        done.fail(new AbandonedException());
        return;
      }
      long started = System.nanoTime();
      store
          .store(rows)
          .onComplete(
              ids -> {
                meters.batch(rows.size(), System.nanoTime() - started);
                outcome.stored().addAll(ids);
                settled();
                done.complete();
              },
              this::failed);
    }

    void wake() {
      vertx.cancelTimer(timer);
      waiting.remove(this);
      run();
    }

    private void failed(Throwable e) {
      if (PostgresFailure.kind(e) == PostgresFailure.Kind.POISON) {
        refused(e);
        return;
      }
      meters.retry(PostgresFailure.sqlState(e));
      waiting.add(this);
      timer = vertx.setTimer(backoff.nextMs(), id -> wake());
      reason = PostgresFailure.describe(e, settings);
      changed.run();
    }

    /** The server answered, so whatever was waited for is over, whether it took the rows or not. */
    private void settled() {
      if (waiting.isEmpty() && !reason.isEmpty()) {
        reason = "";
        changed.run();
      }
    }

    private void refused(Throwable e) {
      if (rows.size() == 1) {
        outcome.refused().put(rows.get(0), PostgresFailure.refusal(e, rows.get(0)));
        settled();
        done.complete();
        return;
      }
      int middle = rows.size() / 2;
      List<EventRow> second = new ArrayList<>(rows.subList(middle, rows.size()));
      part(new ArrayList<>(rows.subList(0, middle)), wanted, outcome)
          .compose(v -> part(second, wanted, outcome))
          .onComplete(done);
    }
  }
}
