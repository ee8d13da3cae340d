package io.bierelay.persist;

import io.bierelay.settings.Settings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Brings the tables up to date. Blocking: runs on a worker thread.
 *
 * <p>Several instances may do it at once: Flyway takes a lock in the database, and a type that
 * another instance adds meanwhile is skipped.
 */
final class Migrations {

  /** The version of the newest migration; as it is in {@code db/migration}. */
  private static final int NEWEST = 2;

  private final Settings settings;
  private final List<String> eventTypes;

  /**
   * @param eventTypes what the enum must hold
   */
  Migrations(Settings settings, List<String> eventTypes) {
    this.settings = settings;
    this.eventTypes = List.copyOf(eventTypes);
  }

  /** The version that the tables have after {@link #run}. */
  static int newest() {
    return NEWEST;
  }

  /**
   * Migrates.
   *
   * @throws SQLException see {@link PostgresFailure}
   * @throws org.flywaydb.core.api.FlywayException likewise
   */
  void run() throws SQLException {
    PGSimpleDataSource source = new PostgresAccess(settings).migrating();
    FluentConfiguration flyway =
        Flyway.configure(Migrations.class.getClassLoader())
            .dataSource(source)
            .locations("classpath:db/migration")
            .table("bie_schema_history");
    settings.find(PersistSettings.SCHEMA).ifPresent(flyway::schemas);
    flyway.load().migrate();
    addEventTypes(source);
  }

  /**
   * Adds what is configured beyond the migrations. Only what is missing is altered: that takes a
   * lock and needs the type's owner, and most starts need neither.
   */
  private void addEventTypes(PGSimpleDataSource source) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      Optional<String> schema = settings.find(PersistSettings.SCHEMA);
      if (schema.isPresent()) {
        statement.execute("SET search_path TO " + schema.get());
      }
      Set<String> known = new HashSet<>();
      try (ResultSet labels =
          statement.executeQuery("SELECT unnest(enum_range(NULL::bie_event_type))::text")) {
        while (labels.next()) {
          known.add(labels.getString(1));
        }
      }
      for (String type : eventTypes) {
        if (!known.contains(type)) {
          // The catalogue allows letters, digits and dashes only: nothing in it ends the literal.
          statement.execute("ALTER TYPE bie_event_type ADD VALUE IF NOT EXISTS '" + type + "'");
        }
      }
    }
  }
}
