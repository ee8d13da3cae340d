package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SeenNotifications;
import io.bierelay.sandbox.SeenNotifications.Seen;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A second instance joins in mid-stream and the first one leaves by SIGTERM: every event is
 * notified once, and each partition's notifications keep their order.
 */
class RebalanceIT {

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int EVENTS = 20_000;
  private static final List<String> ROLE = List.of("svc-bie-kafka");

  @Test
  void aGracefulChangeLosesNothingAndRepeatsNothing() throws Exception {
    try (RelayServers servers = new RelayServers().start(4);
        EventPublisher publisher = servers.publisher();
        SeenNotifications seen = new SeenNotifications(servers.rabbit())) {
      try (RelayProcess first =
              RelayProcess.start(ROLE, settings(servers), servers.adminUrl()).awaitReady();
          RelayProcess second = startSecond(servers)) {
        publisher.publishSteadily(new ContentionEvents(4), 1_500);
        second.awaitReady();
        await().atMost(LIMIT).until(() -> partitionsOf(second) == 10);
        assertThat(first.terminate()).isZero();
        await().atMost(LIMIT).until(() -> partitionsOf(second) == 20);
        await().atMost(LIMIT).until(() -> seen.count() >= EVENTS);
        publisher.close();
        long published = publisher.published().values().stream().mapToLong(Long::longValue).sum();
        await().atMost(LIMIT).until(() -> seen.count() >= published);
        assertThat(second.terminate()).isZero();
        check(seen.all(), published, first.readLog() + second.readLog());
      }
    }
  }

  private static void check(List<Seen> all, long published, String logs) {
    assertThat(all.stream().map(Seen::messageId).distinct().count())
        .as("lost %s", logs)
        .isEqualTo(published);
    assertThat(all).as("repeated %s", logs).hasSize((int) published);
    Map<String, Long> last = new HashMap<>();
    for (Seen one : all) {
      Long before = last.put(one.lane(), one.offset());
      assertThat(one.offset()).as(one.lane()).isGreaterThan(before == null ? -1 : before);
    }
  }

  private static RelayProcess startSecond(RelayServers servers) {
    int port = Ports.free();
    Map<String, Object> settings = settings(servers);
    settings.put("admin.port", port);
    return RelayProcess.start(ROLE, settings, "http://127.0.0.1:" + port);
  }

  /** Patient, since a machine that is busy with other tests may confirm late: that is allowed. */
  private static Map<String, Object> settings(RelayServers servers) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("ingest.drain.timeout", "20s");
    settings.put("launch.stop.timeout", "28s");
    return settings;
  }

  private static long partitionsOf(RelayProcess relay) {
    return new AdminClient(relay.adminUrl())
        .subscriptions().stream().filter(s -> s.containsKey("partition")).count();
  }
}
