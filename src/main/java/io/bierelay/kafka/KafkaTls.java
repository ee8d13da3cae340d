package io.bierelay.kafka;

import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsMaterial.Generation;
import java.security.KeyStore;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * Gives Kafka's clients their TLS: each new connection uses the keys and certificates as they are
 * in their files at that moment, so that a client lives on when its certificate is replaced.
 *
 * <p>Kafka makes it by its class's name, and calls it on the threads of its clients.
 */
@SuppressWarnings("NullAway.Init") // Kafka configures it before anything else.
public final class KafkaTls implements SslEngineFactory {

  /** The property by which the settings reach what Kafka makes by itself. */
  static final String SETTINGS = "bie.relay.settings";

  private TlsMaterial material;

  /** Called by Kafka. */
  public KafkaTls() {}

  @Override
  public void configure(Map<String, ?> configs) {
    if (!(configs.get(SETTINGS) instanceof Settings settings)) {
      throw new IllegalStateException("made by KafkaConnection only");
    }
    material = TlsMaterial.of(KafkaSettings.CERTIFICATES, settings);
    material.refreshed();
  }

  /** Reads the files again if they were changed; connections are made rarely. */
  @Override
  public SSLEngine createClientSslEngine(String host, int port, String endpointIdentification) {
    Generation generation = material.refreshed();
    SSLEngine engine = generation.context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = generation.parameters();
    engine.setSSLParameters(parameters);
    return engine;
  }

  @Override
  public SSLEngine createServerSslEngine(String host, int port) {
    throw new UnsupportedOperationException("for clients only");
  }

  @Override
  public boolean shouldBeRebuilt(Map<String, Object> nextConfigs) {
    return false;
  }

  @Override
  public Set<String> reconfigurableConfigs() {
    return Set.of();
  }

  @Override
  public @Nullable KeyStore keystore() {
    return null;
  }

  @Override
  public @Nullable KeyStore truststore() {
    return null;
  }

  @Override
  public void close() {
    // The material belongs to the process.
  }
}
