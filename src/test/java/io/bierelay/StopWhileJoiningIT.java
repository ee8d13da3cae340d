package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

/**
 * SIGTERM while the group waits for another member: the stop does not wait for that one, and is
 * clean.
 */
class StopWhileJoiningIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void aStopIsCleanThoughTheGroupWaitsForSomebodyElse() {
    try (RelayServers servers = new RelayServers().start(1);
        KafkaConsumer<byte[], byte[]> idler = idler(servers)) {
      idler.subscribe(Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList());
      await().atMost(LIMIT).until(() -> hasPartitions(idler));
      // From here on it does not poll, so it never joins again, and its heartbeats keep it alive.
      try (RelayProcess relay =
          RelayProcess.start(List.of("svc-bie-kafka"), servers.settings(), servers.adminUrl())) {
        relay.awaitReady();
        assertThat(new AdminClient(servers.adminUrl()).subscriptions())
            .noneMatch(s -> s.containsKey("partition"));
        long began = System.nanoTime();
        int code = relay.terminate();
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(code).as("%s", relay.readLog()).isZero();
        assertThat(relay.readLog()).doesNotContain("did not stop cleanly");
        System.out.printf("stopped within %d ms%n", took.toMillis());
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> idler(RelayServers servers) {
    Properties properties = servers.kafka().serviceProperties();
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, RelayServers.GROUP);
    properties.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static boolean hasPartitions(KafkaConsumer<byte[], byte[]> consumer) {
    consumer.poll(Duration.ofMillis(100));
    return !consumer.assignment().isEmpty();
  }
}
