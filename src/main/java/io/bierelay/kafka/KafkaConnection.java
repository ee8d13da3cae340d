package io.bierelay.kafka;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/** The properties that all our Kafka clients have in common, made of the settings. */
public final class KafkaConnection {

  private KafkaConnection() {}

  /** How any client of ours reaches Kafka. */
  public static Properties properties(Settings settings) {
    Properties p = new Properties();
    p.put(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
        String.join(",", settings.get(KafkaSettings.BOOTSTRAP)));
    p.put(
        CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
        settings.get(KafkaSettings.SECURITY_PROTOCOL).name());
    if (KafkaSettings.usesSasl(settings)) {
      String mechanism = settings.get(KafkaSettings.SASL_MECHANISM);
      String module =
          mechanism.equals("PLAIN")
              ? "org.apache.kafka.common.security.plain.PlainLoginModule"
              : "org.apache.kafka.common.security.scram.ScramLoginModule";
      p.put(SaslConfigs.SASL_MECHANISM, mechanism);
      p.put(
          SaslConfigs.SASL_JAAS_CONFIG,
          "%s required username=\"%s\" password=\"%s\";"
              .formatted(
                  module,
                  escape(settings.get(KafkaSettings.SASL_USERNAME)),
                  escape(settings.get(KafkaSettings.SASL_PASSWORD))));
    }
    putIf(p, SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG, settings, KafkaSettings.TRUSTSTORE);
    putIf(
        p, SslConfigs.SSL_TRUSTSTORE_PASSWORD_CONFIG, settings, KafkaSettings.TRUSTSTORE_PASSWORD);
    putIf(p, SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG, settings, KafkaSettings.KEYSTORE);
    putIf(p, SslConfigs.SSL_KEYSTORE_PASSWORD_CONFIG, settings, KafkaSettings.KEYSTORE_PASSWORD);
    putIf(p, SslConfigs.SSL_KEY_PASSWORD_CONFIG, settings, KafkaSettings.KEY_PASSWORD);
    if (settings.find(KafkaSettings.TRUSTSTORE).isPresent()) {
      p.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, settings.get(KafkaSettings.TRUSTSTORE_TYPE));
    }
    if (settings.find(KafkaSettings.KEYSTORE).isPresent()) {
      p.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, settings.get(KafkaSettings.KEYSTORE_TYPE));
    }
    return p;
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  private static void putIf(
      Properties properties, String name, Settings settings, Setting<String> setting) {
    settings.find(setting).ifPresent(value -> properties.put(name, value));
  }
}
