package io.bierelay.kafka;

import io.bierelay.settings.Settings;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/** The properties that all our Kafka clients have in common, made of the settings. */
public final class KafkaConnection {

  private static final String PLAIN_MODULE =
      "org.apache.kafka.common.security.plain.PlainLoginModule";
  private static final String SCRAM_MODULE =
      "org.apache.kafka.common.security.scram.ScramLoginModule";

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
    p.put(KafkaTls.SETTINGS, settings);
    if (KafkaSettings.usesTls(settings)) {
      p.put(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG, KafkaTls.class);
      // What the client has compiled in, said here so that nothing else can say it.
      boolean any = settings.get(KafkaSettings.CERTIFICATES.anyHost());
      p.put(SslConfigs.SSL_ENDPOINT_IDENTIFICATION_ALGORITHM_CONFIG, any ? "" : "https");
    }
    if (KafkaSettings.usesSasl(settings)) {
      String mechanism = settings.get(KafkaSettings.SASL_MECHANISM);
      p.put(SaslConfigs.SASL_MECHANISM, mechanism);
      if (KafkaSettings.usesToken(settings)) {
        p.put(SaslConfigs.SASL_JAAS_CONFIG, settings.get(KafkaSettings.SASL_JAAS));
      } else {
        // The module only names the mechanism; user and password are asked for at each login.
        p.put(
            SaslConfigs.SASL_JAAS_CONFIG,
            (mechanism.equals("PLAIN") ? PLAIN_MODULE : SCRAM_MODULE) + " required;");
        p.put(SaslConfigs.SASL_CLIENT_CALLBACK_HANDLER_CLASS, KafkaLogin.class);
      }
    }
    return p;
  }
}
