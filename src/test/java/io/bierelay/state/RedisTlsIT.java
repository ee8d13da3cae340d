package io.bierelay.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.CheckRun;
import io.bierelay.check.Finding;
import io.bierelay.check.Finding.Outcome;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RedisProcess;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The way to a Redis that speaks TLS, wants a client's certificate, and has users with the rights
 * of {@code docs/permissions.md} and with fewer; and what {@code check} says of it.
 */
@Timeout(120)
class RedisTlsIT {

  private static final Path BASE = Path.of(System.getProperty("basedir", "."));
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final SandboxAuthority CA = new SandboxAuthority("right authority");
  private static final SandboxAuthority OTHER = new SandboxAuthority("another authority");
  private static final String PASSWORD = "quite-a-Secret-4711";
  private static final int PORT = Ports.free();

  @TempDir private static Path files;
  private static RedisProcess redis;
  private static Vertx vertx;

  @BeforeAll
  static void start() throws Exception {
    // For the address only, so that the name is a wrong one.
    var server = CA.issue("CN=redis", Duration.ofDays(300), "127.0.0.1");
    String rule = rule();
    redis =
        new RedisProcess(
                "tls-port " + PORT,
                "tls-cert-file " + server.chainPem(files.resolve("server.pem")),
                "tls-key-file " + server.keyPem(files.resolve("server.key")),
                "tls-ca-cert-file " + CA.pem(files.resolve("ca.pem")),
                "tls-auth-clients yes",
                "user bie-relay " + rule,
                "user no-hset " + rule.replace(" +hset", ""),
                "user no-eval " + rule.replace(" +eval", ""),
                "user elsewhere " + rule.replace("~{bie-relay:*", "~{other:*"))
            .start();
    CA.client("relay").pem(files.resolve("own.pem"));
    OTHER.client("stranger").pem(files.resolve("stranger.pem"));
    OTHER.pem(files.resolve("wrong-ca.pem"));
    vertx = Vertx.vertx();
  }

  /** As the page has it. */
  private static String rule() throws Exception {
    Matcher line =
        Pattern.compile("(?m)^ACL SETUSER bie-relay (.*)$")
            .matcher(Files.readString(BASE.resolve("docs/permissions.md")));
    assertThat(line.find()).isTrue();
    return line.group(1).replace("PASSWORD", PASSWORD);
  }

