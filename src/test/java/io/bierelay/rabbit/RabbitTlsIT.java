package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bierelay.sandbox.OldTlsServer;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way into RabbitMQ, and for each what is said when one thing about it is wrong. */
class RabbitTlsIT {

  private static final SandboxAuthority CA = new SandboxAuthority("Sandbox CA");
  private static final SandboxAuthority OTHER = new SandboxAuthority("Other CA");

  @TempDir private static Path files;
  private static RabbitProcess rabbit;
  private static Vertx vertx;
  private static Path trust;
  private static final int PORT = Ports.free();

  @BeforeAll
  static void start() {
    trust = CA.pem(files.resolve("ca.pem"));
    // For the address only, so that the name is a wrong one.
    Issued server = CA.issue("CN=queue", Duration.ofDays(9), "127.0.0.1");
    rabbit =
        new RabbitProcess(
                "listeners.ssl.local = 127.0.0.1:" + PORT,
                "ssl_options.cacertfile = " + trust,
                "ssl_options.certfile = " + server.chainPem(files.resolve("server.pem")),
                "ssl_options.keyfile = " + server.keyPem(files.resolve("server.key")),
                "ssl_options.verify = verify_peer",
                "ssl_options.fail_if_no_peer_cert = false",
                "ssl_options.versions.1 = tlsv1.3",
                "ssl_options.versions.2 = tlsv1.2",
                "ssl_cert_login_from = common_name",
                "auth_mechanisms.1 = PLAIN",
                "auth_mechanisms.2 = EXTERNAL")
            .plugins("rabbitmq_auth_mechanism_ssl")
            .start();
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    join(vertx.close());
    rabbit.close();
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private static JsonObject plain() {
    return new JsonObject(new HashMap<>(rabbit.address().settings()))
        .put("rabbitmq.connect.timeout", "30s");
  }

  private static JsonObject tls() {
    return plain()
        .put("rabbitmq.port", PORT)
        .put("rabbitmq.tls", true)
        .put("rabbitmq.truststore.location", trust.toString());
  }

  private static JsonObject external(Issued own) {
    JsonObject values =
        tls()
            .put("rabbitmq.auth", "external")
            .put(
                "rabbitmq.keystore.location",
                own.pem(files.resolve(own.certificate().getSerialNumber() + ".pem")).toString());
    values.remove("rabbitmq.username");
    values.remove("rabbitmq.password");
    return values;
  }

  private static void connects(JsonObject values) {
    Settings settings = Settings.of(values);
    assertThat(RabbitSettings.problems(settings)).isEmpty();
    RabbitSession session = join(RabbitSession.open(vertx, settings, "matrix"));
    assertThat(session.isOpen()).isTrue();
    join(session.close());
  }

  private static void fails(JsonObject values, String... words) {
    Throwable failure =
        catchThrowable(() -> join(RabbitSession.open(vertx, Settings.of(values), "matrix")));
    assertThat(failure).isNotNull();
    assertThat(RabbitFailure.describe(failure.getCause())).contains(words).doesNotContain("\n");
  }

  @Test
  void withoutTls() {
    connects(plain());
    fails(plain().put("rabbitmq.password", "wrong"), "refused the login", "rabbitmq.password");
  }

  @Test
  void tlsOfTheServer() {
    connects(tls());
    fails(tls().put("rabbitmq.password", "wrong"), "refused the login", "rabbitmq.password");
    fails(tls().put("rabbitmq.host", "localhost"), "is for [127.0.0.1] and not for 'localhost'");
    connects(tls().put("rabbitmq.host", "localhost").put("rabbitmq.insecure.any.host", true));
    Path other = OTHER.pem(files.resolve("other.pem"));
    fails(
        tls().put("rabbitmq.truststore.location", other.toString()),
        "signed by 'Sandbox CA', which is not trusted",
        "rabbitmq.truststore.location");
    fails(tls().put("rabbitmq.port", rabbit.address().port()), "does not speak TLS at this port");
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatSpeaksOnlyTls11(OldTlsServer.Answer answer) {
    try (OldTlsServer old = new OldTlsServer(answer)) {
      fails(
          tls().put("rabbitmq.port", old.port()),
          "no version of TLS that is still safe; 1.2 is the least");
    }
  }

  @Test
  void anExpiredServer() {
    Issued expired = CA.issue("CN=queue", Duration.ofDays(-1), "127.0.0.1");
    var server =
        vertx
            .createNetServer(
                new NetServerOptions()
                    .setSsl(true)
                    .setHost("127.0.0.1")
                    .setPort(0)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .addCertPath(expired.chainPem(files.resolve("old.pem")).toString())
                            .addKeyPath(expired.keyPem(files.resolve("old.key")).toString())))
            .connectHandler(socket -> {});
    int port = join(server.listen()).actualPort();
    fails(tls().put("rabbitmq.port", port), "'queue' expired on 20", "renewed at the server");
  }

  @Test
  void byCertificate() {
    connects(external(CA.client(rabbit.address().username())));
    fails(external(CA.client("nobody")), "refused the login", "client certificate");
    fails(external(OTHER.client(rabbit.address().username())), "rabbitmq.keystore.location");
    JsonObject without = external(CA.client("x"));
    without.remove("rabbitmq.keystore.location");
    assertThat(RabbitSettings.problems(Settings.of(without)))
        .singleElement()
        .asString()
        .contains("rabbitmq.keystore.location");
  }
}
