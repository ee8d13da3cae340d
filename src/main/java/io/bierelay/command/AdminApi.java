package io.bierelay.command;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Asks an instance's admin endpoint, with the JVM's own client: nothing else has to start. */
final class AdminApi {

  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  private final HttpClient client;
  private final URI base;
  private final Optional<String> authorization;

  /** It did not answer, or not with what was asked for; the message is for a person. */
  static final class NoAnswerException extends Exception {

    private static final long serialVersionUID = 1L;

    NoAnswerException(String message) {
      super(message);
    }
  }

  /**
   * @param base where it listens
   * @param authorization the header's value
   * @param ca a PEM file with certificates to trust in place of the JVM's
   */
  AdminApi(URI base, Optional<String> authorization, Optional<Path> ca) throws NoAnswerException {
    this.base = base;
    this.authorization = authorization;
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT);
    if (ca.isPresent()) {
      builder.sslContext(trusting(ca.get()));
    }
    this.client = builder.build();
  }

  static String bearer(String token) {
    return "Bearer " + token;
  }

  static String basic(String user, String password) {
    byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  JsonObject get(String path) throws NoAnswerException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(TIMEOUT)
            .header("accept", "application/json");
    authorization.ifPresent(value -> request.header("authorization", value));
    HttpResponse<String> answer = send(request.build());
    try {
      JsonObject body = new JsonObject(answer.body());
      if (answer.statusCode() != 200) {
        throw new NoAnswerException(
            "%s: %d, %s".formatted(base, answer.statusCode(), body.getString("detail", "")));
      }
      return body;
    } catch (DecodeException e) {
      throw new NoAnswerException(
          "%s answers %d, but not as the admin endpoint does; is it another service?"
              .formatted(base, answer.statusCode()));
    }
  }

  private HttpResponse<String> send(HttpRequest request) throws NoAnswerException {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new NoAnswerException(
          "nobody answers at %s (%s); name the endpoint with --url".formatted(base, why));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoAnswerException("interrupted");
    }
  }

  private static SSLContext trusting(Path pem) throws NoAnswerException {
    try (InputStream in = Files.newInputStream(pem)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca-" + number++, one);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new NoAnswerException("--ca %s: no file of certificates in PEM".formatted(pem));
    }
  }
}
