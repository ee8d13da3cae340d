package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.check.CheckRun;
import io.bierelay.check.Finding;
import io.bierelay.check.Finding.Outcome;
import io.bierelay.launch.LaunchChecks;
import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Modules;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.sandbox.SandboxPostgres;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The command {@code check} against RabbitMQ, PostgreSQL and a registry that speak TLS and want a
 * client's certificate: all well, and with one thing wrong at a time.
 */
@Timeout(180)
class CheckTlsIT {

  private static final String HOST = "127.0.0.1";
  private static final String SECRET = "quite-a-Secret-4711";
  private static final SandboxAuthority CA = new SandboxAuthority("right authority");
  private static final SandboxAuthority OTHER = new SandboxAuthority("another authority");

  @TempDir private static Path files;

  private static final ExecutorService FOUR = Executors.newFixedThreadPool(4);
  private static final Vertx VERTX = Vertx.vertx();
  private static final int RABBIT_TLS = Ports.free();
  private static RabbitProcess rabbit;
  private static SandboxPostgres postgres;
  private static int registry;
  private static int oldRabbit;
  private static SandboxPostgres oldPostgres;
  private static int oldRegistry;

  /** For the address only, so that the name is a wrong one. */
  private static Issued server(Duration left) {
    return CA.issue("CN=server", left, HOST);
  }

  @BeforeAll
  static void start() throws Exception {
    Path trust = CA.pem(files.resolve("ca.pem"));
    OTHER.pem(files.resolve("wrong-ca.pem"));
    Issued own = server(Duration.ofDays(300));
    Path chain = own.chainPem(files.resolve("server.pem"));
    Path key = own.keyPem(files.resolve("server.key"));
    rabbit =
        new RabbitProcess(
                "listeners.ssl.local = 127.0.0.1:" + RABBIT_TLS,
                "ssl_options.cacertfile = " + trust,
                "ssl_options.certfile = " + chain,
                "ssl_options.keyfile = " + key,
                "ssl_options.verify = verify_peer",
                "ssl_options.fail_if_no_peer_cert = true",
                "ssl_options.versions.1 = tlsv1.3",
                "ssl_options.versions.2 = tlsv1.2",
                "ssl_cert_login_from = common_name",
                "auth_mechanisms.1 = PLAIN",
                "auth_mechanisms.2 = EXTERNAL")
            .plugins("rabbitmq_auth_mechanism_ssl");
    postgres = new SandboxPostgres().tls(own, CA);
    rabbit.start();
    postgres.start();
    rabbit.ctl("add_user", "weak", SECRET);
    rabbit.ctl("set_permissions", "weak", "", "", "");
    try (var connection =
            DriverManager.getConnection(postgres.address().jdbcUrl(), "postgres", "");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE closed");
      statement.execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
    }
    CA.client(rabbit.address().username()).pem(files.resolve("rabbit.pem"));
    CA.client(SandboxPostgres.CERTIFIED).pem(files.resolve("postgres.pem"));
    CA.client("reader").pem(files.resolve("registry.pem"));
    OTHER.client("stranger").pem(files.resolve("stranger.pem"));
    registry = registry(tls("server").setClientAuth(ClientAuth.REQUIRED));
    Issued old = server(Duration.ofDays(-3));
    old.chainPem(files.resolve("old.pem"));
    old.keyPem(files.resolve("old.key"));
    oldRegistry = registry(tls("old"));
    oldRabbit =
        join(VERTX
                .createNetServer(
                    new NetServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(keys("old"))
                        .setHost(HOST)
                        .setPort(0))
                .connectHandler(socket -> {})
                .listen())
            .actualPort();
    oldPostgres = new SandboxPostgres().tls(old, CA).start();
  }

  private static PemKeyCertOptions keys(String name) {
    return new PemKeyCertOptions()
        .addCertPath(files.resolve(name + ".pem").toString())
        .addKeyPath(files.resolve(name + ".key").toString());
  }

  private static HttpServerOptions tls(String name) {
    return new HttpServerOptions()
        .setSsl(true)
        .setKeyCertOptions(keys(name))
        .setTrustOptions(new PemTrustOptions().addCertPath(files.resolve("ca.pem").toString()));
  }

  private static int registry(HttpServerOptions options) {
    return join(VERTX
            .createHttpServer(options.setHost(HOST).setPort(0))
            .requestHandler(CheckTlsIT::answer)
            .listen())
        .actualPort();
  }

  private static void answer(HttpServerRequest request) {
    String login = String.valueOf(request.getHeader("authorization"));
    if (!List.of(basic("reader"), basic("weak")).contains(login)) {
      request.response().setStatusCode(401).end("{}");
    } else if (request.path().equals("/subjects")) {
      request.response().end("[]");
    } else if (login.equals(basic("weak"))) {
      request.response().setStatusCode(403).end("{}");
    } else {
      request.response().end("{\"id\":1,\"version\":1}");
    }
  }

