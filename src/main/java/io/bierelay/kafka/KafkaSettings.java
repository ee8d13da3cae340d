package io.bierelay.kafka;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.util.List;

/** How Kafka is reached. */
public final class KafkaSettings {

  /** How the connection to Kafka is protected. */
  public enum SecurityProtocol {
    /** Neither encrypted nor authenticated. */
    PLAINTEXT,
    /** TLS, with the client's certificate if there is a key store. */
    SSL,
    /** A login over an open connection. */
    SASL_PLAINTEXT,
    /** A login over TLS. */
    SASL_SSL
  }

  /** The addresses. */
  public static final Setting<List<String>> BOOTSTRAP =
      Setting.list("kafka.bootstrap.servers")
          .mandatory()
          .within("one or more of host:port", servers -> !servers.isEmpty())
          .saying("Kafka's bootstrap servers.");

  /** The protection. */
  public static final Setting<SecurityProtocol> SECURITY_PROTOCOL =
      Setting.choice("kafka.security.protocol", SecurityProtocol.SSL)
          .saying("How the connection to Kafka is protected.");

  /** The way to log in. */
  public static final Setting<String> SASL_MECHANISM =
      Setting.text("kafka.sasl.mechanism", "PLAIN")
          .within(
              "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
              value -> List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512").contains(value))
          .saying("How to log in where kafka.security.protocol is one of sasl-*.");

  /** The user. */
  public static final Setting<String> SASL_USERNAME =
      Setting.text("kafka.sasl.username").saying("The user to log in as, with sasl-*.");

  /** The user's password. */
  public static final Setting<String> SASL_PASSWORD =
      Setting.secret("kafka.sasl.password").saying("That user's password.");

  /** The store of trusted certificates. */
  public static final Setting<String> TRUSTSTORE =
      Setting.text("kafka.ssl.truststore.location")
          .saying("File with the certificates to trust: PKCS12, JKS, or PEM by its type.");

  /** Its form. */
  public static final Setting<String> TRUSTSTORE_TYPE =
      Setting.text("kafka.ssl.truststore.type", "PKCS12").saying("PKCS12, JKS or PEM.");

  /** Its password. */
  public static final Setting<String> TRUSTSTORE_PASSWORD =
      Setting.secret("kafka.ssl.truststore.password").saying("The trust store's password.");

  /** The store of the client's certificate. */
  public static final Setting<String> KEYSTORE =
      Setting.text("kafka.ssl.keystore.location")
          .saying("File with the client's key and certificate: PKCS12, JKS, or PEM by its type.");

  /** Its form. */
  public static final Setting<String> KEYSTORE_TYPE =
      Setting.text("kafka.ssl.keystore.type", "PKCS12").saying("PKCS12, JKS or PEM.");

  /** Its password. */
  public static final Setting<String> KEYSTORE_PASSWORD =
      Setting.secret("kafka.ssl.keystore.password").saying("The key store's password.");

  /** The key's password. */
  public static final Setting<String> KEY_PASSWORD =
      Setting.secret("kafka.ssl.key.password").saying("The key's password within the key store.");

  /** The settings that every client of Kafka reads. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          BOOTSTRAP,
          SECURITY_PROTOCOL,
          SASL_MECHANISM,
          SASL_USERNAME,
          SASL_PASSWORD,
          TRUSTSTORE,
          TRUSTSTORE_TYPE,
          TRUSTSTORE_PASSWORD,
          KEYSTORE,
          KEYSTORE_TYPE,
          KEYSTORE_PASSWORD,
          KEY_PASSWORD);

  private KafkaSettings() {}

  /** What one setting alone can't tell; one line each, with the remedy. */
  public static List<String> problems(Settings settings) {
    return usesSasl(settings)
            && (settings.find(SASL_USERNAME).isEmpty() || settings.find(SASL_PASSWORD).isEmpty())
        ? List.of(
            "kafka.security.protocol is %s, which needs kafka.sasl.username and kafka.sasl.password"
                .formatted(SECURITY_PROTOCOL.render(settings.get(SECURITY_PROTOCOL))))
        : List.of();
  }

  /** Whether there is a login. */
  public static boolean usesSasl(Settings settings) {
    SecurityProtocol protocol = settings.get(SECURITY_PROTOCOL);
    return protocol == SecurityProtocol.SASL_PLAINTEXT || protocol == SecurityProtocol.SASL_SSL;
  }

  /** Kafka's address, fit for messages to people. */
  public static String address(Settings settings) {
    return String.join(",", settings.get(BOOTSTRAP));
  }
}
