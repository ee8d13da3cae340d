package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.sandbox.SandboxPostgres;
import io.bierelay.settings.Settings;
import io.bierelay.tls.CertificateBook;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every way into PostgreSQL, by the client that stores and by the one that migrates, and what both
 * say when one thing is wrong.
 */
class PostgresTlsIT {

  private static final SandboxAuthority CA = new SandboxAuthority("Sandbox CA");
  private static final SandboxAuthority OTHER = new SandboxAuthority("Other CA");

  /** For the address only, so that the name is a wrong one. */
  private static final Issued SERVER = CA.issue("CN=db", Duration.ofDays(9), "127.0.0.1");

  private static final List<String> TYPES = List.of("contention-updated");

  @TempDir private static Path files;
  private static SandboxPostgres postgres;
  private static Vertx vertx;
  private static Path trust;

  @BeforeAll
  static void start() {
    trust = CA.pem(files.resolve("ca.pem"));
    postgres = new SandboxPostgres().tls(SERVER, CA).start();
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    join(vertx.close());
    postgres.close();
  }

  private static JsonObject mode(PostgresAddress address, String mode) {
    return new JsonObject(new HashMap<>(address.settings()))
        .put("postgres.sslmode", mode)
        .put("postgres.connect.timeout", "30s")
        .put("postgres.truststore.location", trust.toString());
  }

  private static JsonObject mode(String mode) {
    return mode(postgres.address(), mode);
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private static void check(Settings settings) {
    Database database = new Database(vertx, settings, TYPES, 1);
    try {
      join(database.check());
    } finally {
      join(database.close());
    }
  }

  private static void connects(JsonObject values) {
    Settings settings = Settings.of(values);
    assertThat(PersistSettings.tlsProblems(settings)).isEmpty();
    assertThatCode(() -> new Migrations(settings, TYPES).run()).doesNotThrowAnyException();
    assertThatCode(() -> check(settings)).doesNotThrowAnyException();
  }

  private static void fails(JsonObject values, String... words) {
    Settings settings = Settings.of(values);
    Throwable migrating = catchThrowable(() -> new Migrations(settings, TYPES).run());
    assertThat(migrating).isNotNull();
    assertThat(PostgresFailure.describe(migrating, settings)).contains(words).doesNotContain("\n");
    Throwable storing = catchThrowable(() -> check(settings));
    assertThat(storing).isInstanceOf(CompletionException.class);
    assertThat(PostgresFailure.describe(storing.getCause(), settings))
        .contains(words)
        .doesNotContain("\n");
  }

  @Test
  void withoutTls() {
    connects(mode("disable"));
    fails(mode("disable").put("postgres.password", "wrong"), "refused the login");
  }

  @Test
  void encryptedOnly() {
    assertThat(PersistSettings.tlsProblems(Settings.of(mode("require"))))
        .singleElement()
        .asString()
        .contains("does not verify the host", "postgres.insecure.any.host");
    JsonObject values = mode("require").put("postgres.insecure.any.host", true);
    connects(values);
    assertThat(PersistSettings.tlsWarnings(Settings.of(values)))
        .anyMatch(warning -> warning.contains("postgres.insecure.any.host"));
    fails(
        mode(RealServices.freshDatabase(), "require").put("postgres.insecure.any.host", true),
        "does not speak TLS",
        "postgres.sslmode");
  }

  @Test
  void verified() {
    connects(mode("verify-full"));
    assertThat(CertificateBook.facts())
        .anyMatch(fact -> fact.server().equals("PostgreSQL") && fact.name().equals("db"));
    fails(
        mode("verify-full").put("postgres.host", "localhost"),
        "is for [127.0.0.1] and not for 'localhost'");
    connects(
        mode("verify-ca")
            .put("postgres.host", "localhost")
            .put("postgres.insecure.any.host", true));
    Path other = OTHER.pem(files.resolve("other.pem"));
    fails(
        mode("verify-full").put("postgres.truststore.location", other.toString()),
        "signed by 'Sandbox CA', which is not trusted",
        "postgres.truststore.location");
    try {
      postgres.tls(CA.issue("CN=db", Duration.ofDays(-1), "127.0.0.1"), CA);
      fails(mode("verify-full"), "'db' expired on 20", "renewed at the server");
    } finally {
      postgres.tls(SERVER, CA);
    }
  }

  @Test
  void byCertificate() {
    Path own = CA.client(SandboxPostgres.CERTIFIED).pem(files.resolve("own.pem"));
    JsonObject values = mode("verify-full").put("postgres.username", SandboxPostgres.CERTIFIED);
    values.remove("postgres.password");
    connects(values.copy().put("postgres.keystore.location", own.toString()));
    fails(values, "refused the login", "postgres.keystore.location");
    Path foreign = OTHER.client(SandboxPostgres.CERTIFIED).pem(files.resolve("foreign.pem"));
    fails(
        values.copy().put("postgres.keystore.location", foreign.toString()),
        "postgres.keystore.location");
  }

  @Test
  void aReplacedClientCertificateIsUsedForTheNextConnection() throws Exception {
    Path own = CA.client(SandboxPostgres.CERTIFIED).pem(files.resolve("rotated.pem"));
    JsonObject values =
        mode("verify-full")
            .put("postgres.username", SandboxPostgres.CERTIFIED)
            .put("postgres.keystore.location", own.toString());
    values.remove("postgres.password");
    connects(values);
    Path foreign = OTHER.client(SandboxPostgres.CERTIFIED).pem(files.resolve("foreign-next.pem"));
    Files.move(foreign, own, StandardCopyOption.ATOMIC_MOVE);
    fails(values, "postgres.keystore.location");
    Path next = CA.client(SandboxPostgres.CERTIFIED).pem(files.resolve("own-next.pem"));
    Files.move(next, own, StandardCopyOption.ATOMIC_MOVE);
    connects(values);
  }
}