  private static String basic(String user) {
    byte[] pair = (user + ":" + SECRET).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  @AfterAll
  static void stop() {
    FOUR.shutdownNow();
    rabbit.close();
    postgres.close();
    oldPostgres.close();
    join(VERTX.close());
  }

  private static Map<String, Object> settings(String role) {
    Map<String, Object> settings = new HashMap<>();
    settings.putAll(rabbit.address().settings());
    settings.put("rabbitmq.port", RABBIT_TLS);
    settings.put("rabbitmq.tls", true);
    settings.put("rabbitmq.truststore.location", file("ca.pem"));
    settings.put("rabbitmq.keystore.location", file("rabbit.pem"));
    settings.putAll(postgres.address().settings());
    settings.put("postgres.sslmode", "verify-full");
    settings.put("postgres.truststore.location", file("ca.pem"));
    settings.put("postgres.keystore.location", file("postgres.pem"));
    if (role.equals("svc-bie-kafka")) {
      // Nobody listens there: this is not about Kafka.
      settings.put("kafka.bootstrap.servers", HOST + ":1");
      settings.put("kafka.security.protocol", "plaintext");
      settings.put("kafka.group.id", "a-group");
      settings.put("kafka.topics", List.of("TST_CONTENTION_BIE_CONTENTION_UPDATED_V02"));
      settings.put("registry.urls", "https://" + HOST + ":" + registry);
      settings.put("registry.truststore.location", file("ca.pem"));
      settings.put("registry.keystore.location", file("registry.pem"));
      settings.put("registry.username", "reader");
      settings.put("registry.password", SECRET);
    }
    return settings;
  }

  private static String file(String name) {
    return files.resolve(name).toString();
  }

  private static CheckRun.Report check(String role, Map<String, Object> changes) {
    Map<String, Object> all = settings(role);
    all.putAll(changes);
    all.values().removeIf(value -> value.equals("unset"));
    try {
      Path file = Files.createTempFile(files, "settings", ".json");
      Files.writeString(file, new JsonObject(all).encode());
      LaunchRequest request =
          new LaunchRequest(List.of(role.split(",")), List.of(file), Optional.empty(), Map.of());
      LaunchPlan plan = join(LaunchPlan.make(VERTX, request, Modules.onClassPath()));
      CheckRun.Report report = LaunchChecks.run(VERTX, plan, 0, false);
      assertThat(report.toString())
          .doesNotContain(SECRET, rabbit.address().password(), postgres.address().password());
      return report;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * One thing that is wrong.
   *
   * @param words of one finding's cause and remedy
   */
  private record Fault(
      String name, String role, String server, Map<String, Object> changes, List<String> words) {

    @Override
    public String toString() {
      return name;
    }
  }

  private static Fault rabbit(String name, Map<String, Object> changes, String... words) {
    return new Fault("RabbitMQ: " + name, "workflow", "RabbitMQ", changes, List.of(words));
  }

  private static Fault postgres(String name, Map<String, Object> changes, String... words) {
    return new Fault("PostgreSQL: " + name, "workflow", "PostgreSQL", changes, List.of(words));
  }

  private static Fault registry(String name, Map<String, Object> changes, String... words) {
    return new Fault(
        "registry: " + name, "svc-bie-kafka", "Schema registry", changes, List.of(words));
  }

  static List<Fault> faults() {
    return List.of(
        rabbit(
            "wrong CA",
            Map.of("rabbitmq.truststore.location", file("wrong-ca.pem")),
            "an authority that we don't trust: CN=right authority",
            "rabbitmq.truststore.location"),
        rabbit(
            "wrong host name",
            Map.of("rabbitmq.host", "localhost"),
            "is not for host 'localhost' but for 127.0.0.1",
            "rabbitmq.host"),
        rabbit("expired", Map.of("rabbitmq.port", oldRabbit), "'server' expired on", "renew"),
        rabbit(
            "no client certificate",
            Map.of("rabbitmq.keystore.location", "unset"),
            "it wants a client certificate",
            "rabbitmq.keystore.location"),
        rabbit(
            "another's client certificate",
            Map.of("rabbitmq.keystore.location", file("stranger.pem")),
            "certificate",
            "rabbitmq.keystore.location"),
        rabbit(
            "wrong password",
            Map.of("rabbitmq.password", SECRET),
            "refused the login of the user 'bie-relay'",
            "rabbitmq.password"),
        rabbit(
            "no right",
            Map.of("rabbitmq.username", "weak", "rabbitmq.password", SECRET),
            "user 'weak' has no permission to",
            "set_permissions"),
        postgres(
            "wrong CA",
            Map.of("postgres.truststore.location", file("wrong-ca.pem")),
            "an authority that we don't trust: CN=right authority",
            "postgres.truststore.location"),
        postgres(
            "wrong host name",
            Map.of("postgres.host", "localhost"),
            "is not for host 'localhost' but for 127.0.0.1",
            "postgres.host"),
        postgres(
            "expired",
            Map.of("postgres.port", oldPostgres.address().port()),
            "'server' expired on",
            "renew"),
        postgres(
            "no client certificate",
            Map.of(
                "postgres.username",
                SandboxPostgres.CERTIFIED,
                "postgres.keystore.location",
                "unset"),
            "refused the login",
            "postgres.keystore.location"),
        postgres(
            "another's client certificate",
            Map.of(
                "postgres.username",
                SandboxPostgres.CERTIFIED,
                "postgres.keystore.location",
                file("stranger.pem")),
            "postgres.keystore.location"),
        postgres(
            "wrong password",
            Map.of("postgres.password", SECRET),
            "refused the login",
            "postgres.password"),
        postgres("no right", Map.of("postgres.database", "closed"), "permission"),
        registry(
            "wrong CA",
            Map.of("registry.truststore.location", file("wrong-ca.pem")),
            "an authority that we don't trust: CN=right authority",
            "registry.truststore.location"),
        registry(
            "wrong host name",
            Map.of("registry.urls", "https://localhost:" + registry),
            "is not for host 'localhost' but for 127.0.0.1",
            "registry.urls"),
        registry(
            "expired",
            Map.of("registry.urls", "https://127.0.0.1:" + oldRegistry),
            "'server' expired on",
            "renew"),
        registry(
            "no client certificate",
            Map.of("registry.keystore.location", "unset"),
            "client certificate",
            "registry.keystore.location"),
        registry(
            "another's client certificate",
            Map.of("registry.keystore.location", file("stranger.pem")),
            "certificate",
            "registry.keystore.location"),
        registry(
            "wrong password",
            Map.of("registry.password", "another"),
            "it refused the login (401)",
            "registry.password"),
        registry(
            "no right",
            Map.of("registry.username", "weak"),
            "no permission to read the subject (403)",
            "registry.username"));
  }

  /** All begin at once, since most of their time is spent waiting. */
  static Stream<Arguments> checkedFaults() {
    // Loads clients' and servers' classes, which on a busy machine takes longer than a step.
    check("workflow", Map.of());
    check("workflow", Map.of("rabbitmq.port", oldRabbit));
    return faults().stream()
        .map(
            fault ->
                Arguments.of(
                    fault,
                    CompletableFuture.supplyAsync(
                        () -> check(fault.role(), fault.changes()), FOUR)))
        .toList()
        .stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("checkedFaults")
  void eachFaultIsNamed(Fault fault, CompletableFuture<CheckRun.Report> checked) {
    CheckRun.Report report = checked.join();
    assertThat(report.passed()).isFalse();
    assertThat(report.findings())
        .filteredOn(one -> one.outcome() == Outcome.FAILED && one.server().equals(fault.server()))
        .as("%s", report.findings())
        .anySatisfy(one -> assertThat(one.detail() + " → " + one.remedy()).contains(fault.words()));
    if (fault.role().equals("workflow")) {
      assertThat(report.findings())
          .filteredOn(one -> one.outcome() == Outcome.FAILED)
          .extracting(Finding::server)
          .containsOnly(fault.server());
    }
  }

  @Test
  void withCertificatesInPlaceOfPasswordsAllIsWell() {
    CheckRun.Report report =
        check(
            "workflow",
            Map.of(
                "rabbitmq.auth",
                "external",
                "rabbitmq.username",
                "unset",
                "rabbitmq.password",
                "unset",
                "postgres.username",
                SandboxPostgres.CERTIFIED,
                "postgres.password",
                "unset"));
    assertThat(report.findings()).filteredOn(one -> one.outcome() == Outcome.FAILED).isEmpty();
    assertThat(report.findings())
        .filteredOn(one -> one.step().equals("TLS"))
        .extracting(Finding::detail)
        .hasSize(2)
        .allMatch(detail -> detail.contains("'server', signed by right authority"));
  }

  @Test
  void theRegistryIsWell() {
    assertThat(check("svc-bie-kafka", Map.of()).findings())
        .filteredOn(one -> one.server().equals("Schema registry"))
        .extracting(Finding::outcome)
        .contains(Outcome.PASSED)
        .doesNotContain(Outcome.FAILED);
  }
}
