package io.bierelay.sandbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A PostgreSQL that is up, however it came to be, with the way to make databases in it. */
final class PostgresServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
  private static final String PREFIX = "bierelay_test_" + ProcessHandle.current().pid() + "_";

  private final PostgresAddress address;
  private final Runnable end;
  private final boolean keptByOthers;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Set<String> made = ConcurrentHashMap.newKeySet();

  /** Somebody else's ({@code keptByOthers}) is tidied up and not ended. */
  PostgresServer(PostgresAddress address, Runnable end, boolean keptByOthers) {
    this.address = address;
    this.end = end;
    this.keptByOthers = keptByOthers;
  }

  PostgresAddress address() {
    return address;
  }

  PostgresAddress freshDatabase() {
    String name = PREFIX + numbers.incrementAndGet();
    try {
      execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(
          address
              + ": "
              + e.getMessage()
              + ". Tests make databases of their own: the user needs"
              + " CREATEDB.",
          e);
    }
    made.add(name);
    return address.withDatabase(name);
  }

  @Override
  public void close() {
    if (keptByOthers) {
      for (String name : made) {
        try {
          execute("DROP DATABASE " + name + " WITH (FORCE)");
        } catch (SQLException e) {
          LOG.warn("the database {} is left behind: {}", name, e.getMessage());
        }
      }
    }
    end.run();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = address.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
