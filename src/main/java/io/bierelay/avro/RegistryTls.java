package io.bierelay.avro;

import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsMaterial.Generation;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.ClientSSLOptions;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP client for the registry, with credentials, keys and certificates as they are in their
 * files at each question. Used on one event loop.
 */
final class RegistryTls {

  private final Vertx vertx;
  private final Settings settings;
  private final @Nullable TlsMaterial material;
  private final HttpClientAgent client;
  private int generation;

  /**
   * Opens the stores once, so that a wrong file or password stops the start and is not taken for a
   * registry that is away. Reads local files: a few milliseconds.
   *
   * @throws ConfigurationException if a store can't be opened
   */
  RegistryTls(Vertx vertx, Settings settings, HttpClientOptions options) {
    this.vertx = vertx;
    this.settings = settings;
    this.material =
        RegistrySettings.usesTls(settings)
            ? TlsMaterial.of(RegistrySettings.CERTIFICATES, settings)
            : null;
    options.setVerifyHost(!settings.get(RegistrySettings.CERTIFICATES.anyHost()));
    if (material != null) {
      Generation now = material.current();
      apply(now, options);
      generation = now.number();
    }
    this.client = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(4));
  }

  /**
   * How the registry is connected to at this moment. Reads files: blocking.
   *
   * @throws ConfigurationException if a key or trust store can't be opened
   */
  static HttpClientOptions options(Settings settings) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) settings.get(RegistrySettings.TIMEOUT).toMillis())
            .setVerifyHost(!settings.get(RegistrySettings.CERTIFICATES.anyHost()));
    if (RegistrySettings.usesTls(settings)) {
      apply(TlsMaterial.of(RegistrySettings.CERTIFICATES, settings).refreshed(), options);
    }
    return options;
  }

  private static void apply(Generation generation, HttpClientOptions options) {
    ClientSSLOptions tls = generation.options();
    options
        .setTrustOptions(tls.getTrustOptions())
        .setKeyCertOptions(tls.getKeyCertOptions())
        .setEnabledSecureTransportProtocols(tls.getEnabledSecureTransportProtocols());
  }

  HttpClientAgent client() {
    return client;
  }

  private record Read(@Nullable Generation tls, Optional<String> authorization) {}

  /**
   * Puts changed files into force for new connections.
   *
   * @return the header that lets us in, if there is one
   */
  Future<Optional<String>> renewed() {
    return vertx
        .executeBlocking(
            () -> new Read(material == null ? null : material.refreshed(), authorization(settings)),
            false)
        .compose(
            read -> {
              Generation now = read.tls();
              if (now == null || now.number() == generation) {
                return Future.succeededFuture(read.authorization());
              }
              generation = now.number();
              return client.updateSSLOptions(now.options()).map(read.authorization());
            });
  }

  /** The value of the header Authorization, if there is a login. Reads files: blocking. */
  static Optional<String> authorization(Settings settings) {
    return settings
        .findCurrent(RegistrySettings.TOKEN)
        .map(token -> "Bearer " + token)
        .or(
            () ->
                settings
                    .findCurrent(RegistrySettings.USERNAME)
                    .map(
                        user ->
                            basic(
                                user, settings.findCurrent(RegistrySettings.PASSWORD).orElse(""))));
  }

  private static String basic(String user, String password) {
    byte[] pair = (user + ':' + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }
}
