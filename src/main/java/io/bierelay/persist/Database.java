package io.bierelay.persist;

import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The connections to PostgreSQL of one verticle instance; used on its context.
 *
 * <p>Each query has a deadline of its own. A server that was cut off answers nothing, and its
 * connections would stay taken for ever: when a deadline passes, the pool is replaced.
 */
final class Database {

  /**
   * One answer for all that must hold: it takes writes, the table is there, and all types are
   * known.
   */
  private static final String CHECK =
      """
      SELECT current_setting('transaction_read_only') = 'on',
             to_regclass('bie_event') IS NOT NULL,
             ARRAY(SELECT enumlabel::text FROM pg_enum
                   WHERE enumtypid = to_regtype('bie_event_type'))
      """;

  /** The server cancels its statement first, which says more than a deadline of ours. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final Settings settings;
  private final List<String> eventTypes;
  private final int batches;
  private Pool pool;
  private int statements;

  /**
   * How busy the connections are.
   *
   * @param size at most so many
   * @param inUse by statements of this instance
   * @param waiting statements that wait for a connection
   */
  record Use(int size, int inUse, int waiting) {}

  /**
   * @param eventTypes what the enum must hold
   * @param batches how many may be stored at once; with the health probe, each needs a connection,
   *     however few are configured
   */
  Database(Vertx vertx, Settings settings, List<String> eventTypes, int batches) {
    this.vertx = vertx;
    this.settings = settings;
    this.eventTypes = List.copyOf(eventTypes);
    this.batches = batches;
    this.pool = open();
  }

  private Pool open() {
    long connectMs = settings.get(PersistSettings.CONNECT_TIMEOUT).toMillis();
    PostgresAccess access = new PostgresAccess(settings);
    return PgBuilder.pool()
        .with(
            new PoolOptions()
                .setMaxSize(size())
                .setConnectionTimeout((int) connectMs)
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS))
        .connectingTo(() -> access.reactive(vertx))
        .using(vertx)
        .build();
  }

  /** Creates and updates the tables, if that is wanted and anything is missing. One attempt. */
  Future<Void> migrate() {
    if (!settings.get(PersistSettings.MIGRATE)) {
      return Future.succeededFuture();
    }
    // Who migrates with credentials of its own shall learn at each start whether they are right.
    Future<Boolean> current =
        settings.find(PersistSettings.MIGRATE_USERNAME).isPresent()
            ? Future.succeededFuture(false)
            : isCurrent();
    return current.compose(is -> is ? Future.succeededFuture() : migrateByFlyway());
  }

  private Future<Void> migrateByFlyway() {
    Migrations migrations = new Migrations(settings, eventTypes);
    return vertx.executeBlocking(
        () -> {
          migrations.run();
          return null;
        },
        false);
  }

  /** Whether there is nothing to migrate; false in any doubt but that the server is there. */
  private Future<Boolean> isCurrent() {
    Duration limit = settings.get(PersistSettings.CONNECT_TIMEOUT);
    return execute(AppliedMigrations.READABLE, Tuple.tuple(), limit)
        .compose(
            rows -> {
              Row row = rows.iterator().next();
              boolean worthLooking =
                  row.getBoolean(0)
                      && Arrays.asList(row.getArrayOfStrings(1)).containsAll(eventTypes);
              return worthLooking ? isApplied(limit) : Future.succeededFuture(false);
            });
  }

  private Future<Boolean> isApplied(Duration limit) {
    return vertx
        .executeBlocking(AppliedMigrations::ofThisJar, false)
        .compose(own -> execute(AppliedMigrations.HISTORY, Tuple.tuple(), limit).map(own::areAllOf))
        .recover(
            // Rights or columns are not as expected: Flyway knows more, or can say what is wrong.
            e ->
                e instanceof PgException refused && refused.getSqlState().startsWith("42")
                    ? Future.succeededFuture(false)
                    : Future.failedFuture(e));
  }

  /**
   * Asks whether events can be stored.
   *
   * @return fails with what {@link PostgresFailure} explains, or with a {@link NotPrepared}
   */
  Future<Void> check() {
    return execute(CHECK, Tuple.tuple(), settings.get(PersistSettings.CONNECT_TIMEOUT))
        .map(
            rows -> {
              Row row = rows.iterator().next();
              if (row.getBoolean(0)) {
                throw new NotPrepared("it is read-only; is this a standby?");
              }
              if (!row.getBoolean(1)) {
                throw new NotPrepared(
                    "table bie_event is not there; set postgres.migrate to true once, or apply the"
                        + " migrations");
              }
              Set<String> missing = new TreeSet<>(eventTypes);
              Arrays.asList(row.getArrayOfStrings(2)).forEach(missing::remove);
              if (!missing.isEmpty()) {
                throw new NotPrepared(
                    "enum bie_event_type does not know %s; set postgres.migrate to true once, or add it"
                        .formatted(missing));
              }
              return null;
            });
  }

  /** How busy the connections are, just now. */
  Use use() {
    int size = size();
    return new Use(size, Math.min(size, statements), Math.max(0, statements - size));
  }

  private int size() {
    return Math.max(settings.get(PersistSettings.POOL_SIZE), batches + 1);
  }

  /** Runs a prepared statement, within the time that statements may take. */
  Future<RowSet<Row>> execute(String sql, Tuple parameters) {
    return execute(sql, parameters, settings.get(PersistSettings.STATEMENT_TIMEOUT));
  }

  private Future<RowSet<Row>> execute(String sql, Tuple parameters, Duration limit) {
    Pool used = pool;
    statements++;
    return used.preparedQuery(sql)
        .execute(parameters)
        .timeout(limit.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(
            e -> {
              if (e instanceof TimeoutException) {
                replace(used);
              }
            })
        .onComplete(done -> statements--);
  }

  /** What was sent may still be stored by the old connection: doing it again changes nothing. */
  private void replace(Pool stuck) {
    if (pool == stuck) {
      pool = open();
      stuck.close();
    }
  }

  /** Closes all connections. */
  Future<Void> close() {
    return pool.close();
  }

  /** The server answers, but events can't be stored yet; a person or another instance must act. */
  static final class NotPrepared extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NotPrepared(String why) {
      super(why, null, false, false);
    }
  }
}
