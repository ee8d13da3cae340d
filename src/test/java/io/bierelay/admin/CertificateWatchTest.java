package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.settings.Settings;
import io.bierelay.status.VerticleStatus.State;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsSettings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a certificate's end is told in time, and does not hinder the work. */
class CertificateWatchTest {

  @TempDir private Path files;

  @Test
  void aCertificateThatExpiresSoonIsAWarningAndNotAFailure() throws Exception {
    SandboxAuthority ca = new SandboxAuthority("Watched CA");
    Path own = ca.issue("CN=watched", Duration.ofDays(3)).pem(files.resolve("own.pem"));
    JsonObject values =
        new JsonObject()
            .put("watched.truststore.location", ca.pem(files.resolve("ca.pem")).toString())
            .put("watched.keystore.location", own.toString());
    TlsMaterial material =
        TlsMaterial.of(TlsSettings.of("Watched", "watched"), Settings.of(values));
    assertThat(material.current().number()).isEqualTo(1);
    try (Endpoint endpoint = new Endpoint(new JsonObject().put("admin.certificate.warn", "10d"))) {
      endpoint.report("Ingest", State.READY, "", new JsonArray());
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> endpoint.get("/health/ready").statusCode() == 200);
      HttpResponse<String> ready = endpoint.get("/health/ready");
      assertThat(warnings(ready))
          .anyMatch(
              w -> w.contains("'watched'") && w.contains(own.toString()) && w.contains("renew"))
          .noneMatch(w -> w.contains("Watched CA"));
      JsonObject status = new JsonObject(endpoint.get("/api/status").body());
      assertThat(status.getJsonArray("certificates"))
          .map(JsonObject.class::cast)
          .filteredOn(one -> one.getString("server").equals("Watched"))
          .extracting(
              one ->
                  "%s %s %s"
                      .formatted(
                          one.getString("kind"), one.getString("name"), one.getString("state")))
          .contains("own watched ends soon", "trusted Watched CA valid");
      // Half of a replacement.
      ca.issue("CN=next", Duration.ofDays(99)).chainPem(own);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  warnings(endpoint.get("/health/ready")).stream()
                      .anyMatch(w -> w.contains(own.toString()) && w.contains("no private key")));
      ca.issue("CN=next", Duration.ofDays(99)).pem(own);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  warnings(endpoint.get("/health/ready")).stream()
                      .noneMatch(w -> w.contains(own.toString())));
    }
  }

  private static List<String> warnings(HttpResponse<String> ready) {
    return new JsonObject(ready.body())
        .getJsonArray("warnings").stream().map(String::valueOf).toList();
  }

  @Test
  void theEndpointsOwnCertificateIsReplacedWithoutARestart() throws Exception {
    SandboxAuthority ca = new SandboxAuthority("Endpoint CA");
    Path chain = files.resolve("endpoint.pem");
    Path key = files.resolve("endpoint.key");
    SandboxAuthority.Issued first = ca.server("first");
    first.chainPem(chain);
    first.keyPem(key);
    try (Endpoint endpoint =
        new Endpoint(
            new JsonObject()
                .put("admin.tls.certificate.location", chain.toString())
                .put("admin.tls.key.location", key.toString()))) {
      assertThat(shown(endpoint)).isEqualTo("CN=first");
      SandboxAuthority.Issued second = ca.server("second");
      second.chainPem(chain);
      second.keyPem(key);
      Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .until(() -> shown(endpoint).equals("CN=second"));
    }
  }

  /** Whose certificate it shows; whether it is to be trusted is not the question here. */
  private static String shown(Endpoint endpoint) throws Exception {
    NetClient client =
        endpoint.vertx.createNetClient(
            new NetClientOptions()
                .setSsl(true)
                .setTrustAll(true)
                .setHostnameVerificationAlgorithm(""));
    NetSocket socket = Endpoint.await(client.connect(endpoint.port(), "127.0.0.1"));
    String subject = socket.sslSession().getPeerPrincipal().getName();
    Endpoint.await(client.close());
    return subject;
  }
}
