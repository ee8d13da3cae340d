package io.bierelay.persist;

import io.bierelay.event.EventCatalog;
import io.bierelay.rabbit.RabbitSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the workflow's storing of events can be told. */
public final class PersistSettings {

  /** The database server's host. */
  public static final Setting<String> HOST =
      Setting.text("postgres.host", "localhost").saying("PostgreSQL's host name or address.");

  /** The database server's port. */
  public static final Setting<Integer> PORT =
      Setting.integer("postgres.port", 5432, 1, 65535).saying("PostgreSQL's port.");

  /** The database. */
  public static final Setting<String> DATABASE =
      Setting.text("postgres.database").mandatory().saying("The database that holds bie_event.");

  /** The user that stores. */
  public static final Setting<String> USERNAME =
      Setting.text("postgres.username").mandatory().saying("The user who stores events.");

  /** The user's password. */
  public static final Setting<String> PASSWORD =
      Setting.secret("postgres.password")
          .saying("The user's password, if the server asks for one.");

  /** How the connection is protected, in libpq's words. */
  public enum SslMode {
    /** Not at all. */
    DISABLE,
    /** Encrypted; whoever answers is believed. */
    REQUIRE,
    /** Encrypted; the certificate is by a trusted authority, for whatever host. */
    VERIFY_CA,
    /** Encrypted; the certificate is by a trusted authority, for this host. */
    VERIFY_FULL
  }

  /** The protection. */
  public static final Setting<SslMode> SSL_MODE =
      Setting.choice("postgres.sslmode", SslMode.DISABLE)
          .saying(
              "How the connection to PostgreSQL is protected. Only verify-full verifies the host;"
                  + " require and verify-ca need postgres.insecure.any.host as well.");

  /** Keys and certificates. */
  public static final TlsSettings CERTIFICATES = TlsSettings.of("PostgreSQL", "postgres");

  /** The schema; without it, what the server's search path says. */
  public static final Setting<String> SCHEMA =
      Setting.text("postgres.schema")
          .within(
              "a name of a-z, 0-9 and _ that starts with a letter, at most 63 characters",
              name -> name.matches("[a-z][a-z0-9_]{0,62}"))
          .saying("The schema of the tables; if not given, what the user's search path says.");

  /** The number of connections. */
  public static final Setting<Integer> POOL_SIZE =
      Setting.integer("postgres.pool.size", 4, 2, 100)
          .saying("Connections of one instance; two batches and the health probe use them.");

  /** Whether to create and alter tables. */
  public static final Setting<Boolean> MIGRATE =
      Setting.bool("postgres.migrate", true)
          .saying("Create and update the tables at start; otherwise wait until they are there.");

  /** Who migrates, if not the user that stores. */
  public static final Setting<String> MIGRATE_USERNAME =
      Setting.text("postgres.migration.username")
          .saying("The user who creates the tables; if not given, postgres.username.");

  /** Its password. */
  public static final Setting<String> MIGRATE_PASSWORD =
      Setting.secret("postgres.migration.password").saying("The password of that user.");

  /** How long connecting may take. */
  public static final Setting<Duration> CONNECT_TIMEOUT =
      Setting.duration(
              "postgres.connect.timeout",
              Duration.ofSeconds(5),
              Duration.ofMillis(100),
              Duration.ofMinutes(1))
          .saying("How long connecting to PostgreSQL may take.");

  /** How long one statement may take. */
  public static final Setting<Duration> STATEMENT_TIMEOUT =
      Setting.duration(
              "postgres.statement.timeout",
              Duration.ofSeconds(30),
              Duration.ofMillis(100),
              Duration.ofMinutes(10))
          .saying("How long storing one batch may take; it is then tried again.");

  /**
   * The bound on what is in memory. One full batch of a queue that alone has a backlog, and five
   * where all have one, of which two are under way: with twice as many, what waited outlived the
   * young generation and was copied by the collector again and again.
   */
  public static final Setting<Integer> PREFETCH =
      Setting.integer("persist.prefetch", 500, 1, 65535)
          .saying("Messages of each queue that may be delivered and not yet acknowledged.");

  /** The most rows of a batch. */
  public static final Setting<Integer> BATCH_SIZE =
      Setting.integer("persist.batch.size", 500, 1, 10_000)
          .saying("Rows that are stored in one transaction at most.");

  /** How long a batch stays open. */
  public static final Setting<Duration> BATCH_LINGER =
      Setting.duration(
              "persist.batch.linger", Duration.ofMillis(5), Duration.ZERO, Duration.ofSeconds(10))
          .saying("How long an event waits for others to share its batch, at most.");

  /** The longest wait between two attempts. */
  public static final Setting<Duration> RETRY_MAX =
      Setting.duration(
              "persist.retry.max",
              Duration.ofSeconds(5),
              Duration.ofMillis(100),
              Duration.ofMinutes(5))
          .saying("The longest wait between two attempts to reach PostgreSQL.");

  /** All that this package reads. */
  static final List<Setting<?>> SETTINGS = all();

  private PersistSettings() {}

  private static List<Setting<?>> all() {
    List<Setting<?>> all =
        new ArrayList<>(
            List.of(
                HOST,
                PORT,
                DATABASE,
                USERNAME,
                PASSWORD,
                SSL_MODE,
                SCHEMA,
                POOL_SIZE,
                MIGRATE,
                MIGRATE_USERNAME,
                MIGRATE_PASSWORD,
                CONNECT_TIMEOUT,
                STATEMENT_TIMEOUT,
                PREFETCH,
                BATCH_SIZE,
                BATCH_LINGER,
                RETRY_MAX));
    all.addAll(CERTIFICATES.all());
    all.addAll(QueueSettings.SETTINGS);
    all.addAll(DeadLetterSettings.SETTINGS);
    all.addAll(PrivacySettings.SETTINGS);
    all.addAll(ExtractionSettings.SETTINGS);
    all.addAll(EventCatalog.SETTINGS);
    all.addAll(RabbitSettings.SETTINGS);
    return List.copyOf(all);
  }

  /** What one setting alone can't tell about the connection; one line each, with the remedy. */
  static List<String> tlsProblems(Settings settings) {
    SslMode mode = settings.get(SSL_MODE);
    if (mode == SslMode.DISABLE) {
      return List.of();
    }
    List<String> problems = new ArrayList<>();
    boolean anyHost = settings.get(CERTIFICATES.anyHost());
    if (mode == SslMode.VERIFY_FULL && anyHost) {
      problems.add(
          "'postgres.sslmode' is verify-full and '%s' is true, which contradict each other; choose one"
              .formatted(CERTIFICATES.anyHost().key()));
    } else if (mode != SslMode.VERIFY_FULL && !anyHost) {
      problems.add(
          "'postgres.sslmode' is %s, which does not verify the host; use verify-full, or set '%s' to true"
              .formatted(SSL_MODE.render(mode), CERTIFICATES.anyHost().key()));
    }
    problems.addAll(CERTIFICATES.problems(settings));
    return problems;
  }

  /** What a person should know at each start. */
  static List<String> tlsWarnings(Settings settings) {
    return settings.get(SSL_MODE) == SslMode.DISABLE ? List.of() : CERTIFICATES.warnings(settings);
  }

  /** The database's address, fit for messages to people. */
  static String address(Settings settings) {
    return settings.get(HOST) + ":" + settings.get(PORT);
  }
}
