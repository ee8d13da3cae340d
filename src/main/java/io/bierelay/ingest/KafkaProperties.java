package io.bierelay.ingest;

import io.bierelay.kafka.KafkaConnection;
import io.bierelay.settings.Settings;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;

/** The properties of our Kafka consumers, made of the settings. */
final class KafkaProperties {

  private KafkaProperties() {}

  /** The consumer's properties: nothing is committed that was not confirmed, nothing is skipped. */
  static Properties consumer(Settings settings) {
    Properties p = KafkaConnection.properties(settings);
    p.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
    p.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
    p.putAll(settings.get(IngestSettings.CLIENT));
    p.put(ConsumerConfig.GROUP_ID_CONFIG, settings.get(IngestSettings.GROUP));
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
}
