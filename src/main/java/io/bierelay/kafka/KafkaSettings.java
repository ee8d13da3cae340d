package io.bierelay.kafka;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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
              "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER",
              value ->
                  List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER").contains(value))
          .saying("How to log in where kafka.security.protocol is one of sasl-*.");

  /** The user. */
  public static final Setting<String> SASL_USERNAME =
      Setting.text("kafka.sasl.username").saying("The user to log in as, with sasl-*.");

  /** The user's password. */
  public static final Setting<String> SASL_PASSWORD =
      Setting.secret("kafka.sasl.password").saying("That user's password.");

  /** The login in Kafka's own words. */
  public static final Setting<String> SASL_JAAS =
      Setting.secret("kafka.sasl.jaas.config")
          .saying(
              "Kafka's sasl.jaas.config as it is, for oauthbearer; what else that needs goes into"
                  + " kafka.client.");

  /** Keys and certificates. */
  public static final TlsSettings CERTIFICATES = TlsSettings.of("Kafka", "kafka.ssl");

  /** The settings that every client of Kafka reads. */
  public static final List<Setting<?>> SETTINGS =
      Stream.concat(
              Stream.of(
                  BOOTSTRAP,
                  SECURITY_PROTOCOL,
                  SASL_MECHANISM,
                  SASL_USERNAME,
                  SASL_PASSWORD,
                  SASL_JAAS),
              CERTIFICATES.all().stream())
          .<Setting<?>>map(setting -> setting)
          .toList();

  /** By these one logs in: who does not use Kafka must not be given them. */
  public static final List<Setting<String>> CREDENTIALS =
      List.of(
          SASL_PASSWORD,
          SASL_JAAS,
          CERTIFICATES.keyStoreLocation(),
          CERTIFICATES.keyStorePassword(),
          CERTIFICATES.keyLocation(),
          CERTIFICATES.keyPassword());

  private KafkaSettings() {}

  /** What one setting alone can't tell; one line each, with the remedy. */
  public static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    String protocol = SECURITY_PROTOCOL.render(settings.get(SECURITY_PROTOCOL)).toString();
    if (usesSasl(settings) && usesToken(settings)) {
      if (settings.find(SASL_JAAS).isEmpty()) {
        problems.add("'kafka.sasl.mechanism' is OAUTHBEARER, which needs 'kafka.sasl.jaas.config'");
      }
    } else if (usesSasl(settings)
        && (settings.find(SASL_USERNAME).isEmpty() || settings.find(SASL_PASSWORD).isEmpty())) {
      problems.add(
          "kafka.security.protocol is %s, which needs kafka.sasl.username and kafka.sasl.password"
              .formatted(protocol));
    }
    if (usesTls(settings)) {
      problems.addAll(CERTIFICATES.problems(settings));
    }
    return problems;
  }

  /** What a person should know at each start. */
  public static List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>();
    if (usesTls(settings)) {
      warnings.addAll(CERTIFICATES.warnings(settings));
    }
    return warnings;
  }

  /**
   * Whether one of Kafka's own properties is ours to set: it has a setting here, where it is
   * checked, and where switching a check off is called insecure.
   */
  public static boolean isReserved(String property) {
    return property.startsWith("ssl.")
        || property.equals("sasl.client.callback.handler.class")
        || property.equals("sasl.jaas.config");
  }

  /** Whether the connection is encrypted. */
  public static boolean usesTls(Settings settings) {
    SecurityProtocol protocol = settings.get(SECURITY_PROTOCOL);
    return protocol == SecurityProtocol.SSL || protocol == SecurityProtocol.SASL_SSL;
  }

  /** Whether the login is by a token and not by a password. */
  static boolean usesToken(Settings settings) {
    return settings.get(SASL_MECHANISM).equals("OAUTHBEARER");
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
