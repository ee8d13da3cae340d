package io.bierelay.sandbox;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * Where a PostgreSQL database is and who may use it.
 *
 * @param identity what is shown over TLS, instead of a password; null for that
 */
public record PostgresAddress(
    String host,
    int port,
    String database,
    String username,
    String password,
    TlsIdentity identity) {
  private static final int DEFAULT_PORT = 5432;

  /** One without TLS. */
  public PostgresAddress(String host, int port, String database, String username, String password) {
    this(host, port, database, username, password, null);
  }

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
    return new PostgresAddress(host, port, other, username, password, identity);
  }

  /** The same server over TLS, as whom the certificate names. */
  public PostgresAddress by(TlsIdentity certified) {
    return new PostgresAddress(host, port, database, certified.name(), "", certified);
  }

  /** What {@code psql} takes, password or the files of certificate and key included. */
  public String uri() {
    if (identity != null) {
      return "postgresql://%s@%s:%d/%s?sslmode=verify-full&sslrootcert=%s&sslcert=%s&sslkey=%s"
          .formatted(
              username, host, port, database, identity.trust(), identity.chain(), identity.key());
    }
    return "postgresql://%s:%s@%s:%d/%s".formatted(username, password, host, port, database);
  }

  /** What JDBC takes, without user and password. */
  public String jdbcUrl() {
    return "jdbc:postgresql://%s:%d/%s".formatted(host, port, database);
  }

  /** A new connection. */
  public Connection connect() throws SQLException {
    if (identity == null) {
      return DriverManager.getConnection(jdbcUrl(), username, password);
    }
    Properties properties = new Properties();
    properties.put("user", username);
    properties.put("sslmode", "verify-full");
    properties.put("sslrootcert", identity.trust().toString());
    properties.put("sslcert", identity.chain().toString());
    properties.put("sslkey", identity.derKey().toString());
    return DriverManager.getConnection(jdbcUrl(), properties);
  }

  /** The relay's settings for it. */
  public Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("postgres.host", host);
    settings.put("postgres.port", port);
    settings.put("postgres.database", database);
    settings.put("postgres.username", username);
    if (identity != null) {
      settings.put("postgres.sslmode", "verify-full");
      settings.putAll(identity.settings("postgres"));
    } else {
      settings.put("postgres.password", password);
    }
    return settings;
  }

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "postgresql://%s@%s:%d/%s".formatted(username, host, port, database);
  }
}
