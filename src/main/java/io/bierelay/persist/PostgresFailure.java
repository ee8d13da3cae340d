package io.bierelay.persist;

import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsFailure;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import io.vertx.sqlclient.DatabaseException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.TimeoutException;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * Tells what kind of failure it was between us and PostgreSQL, and says it to people.
 *
 * <p>Only what certainly is the row's own fault counts as poison: a failure that is taken for
 * transient by mistake is waited out and shown, one that is taken for poison by mistake would empty
 * the queue into the dead letters.
 */
final class PostgresFailure {

  /** What has to be done about it. */
  enum Kind {
    /** Wait and try again. */
    TRANSIENT,
    /** This row can never be stored. */
    POISON,
    /** A person has to change something. */
    CONFIGURATION
  }

  /** For people; by whole SQLSTATE, else by its class. */
  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("08", "the connection broke"),
          Map.entry("25006", "it is read-only; is this a standby?"),
          Map.entry("40", "transactions stood in each other's way"),
          Map.entry("40P01", "transactions waited for each other"),
          Map.entry("53", "it is short of resources"),
          Map.entry("53100", "its disk is full"),
          Map.entry("53300", "it has too many connections"),
          Map.entry("57014", "the statement took too long and was cancelled"),
          Map.entry("57P01", "it is being shut down"),
          Map.entry("57P02", "it crashed and recovers"),
          Map.entry("57P03", "it takes no connections yet"));

  private PostgresFailure() {}

  /** The SQLSTATE that the server or the driver gave; empty if there is none. */
  static String sqlState(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String state =
          t instanceof DatabaseException database
              ? database.getSqlState()
              : t instanceof SQLException sql ? sql.getSQLState() : null;
      if (state != null) {
        return state;
      }
    }
    return "";
  }

  /** What has to be done about it. */
  static Kind kind(Throwable failure) {
    String state = sqlState(failure);
    if (state.isEmpty()) {
      // A migration that was changed, or is not there: Flyway found it, not the server.
      return failure instanceof FlywayException ? Kind.CONFIGURATION : Kind.TRANSIENT;
    }
    return switch (state.substring(0, Math.min(2, state.length()))) {
      // 54: a limit of the program is exceeded by the row, such as that of an index entry's size.
      case "22", "23", "54" -> Kind.POISON;
      case "28", "3D", "3F" -> Kind.CONFIGURATION;
      case "42" -> state.equals("42501") ? Kind.CONFIGURATION : Kind.TRANSIENT;
      default -> Kind.TRANSIENT;
    };
  }

  /** One sentence that begins with the server's address; never a row's content or a secret. */
  static String describe(Throwable failure, Settings settings) {
    return "PostgreSQL at " + PersistSettings.address(settings) + ": " + cause(failure, settings);
  }

  /**
   * Why a row was refused: SQLSTATE, and the column or index as far as the server tells. The
   * server's own message quotes the row, so it is not passed on.
   */
  static String refusal(Throwable failure, EventRow row) {
    StringJoiner where = new StringJoiner(", ");
    where.add("PostgreSQL refused the row: SQLSTATE " + sqlState(failure));
    String column = failure instanceof PgException pg ? pg.getColumn() : null;
    String constraint = failure instanceof PgException pg ? pg.getConstraint() : null;
    String columnsWithNul = row.columnsWithNul();
    String classification = row.classification();
    if (column != null) {
      where.add("column " + column);
    } else if (!columnsWithNul.isEmpty()) {
      where.add("column " + columnsWithNul + " holds the character U+0000");
    } else if (sqlState(failure).equals("22P02") || sqlState(failure).equals("22030")) {
      // Of all that is bound, only the details are text that the server has to understand.
      where.add("column event_details");
    } else if (sqlState(failure).equals("54000") && classification != null) {
      // The one indexed text without a bound; the server names its index only sometimes.
      where.add(
          "column classification may be too long for its index, with %d characters"
              .formatted(classification.length()));
    }
    if (constraint != null) {
      where.add("constraint or index " + constraint);
    }
    return where.toString();
  }

  private static String cause(Throwable failure, Settings settings) {
    String state = sqlState(failure);
    Optional<String> tls = TlsFailure.explain(failure, PersistSettings.CERTIFICATES);
    if (tls.isPresent()) {
      return tls.get();
    }
    if (speaksNoTls(failure)) {
      return "it does not speak TLS; switch it on there (ssl = on), or change postgres.sslmode";
    }
    if (has(failure, UnknownHostException.class)) {
      return "its host name is not known; check postgres.host";
    }
    if (has(failure, ConnectException.class)) {
      return "connection refused; is it running, are postgres.host and postgres.port right?";
    }
    if (has(failure, TimeoutException.class)) {
      return "it did not answer in time";
    }
    if (has(failure, ClosedConnectionException.class)) {
      return "the connection broke";
    }
    if (state.startsWith("28")) {
      return "it refused the login; check postgres.username ('%s'), postgres.password%s, the client certificate if the server wants one (postgres.keystore.location), and the server's pg_hba.conf (SQLSTATE %s)"
          .formatted(
              settings.get(PersistSettings.USERNAME),
              settings
                  .find(PersistSettings.MIGRATE_USERNAME)
                  .map(
                      user ->
                          ", postgres.migration.username ('%s') and postgres.migration.password"
                              .formatted(user))
                  .orElse(""),
              state);
    }
    if (state.equals("3D000")) {
      return "it has no database '%s'; create it, or change postgres.database"
          .formatted(settings.get(PersistSettings.DATABASE));
    }
    if (state.equals("42501")) {
      return "a permission is missing (%s); grant it, or set postgres.migration.username for what creates tables"
          .formatted(ownWords(failure));
    }
    if (!state.isEmpty()) {
      String words = WORDS.getOrDefault(state, WORDS.get(state.substring(0, 2)));
      return words == null
          ? "%s (SQLSTATE %s)".formatted(ownWords(failure), state)
          : "%s (SQLSTATE %s)".formatted(words, state);
    }
    return ownWords(failure);
  }

  /** Both clients have words for it, and nothing else. */
  private static boolean speaksNoTls(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String said = String.valueOf(t.getMessage());
      if (said.contains("does not handle SSL connection")
          || said.contains("does not support SSL")) {
        return true;
      }
    }
    return false;
  }

  /** What the server or the driver said; not where it may quote a row. */
  private static String ownWords(Throwable failure) {
    if (kind(failure) == Kind.POISON) {
      return "it refused the data";
    }
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof PgException pg && pg.getErrorMessage() != null) {
        return pg.getErrorMessage();
      }
      if (t instanceof SQLException sql && sql.getMessage() != null) {
        return firstLine(sql.getMessage());
      }
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : firstLine(message);
  }

  private static String firstLine(String text) {
    return text.strip().lines().findFirst().orElse("");
  }

  private static boolean has(@Nullable Throwable failure, Class<? extends Throwable> type) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return true;
      }
    }
    return false;
  }
}
