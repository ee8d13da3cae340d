package io.bierelay.state;

import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsMaterial.Generation;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.RedisOptions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How Redis is reached at one moment, with user, password, keys and certificates as they are in
 * their files then. Immutable; made anew to find out whether anything has changed.
 */
record RedisAccess(
    Settings settings, Optional<String> user, Optional<String> password, @Nullable Generation tls) {

  /**
   * Reads the files. Blocking, for some milliseconds.
   *
   * @throws io.bierelay.settings.ConfigurationException at the first time only, if they can't be
   *     used
   */
  static RedisAccess now(Settings settings) {
    return new RedisAccess(
        settings,
        settings.findCurrent(StateSettings.USERNAME),
        settings.findCurrent(StateSettings.PASSWORD),
        StateSettings.usesTls(settings)
            ? TlsMaterial.of(StateSettings.CERTIFICATES, settings).refreshed()
            : null);
  }

  /** Whether a connection that was opened so is one that would be opened so again. */
  boolean isAs(RedisAccess other) {
    return user.equals(other.user) && password.equals(other.password) && tls == other.tls;
  }

  /** For one client. */
  RedisOptions options() {
    RedisOptions options =
        new RedisOptions()
            .setConnectionString(settings.get(StateSettings.URL))
            .setMaxPoolSize(4)
            .setMaxPoolWaiting(64)
            .setMaxWaitingHandlers(256);
    user.ifPresent(options::setUser);
    password.ifPresent(options::setPassword);
    NetClientOptions net = options.getNetClientOptions();
    net.setConnectTimeout((int) settings.get(StateSettings.TIMEOUT).toMillis());
    if (tls != null) {
      ClientSSLOptions own = tls.options();
      net.setSsl(true)
          .setHostnameVerificationAlgorithm(own.getHostnameVerificationAlgorithm())
          .setTrustOptions(own.getTrustOptions())
          .setKeyCertOptions(own.getKeyCertOptions())
          .setEnabledSecureTransportProtocols(own.getEnabledSecureTransportProtocols());
    }
    return options;
  }

  /** Without user and password. */
  @Override
  public String toString() {
    return settings.get(StateSettings.URL);
  }
}
