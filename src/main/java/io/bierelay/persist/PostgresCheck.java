package io.bierelay.persist;

import io.bierelay.check.ClientSide;
import io.bierelay.check.Endpoint;
import io.bierelay.check.Greeting;
import io.bierelay.check.Problem;
import io.bierelay.check.Reach;
import io.bierelay.check.Remedies;
import io.bierelay.check.ServerCheck;
import io.bierelay.check.Steps;
import io.bierelay.persist.PersistSettings.SslMode;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsMaterial.Generation;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tries PostgreSQL as the workflow will use it; only reads, and only what the server says of
 * itself.
 */
final class PostgresCheck implements ServerCheck {

  private static final int ANSWER_MS = 2_500;
  private static final Duration SKEW = Duration.ofSeconds(30);

  private static final String FACTS =
      """
      SELECT current_setting('server_version') AS version,
             (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
             current_setting('transaction_read_only') = 'on' AS read_only,
             current_schema() AS schema,
             coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
             to_regclass('bie_schema_history') IS NOT NULL AS has_history,
             coalesce(has_table_privilege(to_regclass('bie_schema_history'), 'SELECT'), false)
               AS may_read_history,
             ARRAY(SELECT enumlabel::text FROM pg_enum
                   WHERE enumtypid = to_regtype('bie_event_type')) AS types
      """;

  private static final String GRANTS =
      """
      SELECT name, to_regclass(name) IS NOT NULL AS there,
             coalesce(has_table_privilege(to_regclass(name), 'INSERT'), false) AS may_insert,
             coalesce(has_table_privilege(to_regclass(name), 'SELECT'), false) AS may_select
      FROM unnest($1::text[]) AS name
      """;

  private static final String[] TABLES = {
    "bie_event", "diagnostic_code", "bie_event_to_diagnostic_code", "dead_letter_action"
  };

  private final Vertx vertx;
  private final Settings settings;
  private final List<String> eventTypes;

  PostgresCheck(Vertx vertx, Settings settings, List<String> eventTypes) {
    this.vertx = vertx;
    this.settings = settings;
    this.eventTypes = List.copyOf(eventTypes);
  }

  @Override
  public String server() {
    return "PostgreSQL";
  }

  @Override
  public void run(Steps steps) {
    if (!Reach.to(steps, endpoint())) {
      return;
    }
    AtomicReference<@Nullable PgConnection> opened = new AtomicReference<>();
    try {
      boolean in =
          steps.step(
              "login",
              PersistSettings.address(settings),
              () -> {
                PgConnectOptions options = new PostgresAccess(settings).now();
                opened.set(answer(PgConnection.connect(vertx, options)));
                return "'%s' in database '%s'".formatted(options.getUser(), options.getDatabase());
              });
      PgConnection connection = opened.get();
      if (in && connection != null) {
        ask(steps, connection);
      }
    } finally {
      PgConnection connection = opened.get();
      if (connection != null) {
        var unused = connection.close();
      }
    }
  }

  private void ask(Steps steps, PgConnection connection) {
    AtomicReference<@Nullable Row> asked = new AtomicReference<>();
    boolean answered =
        steps.step(
            "version",
            PersistSettings.address(settings),
            () -> {
              Row row = answer(connection.query(FACTS).execute()).iterator().next();
              asked.set(row);
              return "PostgreSQL " + row.getString("version");
            });
    Row facts = asked.get();
    if (!answered || facts == null) {
      return;
    }
    clock(steps, facts);
    if (facts.getBoolean("read_only")) {
      steps.failed(
          "writable",
          PersistSettings.address(settings),
          new Problem(
              "it is read-only; is this a standby?", "check postgres.host: name the primary"));
    }
    boolean current = steps.step("schema", schema(facts), () -> version(connection, facts));
    if (current) {
      grants(steps, connection, facts);
    } else {
      steps.skipped("grants", schema(facts), "the tables are not those of this version");
    }
  }

  private static String schema(Row facts) {
    String schema = facts.getString("schema");
    return schema == null ? "no schema" : schema;
  }

  private void clock(Steps steps, Row facts) {
    Duration skew = Duration.between(Instant.ofEpochMilli(facts.getLong("now")), Instant.now());
    String address = PersistSettings.address(settings);
    if (skew.abs().compareTo(SKEW) > 0) {
      steps.noted(
          "clock",
          address,
          "our clock is %d s %s the server's"
              .formatted(skew.abs().toSeconds(), skew.isNegative() ? "behind" : "ahead of"),
          "set the clock of this machine, or of the server (NTP)");
    } else {
      steps.passed("clock", address, "less than %d s apart".formatted(SKEW.toSeconds()));
    }
  }

