package io.bierelay.avro;

import io.bierelay.avro.RegistrySettings.StoreType;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.PfxOptions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts the stores of keys and certificates into the HTTP client's options. */
final class RegistryTls {

  private RegistryTls() {}

  /**
   * Opens the stores once, so that a wrong file or password stops the start and is not taken for a
   * registry that is away. Reads local files: a few milliseconds.
   *
   * @throws ConfigurationException if a store can't be opened
   */
  static void configure(Vertx vertx, Settings settings, HttpClientOptions options) {
    Optional<String> trust = settings.find(RegistrySettings.TRUSTSTORE_LOCATION);
    if (trust.isPresent()) {
      opening(
          RegistrySettings.TRUSTSTORE_LOCATION,
          trust.get(),
          () -> trust(vertx, settings, trust.get(), options));
    }
    Optional<String> keys = settings.find(RegistrySettings.KEYSTORE_LOCATION);
    if (keys.isPresent()) {
      opening(
          RegistrySettings.KEYSTORE_LOCATION,
          keys.get(),
          () -> keys(vertx, settings, keys.get(), options));
    }
  }

  private static void trust(
      Vertx vertx, Settings settings, String location, HttpClientOptions options) throws Exception {
    StoreType type =
        RegistrySettings.typeOf(settings.get(RegistrySettings.TRUSTSTORE_TYPE), location);
    var trust =
        type == StoreType.PKCS12
            ? pkcs12(location, settings.find(RegistrySettings.TRUSTSTORE_PASSWORD))
            : new PemTrustOptions().addCertPath(location);
    trust.getTrustManagerFactory(vertx);
    options.setTrustOptions(trust);
  }

  private static void keys(
      Vertx vertx, Settings settings, String location, HttpClientOptions options) throws Exception {
    var keys =
        RegistrySettings.typeOf(StoreType.AUTO, location) == StoreType.PKCS12
            ? pkcs12(location, settings.find(RegistrySettings.KEYSTORE_PASSWORD))
            : new PemKeyCertOptions()
                .addCertPath(location)
                .addKeyPath(settings.find(RegistrySettings.KEYSTORE_KEY_LOCATION).orElse(location));
    keys.getKeyManagerFactory(vertx);
    options.setKeyCertOptions(keys);
  }

  private static PfxOptions pkcs12(String location, Optional<String> password) {
    return new PfxOptions().setPath(location).setPassword(password.orElse(""));
  }

  private interface Opening {
    void run() throws Exception;
  }

  private static void opening(Setting<String> setting, String location, Opening opening) {
    try {
      opening.run();
    } catch (Exception e) {
      throw new ConfigurationException(
          "'%s' is '%s', which can't be opened (%s); check the file, its form and its password"
              .formatted(setting.key(), location, innermost(e)));
    }
  }

  private static @Nullable String innermost(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
