package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.SandboxSqs;
import io.bierelay.sandbox.SandboxSqs.Depth;
import io.bierelay.sandbox.Tenures;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The reporting listener is killed with SIGKILL again and again while it works: no change is lost,
 * and one that is sent twice carries the same event id and the same tenure.
 *
 * <p>The whole: {@code -Dbierelay.listener.kills=30 -Dbierelay.listener.messages=10000}.
 */
class ListenerKilledIT {

  private static final int KILLS = Integer.getInteger("bierelay.listener.kills", 3);
  private static final int MESSAGES = Integer.getInteger("bierelay.listener.messages", 1_500);

  /** Ends only what stands still: on a busy machine a start alone may take a minute. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @Test
  void noChangeIsLostAndDuplicatesCarryTheSameEventId() {
    try (ListenerServers servers = new ListenerServers(1_000).start();
        AvroTopic topic = servers.records()) {
      servers.api().delaying(20);
      Map<String, Object> settings = new HashMap<>(servers.settings());
      settings.put("listener.sqs.visibility", "3s");
      settings.put("listener.sqs.wait", "1s");
      Map<String, String> tenureByEvent = new HashMap<>();
      List<String> bodies = new ArrayList<>();
      for (int i = 0; i < MESSAGES; i++) {
        JsonObject event = Tenures.updated(UUID.randomUUID());
        tenureByEvent.put(event.getString("id"), event.getString("entityId"));
        bodies.add(event.encode());
      }
      servers.sqs().sendAll(bodies);

      Records records = new Records(topic);
      int step = MESSAGES / (KILLS + 1);
      for (int kill = 1; kill <= KILLS; kill++) {
        int target = kill * step;
        try (RelayProcess process = start(servers, settings)) {
          await()
              .pollDelay(Duration.ZERO)
              .pollInterval(Duration.ofMillis(5))
              .atMost(PATIENCE)
              .until(() -> records.read().size() >= target);
          process.kill();
        }
        assertThat(records.byEvent.size()).as("killed under load").isLessThan(MESSAGES);
      }
      try (RelayProcess last = start(servers, settings)) {
        await().atMost(PATIENCE).until(() -> records.read().size() == MESSAGES);
        await().atMost(PATIENCE).until(servers.sqs()::depth, new Depth(0, 0)::equals);
        assertThat(last.terminate()).isZero();
      }
      records.read();
      Set<String> lost = new HashSet<>(tenureByEvent.keySet());
      lost.removeAll(records.byEvent.keySet());
      System.out.printf(
          "killed %d times, %d messages: %d lost, %d records more than messages%n",
          KILLS, MESSAGES, lost.size(), records.total - MESSAGES);
      assertThat(lost).isEmpty();
      assertThat(records.byEvent).isEqualTo(tenureByEvent);
      assertThat(servers.sqs().deadLetters()).isEqualTo(new Depth(0, 0));
    }
  }

  private static RelayProcess start(ListenerServers servers, Map<String, Object> settings) {
    return RelayProcess.start(
        List.of("reporting-listener"), settings, servers.adminUrl(), SandboxSqs.environment());
  }

  /** What has arrived: for each event id, the one tenure that all its records speak of. */
  private static final class Records {
    private final AvroTopic topic;
    private final Map<String, String> byEvent = new HashMap<>();
    private int total;

    Records(AvroTopic topic) {
      this.topic = topic;
    }

    Set<String> read() {
      for (AvroTopic.Decoded one : topic.poll()) {
        total++;
        String tenure = (String) one.at("Tenure", "Id");
        String before = byEvent.put((String) one.at("Id"), tenure);
        assertThat(before).isIn(null, tenure);
      }
      return byEvent.keySet();
    }
  }
}
