package io.bierelay.persist;

import io.bierelay.persist.PersistSettings.SslMode;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsMaterial.Generation;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.SqlConnectOptions;
import java.util.Optional;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * How PostgreSQL is reached, by the reactive client and by the one that migrates, with password,
 * keys and certificates as they are in their files at each new connection.
 */
final class PostgresAccess {

  private final Settings settings;
  private final SslMode mode;

  PostgresAccess(Settings settings) {
    this.settings = settings;
    this.mode = settings.get(PersistSettings.SSL_MODE);
  }

  /** For one new connection of the reactive client. */
  Future<SqlConnectOptions> reactive(Vertx vertx) {
    return vertx.executeBlocking(this::now, false);
  }

  /** The same, with keys, certificates and password as they are in their files. Blocking. */
  PgConnectOptions now() {
    PgConnectOptions connect =
        new PgConnectOptions()
            .setHost(settings.get(PersistSettings.HOST))
            .setPort(settings.get(PersistSettings.PORT))
            .setDatabase(settings.get(PersistSettings.DATABASE))
            .setUser(settings.findCurrent(PersistSettings.USERNAME).orElse(""))
            .setPassword(settings.findCurrent(PersistSettings.PASSWORD).orElse(""))
            .setCachePreparedStatements(true)
            .addProperty("application_name", "bie-relay")
            .addProperty(
                "statement_timeout",
                Long.toString(settings.get(PersistSettings.STATEMENT_TIMEOUT).toMillis()));
    settings
        .find(PersistSettings.SCHEMA)
        .ifPresent(schema -> connect.addProperty("search_path", schema));
    if (mode != SslMode.DISABLE) {
      ClientSSLOptions tls = material().refreshed().options();
      connect
          .setSslMode(io.vertx.pgclient.SslMode.valueOf(mode.name()))
          .setSslOptions(mode == SslMode.REQUIRE ? tls.setTrustAll(true) : tls);
    }
    return connect;
  }

  /** For the connections of one migration. Blocking. */
  PGSimpleDataSource migrating() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(new String[] {settings.get(PersistSettings.HOST)});
    source.setPortNumbers(new int[] {settings.get(PersistSettings.PORT)});
    source.setDatabaseName(settings.get(PersistSettings.DATABASE));
    Optional<String> own = settings.findCurrent(PersistSettings.MIGRATE_USERNAME);
    source.setUser(own.or(() -> settings.findCurrent(PersistSettings.USERNAME)).orElse(""));
    settings
        .findCurrent(own.isPresent() ? PersistSettings.MIGRATE_PASSWORD : PersistSettings.PASSWORD)
        .ifPresent(source::setPassword);
    source.setConnectTimeout(
        Math.max(1, (int) settings.get(PersistSettings.CONNECT_TIMEOUT).toSeconds()));
    source.setApplicationName("bie-relay-migrate");
    if (mode == SslMode.DISABLE) {
      source.setSslMode("disable");
    } else {
      Generation tls = material().refreshed();
      source.setSslfactory(PostgresSockets.class.getName());
      source.setSslFactoryArg(
          PostgresSockets.offer(
              mode == SslMode.REQUIRE ? tls.unverified() : tls.context(), tls.parameters()));
      // The name is verified with the certificate, by what the sockets are told.
      source.setSslMode(mode == SslMode.REQUIRE ? "require" : "verify-ca");
    }
    return source;
  }

  private TlsMaterial material() {
    return TlsMaterial.of(PersistSettings.CERTIFICATES, settings);
  }
}
