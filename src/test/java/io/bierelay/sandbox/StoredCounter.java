package io.bierelay.sandbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;

/** Counts the rows that the relay stored, for each type of event. */
public final class StoredCounter implements AutoCloseable {
  private static final String UNDEFINED_TABLE = "42P01";

  private final PostgresAddress database;
  private Connection connection;

  /** Connects when it is first asked. */
  public StoredCounter(PostgresAddress database) {
    this.database = database;
  }

  /** How many events of each type are in the table; none before the relay has created it. */
  public synchronized Map<ContentionType, Long> stored() {
    Map<ContentionType, Long> counts = new EnumMap<>(ContentionType.class);
    for (ContentionType type : ContentionType.values()) {
      counts.put(type, 0L);
    }
    try {
      if (connection == null) {
        connection = database.connect();
      }
      count(counts);
    } catch (SQLException e) {
      if (!UNDEFINED_TABLE.equals(e.getSQLState())) {
        throw new IllegalStateException("cannot count in " + database, e);
      }
    }
    return counts;
  }

  @Override
  public synchronized void close() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // Then the server is gone, and the connection with it.
    }
  }

  private void count(Map<ContentionType, Long> counts) throws SQLException {
    String sql = "SELECT event_type::text, count(*) FROM bie_event GROUP BY 1";
    try (PreparedStatement statement = connection.prepareStatement(sql);
        var rows = statement.executeQuery()) {
      while (rows.next()) {
        String name = rows.getString(1);
        for (ContentionType type : ContentionType.values()) {
          if (type.eventType().equals(name)) {
            counts.put(type, rows.getLong(2));
          }
        }
      }
    }
  }
}
