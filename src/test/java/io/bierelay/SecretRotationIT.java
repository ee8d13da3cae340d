package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Launcher;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.sandbox.SandboxPostgres;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Under load the certificates of RabbitMQ, of PostgreSQL and of their client are replaced by those
 * of another authority, both passwords are changed, and all connections are cut. Nothing is
 * restarted, and nothing is lost.
 */
@Timeout(300)
class SecretRotationIT {

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final double PER_SECOND = 100;
  private static final String NEXT_PASSWORD = "next-s3cret";

  private final SandboxAuthority before = new SandboxAuthority("Former CA");
  private final SandboxAuthority after = new SandboxAuthority("New CA");

  @TempDir private Path files;

  @Test
  void whatIsReplacedIsUsedForNewConnections() throws Exception {
    int tlsPort = Ports.free();
    serverFiles(before);
    Path trust = before.pem(files.resolve("ca.pem"));
    Path own = before.client("relay").pem(files.resolve("own.pem"));
    try (RabbitProcess rabbit =
            new RabbitProcess(
                    "listeners.ssl.local = 127.0.0.1:" + tlsPort,
                    "ssl_options.cacertfile = " + files.resolve("clients.pem"),
                    "ssl_options.certfile = " + files.resolve("server.pem"),
                    "ssl_options.keyfile = " + files.resolve("server.key"),
                    "ssl_options.verify = verify_peer",
                    "ssl_options.fail_if_no_peer_cert = true")
                .start();
        SandboxPostgres postgres = new SandboxPostgres().tls(before.server("db"), before).start();
        RelayServers servers = new RelayServers(rabbit.address(), postgres.address()).start(2);
        EventPublisher publisher = servers.publisher()) {
      Path secrets = Files.createDirectory(files.resolve("secrets"));
      Files.writeString(secrets.resolve("rabbitmq.password"), rabbit.address().password());
      Files.writeString(secrets.resolve("postgres.password"), postgres.address().password());
      Launcher launcher =
          new Launcher(
              new LaunchRequest(
                  List.of("svc-bie-kafka", "workflow"),
                  List.of(conf(servers, tlsPort), secrets),
                  Optional.empty(),
                  Map.of()));
      join(launcher.start());
      try {
        AdminClient admin = new AdminClient(servers.adminUrl());
        await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
        publisher.publishSteadily(new ContentionEvents(7), PER_SECOND);
        await().atMost(LIMIT).until(() -> rows(postgres) > 100);

        // The servers' certificates may be met in any order, so both are trusted for a while.
        write(
            trust,
            SandboxAuthority.pemOf(before.certificate())
                + SandboxAuthority.pemOf(after.certificate()));
        replace(own, after.client("relay").pem(files.resolve("next.pem")));
        serverFiles(after);
        rabbit.ctl("eval", "ssl:clear_pem_cache().");
        postgres.tls(after.server("db"), after);
        write(trust, SandboxAuthority.pemOf(after.certificate()));
        rabbit.ctl("change_password", rabbit.address().username(), NEXT_PASSWORD);
        write(secrets.resolve("rabbitmq.password"), NEXT_PASSWORD);
        administer(
            postgres,
            "ALTER ROLE %s PASSWORD '%s'".formatted(postgres.address().username(), NEXT_PASSWORD));
        write(secrets.resolve("postgres.password"), NEXT_PASSWORD);
        assertThat(rabbit.address().takesConnections()).as("with the former password").isFalse();

        rabbit.ctl("close_all_connections", "rotated");
        administer(
            postgres,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'"
                .formatted(postgres.address().username()));
        long stored = rows(postgres);
        await().atMost(LIMIT).until(() -> rows(postgres) > stored + 300);
        await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
        publisher.pause();
        publisher.flush();
        long published = sum(publisher.published());
        await().atMost(LIMIT).untilAsserted(() -> assertThat(rows(postgres)).isEqualTo(published));
        System.out.printf(
            "certificates and passwords replaced under load: %d published, %d stored%n",
            published, rows(postgres));
      } finally {
        join(launcher.stop());
      }
    }
  }

  private Path conf(RelayServers servers, int tlsPort) throws IOException {
    JsonObject settings =
        new JsonObject(servers.settings())
            .put("rabbitmq.port", tlsPort)
            .put("rabbitmq.tls", true)
            .put("rabbitmq.truststore.location", files.resolve("ca.pem").toString())
            .put("rabbitmq.keystore.location", files.resolve("own.pem").toString())
            .put("rabbitmq.retry.max", "500ms")
            .put("postgres.sslmode", "verify-full")
            .put("postgres.truststore.location", files.resolve("ca.pem").toString())
            .put("postgres.keystore.location", files.resolve("own.pem").toString());
    settings.remove("rabbitmq.password");
    settings.remove("postgres.password");
    return Files.writeString(files.resolve("relay.json"), settings.encode());
  }

  /** What RabbitMQ shows, and whose clients it takes. */
  private void serverFiles(SandboxAuthority authority) {
    Issued server = authority.server("queue");
    server.chainPem(files.resolve("server.pem"));
    server.keyPem(files.resolve("server.key"));
    authority.pem(files.resolve("clients.pem"));
  }

  private void write(Path file, String text) throws IOException {
    replace(file, Files.writeString(files.resolve("moving"), text));
  }

  private static void replace(Path file, Path by) throws IOException {
    Files.move(by, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static long sum(Map<ContentionType, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** As the superuser, who needs no password. */
  private static Connection superuser(SandboxPostgres postgres) throws SQLException {
    return DriverManager.getConnection(postgres.address().jdbcUrl(), "postgres", "");
  }

  private static void administer(SandboxPostgres postgres, String sql) throws SQLException {
    try (Connection connection = superuser(postgres);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long rows(SandboxPostgres postgres) throws SQLException {
    try (Connection connection = superuser(postgres);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM bie_event")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
