package io.bierelay.bench.workflow;

import io.bierelay.bench.Descendants;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.flywaydb.core.Flyway;

/** A PostgreSQL with fsync on, and in it a fresh database with the product's tables on demand. */
public final class Database implements AutoCloseable {

  private final SandboxPostgres postgres = new SandboxPostgres(true).start();
  private PostgresAddress address = postgres.address();
  private Connection sql;
  private String current;

  /** Started; without tables yet. */
  public Database() {
    Descendants.atLast(postgres::close);
  }

  /** Drops the one before, and makes one of that name. */
  public void renew(String name) throws SQLException {
    release();
    address = postgres.address();
    if (current != null) {
      // By the superuser, for a vacuum of PostgreSQL's own may be at work in it, and only that one
      // may end it.
      try (Connection superuser = DriverManager.getConnection(address.jdbcUrl(), "postgres", "");
          Statement statement = superuser.createStatement()) {
        statement.execute("DROP DATABASE " + current + " WITH (FORCE)");
      }
      current = null;
    }
    try (Connection own = connect();
        Statement statement = own.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    current = name;
    postgres.checkpoint();
    address = postgres.address().withDatabase(name);
    Flyway.configure()
        .dataSource(address.jdbcUrl(), address.username(), address.password())
        .locations("classpath:db/migration")
        .table("bie_schema_history")
        .load()
        .migrate();
    sql = connect();
  }

  /** Where the present one is. */
  public PostgresAddress address() {
    return address;
  }

  /** A connection of one's own. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), address.username(), address.password());
  }

  /** The benchmark's connection. */
  Connection sql() {
    return sql;
  }

  /** Nobody can insert until the returned connection is closed. */
  public Connection lock() throws SQLException {
    Connection holder = connect();
    holder.setAutoCommit(false);
    try (Statement statement = holder.createStatement()) {
      statement.execute("LOCK TABLE bie_event IN SHARE ROW EXCLUSIVE MODE");
    }
    return holder;
  }

  /**
   * Has PostgreSQL do at once what it would do in the background for a while after so many rows: an
   * idle system is one that is done with that.
   */
  public void settle() throws SQLException {
    try (Statement statement = sql.createStatement()) {
      statement.execute("VACUUM (ANALYZE) bie_event");
    }
    postgres.checkpoint();
  }

  /** How many rows there are. */
  public long count() throws SQLException {
    return number("SELECT count(*) FROM bie_event");
  }

  /** What a query of one number says. */
  public long number(String query) throws SQLException {
    try (Statement statement = sql.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Which of those contentions have a row. */
  public Set<Long> contentions(Collection<Long> wanted) throws SQLException {
    Set<Long> found = new HashSet<>();
    try (var query =
        sql.prepareStatement("SELECT contention_id FROM bie_event WHERE contention_id = ANY (?)")) {
      query.setArray(1, sql.createArrayOf("int8", wanted.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getLong(1));
        }
      }
    }
    return found;
  }

  /** Stops the server and keeps its data. */
  public void stop() {
    postgres.stop();
  }

  /** Starts it again, and connects. */
  public void restart() throws SQLException {
    postgres.start();
    sql = connect();
  }

  /** Its version. */
  public String version() throws SQLException {
    return sql.getMetaData().getDatabaseProductVersion();
  }

  private void release() throws SQLException {
    if (sql != null) {
      sql.close();
    }
  }

  @Override
  public void close() {
    postgres.close();
  }
}
