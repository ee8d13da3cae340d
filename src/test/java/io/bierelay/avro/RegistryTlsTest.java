package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bierelay.sandbox.OldTlsServer;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxAuthority.Issued;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to the schema registry, and what is said when one thing about it is wrong. */
class RegistryTlsTest {

  private static final SandboxAuthority CA = new SandboxAuthority("Sandbox CA");
  private static final SandboxAuthority OTHER = new SandboxAuthority("Other CA");
  private static final String LOGIN =
      "Basic "
          + Base64.getEncoder().encodeToString("reader:p:w\"".getBytes(StandardCharsets.UTF_8));

  private final Vertx vertx = Vertx.vertx();

  /** Who asked: the subject of the client's certificate, or nothing. */
  private final List<String> clients = new CopyOnWriteArrayList<>();

  @TempDir private Path files;

  @AfterEach
  void close() {
    join(vertx.close());
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  /** A registry with one schema. */
  private int serve(HttpServerOptions options, boolean login) {
    return join(vertx
            .createHttpServer(options.setHost("127.0.0.1").setPort(0))
            .requestHandler(
                request -> {
                  try {
                    clients.add(
                        request.connection().isSsl()
                            ? request.connection().sslSession().getPeerPrincipal().getName()
                            : "");
                  } catch (SSLPeerUnverifiedException e) {
                    clients.add("");
                  }
                  if (login && !LOGIN.equals(request.getHeader("authorization"))) {
                    request.response().setStatusCode(401).end("{}");
                  } else {
                    request
                        .response()
                        .putHeader("connection", "close")
                        .end(new JsonObject().put("schema", "\"long\"").encode());
                  }
                })
            .listen())
        .actualPort();
  }

  private HttpServerOptions tls(Issued server) {
    String name = server.certificate().getSerialNumber().toString();
    return new HttpServerOptions()
        .setSsl(true)
        .setKeyCertOptions(
            new PemKeyCertOptions()
                .addCertPath(server.chainPem(files.resolve(name + ".pem")).toString())
                .addKeyPath(server.keyPem(files.resolve(name + ".key")).toString()));
  }

  private HttpServerOptions mutual() {
    return tls(CA.server("registry"))
        .setClientAuth(ClientAuth.REQUIRED)
        .setTrustOptions(
            new PemTrustOptions().addCertPath(CA.pem(files.resolve("clients.pem")).toString()));
  }

  private JsonObject at(String scheme, int port) {
    return new JsonObject()
        .put("registry.urls", new JsonArray().add(scheme + "://127.0.0.1:" + port))
        .put("registry.attempts", 1)
        .put("registry.timeout", "30s")
        .put("registry.truststore.location", CA.pem(files.resolve("ca.pem")).toString());
  }

  private void ask(JsonObject values, int... ids) {
    SchemaRegistry registry = new SchemaRegistry(vertx, Settings.of(values));
    try {
      for (int id : ids) {
        join(registry.writerFor(id));
      }
    } finally {
      join(registry.close());
    }
  }

  private void fails(JsonObject values, String... words) {
    Throwable failure = catchThrowable(() -> ask(values, 1));
    assertThat(failure).isNotNull();
    assertThat(failure.getCause())
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void withoutTls() {
    ask(at("http", serve(new HttpServerOptions(), false)), 1);
  }

  @Test
  void tlsOfTheServer() {
    JsonObject right = at("https", serve(tls(CA.server("registry")), false));
    ask(right, 1);
    fails(
        at("https", serve(tls(OTHER.server("registry")), false)),
        "signed by 'Other CA', which is not trusted",
        "registry.truststore.location");
    int elsewhere = serve(tls(CA.issue("CN=r", Duration.ofDays(9), "elsewhere.test")), false);
    fails(at("https", elsewhere), "is for [elsewhere.test]");
    ask(at("https", elsewhere).put("registry.insecure.any.host", true), 1);
    fails(
        at("https", serve(tls(CA.issue("CN=r", Duration.ofDays(-1), "127.0.0.1")), false)),
        "'r' expired on 20",
        "renewed at the server");
    fails(at("https", serve(new HttpServerOptions(), false)), "does not speak TLS at this port");
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatSpeaksOnlyTls11(OldTlsServer.Answer answer) {
    try (OldTlsServer old = new OldTlsServer(answer)) {
      fails(at("https", old.port()), "no version of TLS that is still safe; 1.2 is the least");
    }
  }

  @Test
  void withALogin() {
    JsonObject login =
        at("https", serve(tls(CA.server("registry")), true))
            .put("registry.username", "reader")
            .put("registry.password", "p:w\"");
    ask(login, 1);
    fails(login.copy().put("registry.password", "wrong"), "answered 401", "registry.password");
  }

  @Test
  void tlsOfBoth() {
    JsonObject values = at("https", serve(mutual(), false));
    fails(values, "client certificate", "registry.keystore.location");
    Path own = CA.client("relay").pem(files.resolve("own.pem"));
    ask(values.copy().put("registry.keystore.location", own.toString()), 1);
    Path foreign = OTHER.client("relay").pem(files.resolve("foreign.pem"));
    fails(
        values.copy().put("registry.keystore.location", foreign.toString()),
        "client certificate",
        "registry.keystore.location");
  }

  @Test
  void aChangedCertificateAndPasswordAreUsedForTheNextConnection() throws Exception {
    Path password = Files.writeString(files.resolve("registry.password"), "wrong");
    Path own = CA.client("first").pem(files.resolve("own.pem"));
    JsonObject values =
        at("https", serve(mutual(), true))
            .put("registry.keystore.location", own.toString())
            .put("registry.username", "reader")
            .put("registry.password", "wrong")
            .put("@files", new JsonObject().put("registry.password", password.toString()));
    SchemaRegistry registry = new SchemaRegistry(vertx, Settings.of(values));
    assertThat(catchThrowable(() -> join(registry.writerFor(1)))).hasMessageContaining("401");
    Files.writeString(password, "p:w\"");
    join(registry.writerFor(2));
    CA.client("second").pem(own);
    join(registry.writerFor(3));
    join(registry.close());
    assertThat(clients).containsExactly("CN=first", "CN=first", "CN=second");
  }
}
