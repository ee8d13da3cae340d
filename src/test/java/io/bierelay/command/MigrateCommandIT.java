package io.bierelay.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.Main;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.SandboxPostgres;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The tables' owner migrates; the role does not. */
class MigrateCommandIT {

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int migrate(PostgresAddress postgres, String role, String password) throws Exception {
    Path conf =
        Files.writeString(
            directory.resolve("conf.json"),
            new JsonObject()
                .put("kafka.bootstrap.servers", "localhost:9")
                .put("kafka.security.protocol", "plaintext")
                .put("kafka.group.id", "none")
                .put("kafka.topic.infix", "NONE")
                .put("registry.urls", "http://localhost:9")
                .put("rabbitmq.username", "none")
                .put("rabbitmq.password", "none")
                .put("postgres.host", postgres.host())
                .put("postgres.port", postgres.port())
                .put("postgres.database", postgres.database())
                .put("postgres.username", "someone-else")
                .put("postgres.password", "none")
                .put("postgres.migrate", false)
                .put("postgres.migration.username", postgres.username())
                .put("postgres.migration.password", password)
                .encode());
    return new CommandLine(new Main())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute("migrate", "--role", role, "--conf", conf.toString());
  }

  @Test
  void theTablesAreThereAfterwardsAndAgain() throws Exception {
    try (SandboxPostgres server = new SandboxPostgres().start()) {
      PostgresAddress postgres = server.address();

      assertThat(migrate(postgres, "workflow", postgres.password())).as(err.toString()).isZero();
      assertThat(migrate(postgres, "workflow", postgres.password())).isZero();

      assertThat(out.toString()).contains("the tables are at version 2").doesNotContain("null");
      try (Connection connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://%s:%d/%s"
                      .formatted(postgres.host(), postgres.port(), postgres.database()),
                  postgres.username(),
                  postgres.password());
          Statement statement = connection.createStatement();
          ResultSet count = statement.executeQuery("SELECT count(*) FROM bie_event")) {
        assertThat(count.next()).isTrue();
        assertThat(count.getInt(1)).isZero();
      }

      assertThat(migrate(postgres, "svc-bie-kafka", postgres.password())).isEqualTo(2);
      assertThat(err.toString()).contains("svc-bie-kafka", "--role workflow");
    }
    // Its port is free now.
    assertThat(migrate(new PostgresAddress("localhost", 9, "d", "u", "p"), "workflow", "p"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("PostgreSQL at localhost:9", "connection refused");
  }
}
