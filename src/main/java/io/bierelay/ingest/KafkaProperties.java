package io.bierelay.ingest;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/** The properties of our Kafka clients, made of the settings. */
final class KafkaProperties {

  private KafkaProperties() {}

  /** How any client of ours reaches Kafka. */
  static Properties connection(Settings settings) {
    Properties p = new Properties();
    p.put(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
        String.join(",", settings.get(IngestSettings.BOOTSTRAP)));
    p.put(
        CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
        settings.get(IngestSettings.SECURITY_PROTOCOL).name());
    if (IngestSettings.usesSasl(settings)) {
      String mechanism = settings.get(IngestSettings.SASL_MECHANISM);
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
                  escape(settings.get(IngestSettings.SASL_USERNAME)),
                  escape(settings.get(IngestSettings.SASL_PASSWORD))));
    }
    putIf(p, SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG, settings, IngestSettings.TRUSTSTORE);
    putIf(
        p, SslConfigs.SSL_TRUSTSTORE_PASSWORD_CONFIG, settings, IngestSettings.TRUSTSTORE_PASSWORD);
    putIf(p, SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG, settings, IngestSettings.KEYSTORE);
    putIf(p, SslConfigs.SSL_KEYSTORE_PASSWORD_CONFIG, settings, IngestSettings.KEYSTORE_PASSWORD);
    putIf(p, SslConfigs.SSL_KEY_PASSWORD_CONFIG, settings, IngestSettings.KEY_PASSWORD);
    if (settings.find(IngestSettings.TRUSTSTORE).isPresent()) {
      p.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, settings.get(IngestSettings.TRUSTSTORE_TYPE));
    }
    if (settings.find(IngestSettings.KEYSTORE).isPresent()) {
      p.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, settings.get(IngestSettings.KEYSTORE_TYPE));
    }
    return p;
  }

  /**
   * The consumer's properties: nothing is committed that was not confirmed, nothing is skipped.
   *
   * @param member which consumer of this process it is, from 0 on
   */
  static Properties consumer(Settings settings, int member) {
    Properties p = connection(settings);
    p.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
    p.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
    p.putAll(settings.get(IngestSettings.CLIENT));
    p.put(ConsumerConfig.GROUP_ID_CONFIG, settings.get(IngestSettings.GROUP));
    settings
        .find(IngestSettings.INSTANCE_ID)
        .ifPresent(id -> p.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId(id, member)));
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    p.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    p.put(
        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
        settings.get(IngestSettings.OFFSET_RESET).name().toLowerCase(Locale.ROOT));
    p.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        settings.get(IngestSettings.ISOLATION).name().toLowerCase(Locale.ROOT));
    // Range, the default, leaves consumers idle when each topic has few partitions; cooperative
    // rebalancing lets the lanes that stay go on meanwhile.
    p.putIfAbsent(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    return p;
  }

  /** Two consumers of one process are two members: the same id would fence the first. */
  private static String instanceId(String configured, int member) {
    String id = configured.replace("{host}", hostName());
    return member == 0 ? id : id + "-" + member;
  }

  private static String hostName() {
    String name = System.getenv("HOSTNAME");
    if (name != null && !name.isEmpty()) {
      return name;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new ConfigException(
          "kafka.group.instance.id has {host}, but this host's name is not known: "
              + e.getMessage());
    }
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  private static void putIf(
      Properties properties, String name, Settings settings, Setting<String> setting) {
    settings.find(setting).ifPresent(value -> properties.put(name, value));
  }
}
