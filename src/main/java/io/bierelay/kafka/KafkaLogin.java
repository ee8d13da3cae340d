package io.bierelay.kafka;

import io.bierelay.settings.Settings;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.scram.ScramExtensionsCallback;

/**
 * Tells Kafka's clients user and password at each login, as they are in their files at that moment.
 *
 * <p>No password passes through a JAAS configuration, whose syntax some characters would break.
 * Kafka makes it by its class's name, and calls it on the threads of its clients.
 */
@SuppressWarnings("NullAway.Init") // Kafka configures it before anything else.
public final class KafkaLogin implements AuthenticateCallbackHandler {

  private Settings settings;

  /** Called by Kafka. */
  public KafkaLogin() {}

  @Override
  public void configure(
      Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
    if (!(configs.get(KafkaTls.SETTINGS) instanceof Settings given)) {
      throw new IllegalStateException("made by KafkaConnection only");
    }
    settings = given;
  }

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (callback instanceof NameCallback name) {
        name.setName(settings.findCurrent(KafkaSettings.SASL_USERNAME).orElse(""));
      } else if (callback instanceof PasswordCallback password) {
        password.setPassword(
            settings.findCurrent(KafkaSettings.SASL_PASSWORD).orElse("").toCharArray());
      } else if (!(callback instanceof ScramExtensionsCallback)) {
        throw new UnsupportedCallbackException(callback);
      }
    }
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
