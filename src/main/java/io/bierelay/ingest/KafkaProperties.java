package io.bierelay.ingest;

import io.bierelay.kafka.KafkaConnection;
import io.bierelay.settings.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.config.ConfigException;

/** The properties of our Kafka consumers, made of the settings. */
final class KafkaProperties {

  private KafkaProperties() {}

  /**
   * The consumer's properties: nothing is committed that was not confirmed, nothing is skipped.
   *
   * @param member which consumer of this process it is, from 0 on
   */
  static Properties consumer(Settings settings, int member) {
    Properties p = KafkaConnection.properties(settings);
    long heap = Runtime.getRuntime().maxMemory();
    // What is fetched ahead waits as it came, of a paused partition too: it must fit a small heap.
    // An
    // answer is one array: beyond the young generation's size it would go to the old one at once,
    // and
    // each few of them would cost a collection of all. This much is a tenth of a second's work.
    p.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int) Math.min(2 << 20, heap / 64));
    p.put(
        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
        (int) Math.max(64 << 10, Math.min(256 << 10, heap / 1024)));
    p.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
    p.putAll(settings.get(IngestSettings.CLIENT));
    p.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId(settings, member));
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

  /** By its default the group's description tells every instance who owns a partition. */
  static String clientId(Settings settings, int member) {
    return settings
        .get(IngestSettings.CLIENT)
        .getOrDefault(ConsumerConfig.CLIENT_ID_CONFIG, ClientId.of(member));
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
}
