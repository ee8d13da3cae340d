package io.bierelay.sandbox;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/** Where a PostgreSQL database is and who may use it. */
public record PostgresAddress(
    String host, int port, String database, String username, String password) {
  private static final int DEFAULT_PORT = 5432;

  /** Reads {@code postgresql://user:password@host:port/database}. */
  public static PostgresAddress parse(String uri) {
    URI parsed = URI.create(uri);
    UserInfo user = UserInfo.of(parsed);
    int port = parsed.getPort() < 0 ? DEFAULT_PORT : parsed.getPort();
    return new PostgresAddress(
        parsed.getHost(), port, parsed.getPath().substring(1), user.name(), user.password());
  }

  /** The same server and user with another database. */
  public PostgresAddress withDatabase(String other) {
    return new PostgresAddress(host, port, other, username, password);
  }

  /** What {@code psql} takes, password included. */
  public String uri() {
    return "postgresql://%s:%s@%s:%d/%s".formatted(username, password, host, port, database);
  }

  /** What JDBC takes, without user and password. */
  public String jdbcUrl() {
    return "jdbc:postgresql://%s:%d/%s".formatted(host, port, database);
  }

  /** A new connection. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), username, password);
  }

  /** The relay's settings for it. */
  public Map<String, Object> settings() {
    return Map.of(
        "postgres.host", host,
        "postgres.port", port,
        "postgres.database", database,
        "postgres.username", username,
        "postgres.password", password);
  }

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "postgresql://%s@%s:%d/%s".formatted(username, host, port, database);
  }
}