  /** By Flyway's own table where we may read it, else by the newest of our tables and types. */
  private String version(PgConnection connection, Row facts) throws Exception {
    int wanted = Migrations.newest();
    boolean migrates = settings.get(PersistSettings.MIGRATE);
    if (facts.getString("schema") == null) {
      throw new Problem(
              "the user's search path names no schema that exists",
              "create the schema, grant USAGE on it, or set postgres.schema")
          .toException();
    }
    int found = 0;
    if (facts.getBoolean("may_read_history")) {
      found =
          answer(
                  connection
                      .query(
                          "SELECT coalesce(max(version::int), 0) FROM bie_schema_history"
                              + " WHERE success AND version IS NOT NULL")
                      .execute())
              .iterator()
              .next()
              .getInteger(0);
    } else if (facts.getBoolean("has_history")) {
      return "version not known: we may not read bie_schema_history";
    }
    if (found > wanted) {
      return "version %d, newer than this release's %d".formatted(found, wanted);
    }
    if (found == wanted) {
      return "version %d%s".formatted(found, missingTypes(facts, migrates));
    }
    if (!migrates) {
      throw new Problem(
              found == 0
                  ? "the tables are not there"
                  : "the tables are of version %d, this release wants %d".formatted(found, wanted),
              "apply the migrations up to %d, or set postgres.migrate to true once"
                  .formatted(wanted))
          .toException();
    }
    if (!facts.getBoolean("may_create")
        && settings.find(PersistSettings.MIGRATE_USERNAME).isEmpty()) {
      throw new Problem(
              "the tables are of version %d, this release wants %d, and '%s' may not create any"
                  .formatted(found, wanted, settings.get(PersistSettings.USERNAME)),
              "set postgres.migration.username to the tables' owner, or apply the migrations")
          .toException();
    }
    return "version %d; the role brings it to %d when it starts".formatted(found, wanted);
  }

  private String missingTypes(Row facts, boolean migrates) throws Exception {
    Set<String> missing = new TreeSet<>(eventTypes);
    Arrays.asList(facts.getArrayOfStrings("types")).forEach(missing::remove);
    if (missing.isEmpty()) {
      return "";
    }
    if (!migrates) {
      throw new Problem(
              "the type bie_event_type does not know " + missing,
              "set postgres.migrate to true once, or add them")
          .toException();
    }
    return "; the role adds the types %s when it starts".formatted(missing);
  }

  private void grants(Steps steps, PgConnection connection, Row facts) {
    List<Row> asked = new ArrayList<>();
    steps.step(
        "grants",
        schema(facts),
        () -> {
          asked.addAll(
              answer(
                  connection
                      .preparedQuery(GRANTS)
                      .execute(Tuple.of(TABLES))
                      .map(rows -> rows.stream().toList())));
          return "looked up";
        });
    for (Row row : asked) {
      String table = row.getString("name");
      if (!row.getBoolean("there")) {
        steps.skipped("grants", table, "not there yet, the role makes it when it starts");
      } else if (row.getBoolean("may_insert") && row.getBoolean("may_select")) {
        steps.passed("grants", table, "may insert and select");
      } else {
        String lacks = row.getBoolean("may_insert") ? "SELECT" : "INSERT";
        steps.failed(
            "grants",
            table,
            new Problem(
                "'%s' has no permission to %s"
                    .formatted(settings.get(PersistSettings.USERNAME), lacks),
                "GRANT SELECT, INSERT ON %s TO %s; see docs/sql/grants.sql"
                    .formatted(table, settings.get(PersistSettings.USERNAME))));
      }
    }
  }

  private static <T> T answer(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(ANSWER_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public Problem explain(Throwable failure) {
    Throwable e = failure;
    while (e.getCause() != null && e instanceof ExecutionException) {
      e = e.getCause();
    }
    if (e instanceof TimeoutException) {
      return new Problem("it does not answer in time", "is it overloaded, or out of connections?");
    }
    String remedy =
        switch (PostgresFailure.kind(e)) {
          case CONFIGURATION -> "correct postgres.*, or what the server has for it";
          case POISON, TRANSIENT -> "see the server's log; check postgres.*";
        };
    String where = "PostgreSQL at " + PersistSettings.address(settings) + ": ";
    String said = PostgresFailure.describe(e, settings);
    return new Problem(said.startsWith(where) ? said.substring(where.length()) : said, remedy);
  }

  private Endpoint endpoint() {
    SslMode mode = settings.get(PersistSettings.SSL_MODE);
    Callable<ClientSide> tls =
        mode == SslMode.DISABLE
            ? null
            : () -> {
              Generation now = TlsMaterial.of(PersistSettings.CERTIFICATES, settings).refreshed();
              return mode == SslMode.REQUIRE ? ClientSide.unverified(now) : ClientSide.of(now);
            };
    return new Endpoint(
        settings.get(PersistSettings.HOST),
        settings.get(PersistSettings.PORT),
        tls,
        true,
        Greeting.postgres(),
        new Remedies(
            "postgres.host and postgres.port",
            "set postgres.sslmode to verify-full; is a proxy between?",
            "switch it on in the server (ssl = on), or set postgres.sslmode to disable",
            "postgres.truststore.location",
            "postgres.keystore.location"));
  }
}