  @AfterAll
  static void stop() {
    join(vertx.close());
    redis.close();
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private static JsonObject values() {
    return new JsonObject()
        .put("redis.url", "rediss://127.0.0.1:" + PORT)
        .put("redis.username", "bie-relay")
        .put("redis.password", PASSWORD)
        .put("redis.timeout", "1500ms")
        .put("redis.truststore.location", files.resolve("ca.pem").toString())
        .put("redis.keystore.location", files.resolve("own.pem").toString());
  }

  private static int plainPort() {
    return URI.create(String.valueOf(redis.settings().get("redis.url"))).getPort();
  }

  private static Future<List<JsonObject>> use(FleetStore store) {
    return store.speak("g", "me", new JsonObject().put("a", 1)).compose(v -> store.listen("g"));
  }

  @Test
  void theFleetsDataGoOverTls() {
    Settings settings = Settings.of(values());
    assertThat(StateSettings.problems(settings)).isEmpty();
    FleetStore store = new FleetStore(vertx, settings);
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(() -> join(use(store)).contains(new JsonObject().put("a", 1)));
    join(store.close());
  }

  @Test
  void replacedFilesAreUsedWithoutARestart() throws Exception {
    Path own = Files.copy(files.resolve("own.pem"), files.resolve("rotated.pem"));
    Path password = Files.writeString(files.resolve("password"), PASSWORD);
    JsonObject values =
        values()
            .put("redis.keystore.location", own.toString())
            .put("@files", new JsonObject().put("redis.password", password.toString()));
    FleetStore store = new FleetStore(vertx, Settings.of(values));
    await().atMost(LIMIT).ignoreExceptions().until(() -> !join(use(store)).isEmpty());

    replace(own, files.resolve("stranger.pem"));
    join(store.renew());
    refused(store, "certificate");
    replace(own, CA.client("next").pem(files.resolve("next.pem")));
    join(store.renew());
    await().atMost(LIMIT).ignoreExceptions().until(() -> !join(use(store)).isEmpty());

    Files.writeString(password, "another");
    join(store.renew());
    refused(store, "redis.password");
    Files.writeString(password, PASSWORD);
    join(store.renew());
    await().atMost(LIMIT).ignoreExceptions().until(() -> !join(use(store)).isEmpty());
    join(store.close());
  }

  private static void replace(Path file, Path by) throws Exception {
    Files.move(
        Files.copy(by, files.resolve("moving.pem"), StandardCopyOption.REPLACE_EXISTING),
        file,
        StandardCopyOption.ATOMIC_MOVE);
  }

  private static void refused(FleetStore store, String word) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              Throwable failure = catchThrowable(() -> join(use(store)));
              assertThat(failure).isNotNull();
              assertThat(RedisFailure.describe(failure.getCause())).contains(word);
            });
  }

  private static CheckRun.Report check(JsonObject values) {
    CheckRequest request = new CheckRequest(vertx, Settings.of(values), 0, false);
    CheckRun.Report report =
        CheckRun.of(new SubscriptionStateModule().checks(request), Duration.ofSeconds(8));
    assertThat(report.toString()).doesNotContain(PASSWORD);
    return report;
  }

  @Test
  void allIsWellAndNothingIsWritten() throws Exception {
    CheckRun.Report report = check(values().put("redis.key.prefix", "bie-relay"));
    assertThat(report.passed()).as("%s", report.findings()).isTrue();
    assertThat(report.findings())
        .extracting(Finding::step)
        .containsExactly("name", "TCP", "TLS", "login", "version", "keys");
    assertThat(report.findings())
        .extracting(Finding::detail)
        .anyMatch(detail -> detail.contains("'redis', signed by right authority"))
        .anyMatch(detail -> detail.matches("Redis \\d.*"));
    FleetStore store = new FleetStore(vertx, Settings.of(values()));
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(() -> join(store.listen("bie-relay-check")).isEmpty());
    join(store.close());
  }

  /**
   * One thing that is wrong.
   *
   * @param key of the setting that is
   * @param words of the cause and the remedy
   */
  private record Fault(String name, String key, String value, String step, List<String> words) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Fault> faults() {
    String url = "redis.url";
    return List.of(
        new Fault(
            "unknown host",
            url,
            "rediss://no-such-host.invalid:1",
            "name",
            List.of("'no-such-host.invalid' is not known", url)),
        new Fault(
            "nobody listens",
            url,
            "rediss://127.0.0.1:" + Ports.free(),
            "TCP",
            List.of("nobody listens", url)),
        new Fault(
            "plain to the TLS port",
            url,
            "redis://127.0.0.1:" + PORT,
            "protocol",
            List.of("speaks TLS", "rediss")),
        new Fault(
            "TLS to the plain port",
            url,
            "rediss://127.0.0.1:" + plainPort(),
            "TLS",
            List.of("speaks Redis without TLS", "write redis in place of rediss")),
        new Fault(
            "wrong host name",
            url,
            "rediss://localhost:" + PORT,
            "TLS",
            List.of("is not for host 'localhost' but for 127.0.0.1", url)),
        new Fault(
            "wrong CA",
            "redis.truststore.location",
            "wrong-ca.pem",
            "TLS",
            List.of(
                "an authority that we don't trust: CN=right authority",
                "redis.truststore.location")),
        new Fault(
            "no client certificate",
            "redis.keystore.location",
            "",
            "",
            List.of("client certificate", "redis.keystore.location")),
        new Fault(
            "another's client certificate",
            "redis.keystore.location",
            "stranger.pem",
            "",
            List.of("certificate", "redis.keystore.location")),
        new Fault(
            "wrong password",
            "redis.password",
            "another",
            "login",
            List.of("refused the login of 'bie-relay'", "redis.password")),
        new Fault(
            "a command is missing",
            "redis.username",
            "no-hset",
            "keys",
            List.of("'no-hset' has no permission to use the command HSET", "ACL SETUSER")),
        new Fault(
            "no scripts",
            "redis.username",
            "no-eval",
            "keys",
            List.of("no permission to use the command EVAL", "docs/permissions.md")),
        new Fault(
            "other keys",
            "redis.username",
            "elsewhere",
            "keys",
            List.of("no permission to use these keys", "redis.key.prefix")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void eachFaultIsNamed(Fault fault) {
    JsonObject values = values();
    if (fault.value().isEmpty()) {
      values.remove(fault.key());
    } else {
      values.put(
          fault.key(),
          fault.key().endsWith("location")
              ? files.resolve(fault.value()).toString()
              : fault.value());
    }
    CheckRun.Report report = check(values);
    assertThat(report.findings())
        .filteredOn(one -> one.outcome() == Outcome.FAILED)
        .as("%s", report.findings())
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.step()).contains(fault.step());
              assertThat(one.detail() + " → " + one.remedy()).contains(fault.words());
            });
  }
}
