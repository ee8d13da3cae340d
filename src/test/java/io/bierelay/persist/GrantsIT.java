package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.SandboxPostgres;
import io.bierelay.status.VerticleStatus.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The documented grants are enough to run with, and no more. */
class GrantsIT {

  @Test
  void theServiceStoresWithARoleThatCanOnlyInsertAndSelect() throws Exception {
    try (SandboxPostgres server = new SandboxPostgres().start()) {
      PostgresAddress owner = server.address();
      asSuperuser(owner, "CREATE ROLE bie_workflow LOGIN PASSWORD 'w'");
      String grants =
          Files.readString(Path.of("docs/sql/grants.sql")).replace("bie_owner", owner.username());
      run(owner, grants);
      Map<String, Object> settings = new HashMap<>();
      settings.put("postgres.username", "bie_workflow");
      settings.put("postgres.password", "w");
      settings.put("postgres.migration.username", owner.username());
      settings.put("postgres.migration.password", owner.password());
      try (WorkflowUnderTest workflow =
          new WorkflowUnderTest(RealServices.freshVirtualHost(), owner)) {
        workflow.deploy(settings, 2);
        workflow.awaitState(State.READY);
        workflow.publishNumbered("contention-updated", 0, 100);
        workflow.publishNumbered("contention-updated", 0, 100);
        workflow.awaitCount("bie_event", 100);
        assertThat(workflow.count("bie_event_to_diagnostic_code")).isEqualTo(100);
      }
      PostgresAddress service =
          new PostgresAddress(owner.host(), owner.port(), owner.database(), "bie_workflow", "w");
      run(
          service,
          "INSERT INTO dead_letter_action (action, message_id, reason, stage, event_type, origin,"
              + " by_whom, why) VALUES ('replay', 'm', 'r', 's', 't', 'o', 'b', 'w')");
      for (String forbidden :
          new String[] {
            "UPDATE bie_event SET classification = 'x'",
            "DELETE FROM bie_event",
            "TRUNCATE bie_event",
            "DROP TABLE bie_event",
            "ALTER TABLE bie_event ADD COLUMN x text",
            "DELETE FROM dead_letter_action",
            "CREATE TABLE mine (x int)"
          }) {
        assertThatThrownBy(() -> run(service, forbidden))
            .as(forbidden)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
      }
    }
  }

  private static void run(PostgresAddress address, String sql) throws SQLException {
    try (Connection connection = address.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void asSuperuser(PostgresAddress address, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(address.jdbcUrl(), "postgres", "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
