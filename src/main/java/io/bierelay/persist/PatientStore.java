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
import java.util.Map;
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
  private final Duration retryMax;
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
    this.retryMax = settings.get(PersistSettings.RETRY_MAX);
  }

  /** What became of a batch. */
  static final class Outcome {

    /** Why, by row that can never be stored; rows are told apart by identity. */
    private final IdentityHashMap<EventRow, String> refused = new IdentityHashMap<>(0);

    private final Set<UUID> stored = new HashSet<>(0);

    /** All rows at once, as nearly always: then nobody need look into a set for each. */
    private int allOf;

    private void add(List<EventRow> rows, EventStore.Stored answer, boolean whole) {
      if (whole && answer.all()) {
        allOf = rows.size();
      } else if (answer.all()) {
        rows.forEach(row -> stored.add(row.id()));
      } else {
        stored.addAll(answer.some());
      }
    }

    /** How many rows are stored that were not there before. */
    int count() {
      return allOf + stored.size();
    }

    /** Whether the row was not there before; true once for each, though it may come twice. */
    boolean takeStored(EventRow row) {
      return allOf > 0 || stored.remove(row.id());
    }

    boolean isRefused(EventRow row) {
      return !refused.isEmpty() && refused.containsKey(row);
    }

    /** Why, by row that can never be stored; rows are told apart by identity. */
    Map<EventRow, String> refused() {
      return refused;
    }
  }

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
    Outcome outcome = new Outcome();
    if (rows.isEmpty()) {
      return Future.succeededFuture(outcome);
    }
    return part(rows, true, wanted, outcome).map(v -> outcome);
  }

  private Future<Void> part(
      List<EventRow> rows, boolean whole, BooleanSupplier wanted, Outcome outcome) {
    Attempt attempt = new Attempt(rows, whole, wanted, outcome);
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
    private final boolean whole;
    private final BooleanSupplier wanted;
    private final Outcome outcome;
    private final Promise<Void> done = Promise.promise();
    private final Backoff backoff = new Backoff(FIRST_WAIT, retryMax);
    private long timer = -1;

    Attempt(List<EventRow> rows, boolean whole, BooleanSupplier wanted, Outcome outcome) {
      this.rows = rows;
      this.whole = whole;
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
              answer -> {
                meters.batch(rows.size(), System.nanoTime() - started);
                outcome.add(rows, answer, whole);
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
        outcome.refused.put(rows.get(0), PostgresFailure.refusal(e, rows.get(0)));
        settled();
        done.complete();
        return;
      }
      int middle = rows.size() / 2;
      List<EventRow> second = new ArrayList<>(rows.subList(middle, rows.size()));
      part(new ArrayList<>(rows.subList(0, middle)), false, wanted, outcome)
          .compose(v -> part(second, false, wanted, outcome))
          .onComplete(done);
    }
  }
}
