package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.settings.Settings;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgException;
import java.net.ConnectException;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresFailureTest {

  private static final Settings SETTINGS =
      Settings.of(
          new JsonObject()
              .put("postgres.host", "db.example")
              .put("postgres.database", "bie")
              .put("postgres.username", "relay")
              .put("postgres.password", "SECRET"));

  @ParameterizedTest
  @CsvSource({
    "08006,TRANSIENT",
    "57P01,TRANSIENT",
    "57P03,TRANSIENT",
    "57014,TRANSIENT",
    "53100,TRANSIENT",
    "53300,TRANSIENT",
    "40001,TRANSIENT",
    "40P01,TRANSIENT",
    "25006,TRANSIENT",
    "55P03,TRANSIENT",
    "58030,TRANSIENT",
    "XX000,TRANSIENT",
    "42P01,TRANSIENT",
    "22P05,POISON",
    "22021,POISON",
    "23514,POISON",
    "54000,POISON",
    "28P01,CONFIGURATION",
    "3D000,CONFIGURATION",
    "42501,CONFIGURATION",
  })
  void theSqlStateTellsTheKindWhicheverDriverSaidIt(String state, PostgresFailure.Kind kind) {
    assertThat(PostgresFailure.kind(new PgException("PERSONAL", "ERROR", state, null)))
        .isEqualTo(kind);
    Exception wrapped = new RuntimeException(new SQLException("PERSONAL", state));
    assertThat(PostgresFailure.kind(wrapped)).isEqualTo(kind);
  }

  @Test
  void whatHasNoSqlStateIsNeverTakenForPoison() {
    for (Exception e :
        List.of(
            new ConnectException("x"),
            new TimeoutException("x"),
            new IllegalStateException("x"),
            new ClassCastException("x"))) {
      assertThat(PostgresFailure.kind(e)).isEqualTo(PostgresFailure.Kind.TRANSIENT);
    }
  }

  @Test
  void aRemedyIsNamedAndTheSecretIsNot() {
    assertThat(describe(new PgException("x", "FATAL", "28P01", null)))
        .startsWith("PostgreSQL at db.example:5432: ")
        .contains("postgres.password", "'relay'")
        .doesNotContain("SECRET");
    assertThat(describe(new PgException("x", "FATAL", "3D000", null)))
        .contains("'bie'", "postgres.database");
    assertThat(describe(new ConnectException("x"))).contains("connection refused");
  }

  @Test
  void whatTheServerQuotesOfARowIsNotPassedOn() {
    PgException quoting = new PgException("bad: PERSONAL", "ERROR", "22P02", "PERSONAL");
    EventRow row =
        new EventRow(
            UUID.randomUUID(),
            "t",
            new EventRow.Origin("o", 0, 0L),
            null,
            Buffer.buffer("{\"a\":\"\\u0000 PERSONAL\"}"),
            null,
            null,
            null,
            "PERSONAL\0",
            List.of(),
            List.of());
    assertThat(PostgresFailure.refusal(quoting, row))
        .contains("22P02", "event_details", "classification")
        .doesNotContain("PERSONAL");
    assertThat(describe(quoting)).doesNotContain("PERSONAL");
  }

  private static String describe(Throwable failure) {
    return PostgresFailure.describe(failure, SETTINGS);
  }
}
