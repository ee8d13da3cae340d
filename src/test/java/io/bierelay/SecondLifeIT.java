package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * The second life of it all: the process is killed with SIGKILL in the middle of 5,000 events and
 * started again; every event is stored exactly once.
 */
class SecondLifeIT {

  private static final int EVENTS = 5_000;
  private static final List<String> ROLES = List.of("svc-bie-kafka", "workflow");

  @Test
  void afterSigkillEveryEventIsStoredExactlyOnce() throws Exception {
    try (RelayServers servers = new RelayServers().start(4);
        EventPublisher publisher = servers.publisher()) {
      ContentionEvents events = new ContentionEvents(5_000);
      Map<String, Object> settings = new HashMap<>(servers.settings());
      // The shortest that Kafka allows: the group assigns anew when the killed member's session
      // ends.
      settings.put("kafka.client", Map.of("session.timeout.ms", "6000"));
      CompletableFuture<Void> publishing;
      try (RelayProcess first =
          RelayProcess.start(ROLES, settings, servers.adminUrl()).awaitReady()) {
        publishing = CompletableFuture.runAsync(() -> publisher.publishAll(events, EVENTS));
        // On one open connection and often: half a second later all of them would be stored.
        try (var db = servers.postgres().connect();
            var count = db.prepareStatement("select count(*) from bie_event")) {
          await()
              .pollDelay(Duration.ZERO)
              .pollInterval(Duration.ofMillis(2))
              .atMost(Duration.ofSeconds(60))
              .until(() -> firstLong(count.executeQuery()) > EVENTS / 10);
          first.kill();
        }
      }
      long storedByTheFirst = stored(servers);
      publishing.join();
      assertThat(storedByTheFirst).as("killed in the middle").isBetween(1L, EVENTS - 1L);

      try (RelayProcess second = RelayProcess.start(ROLES, settings, servers.adminUrl())) {
        await().atMost(Duration.ofSeconds(120)).until(() -> stored(servers) >= EVENTS);
        assertThat(second.terminate()).isZero();
      }
      assertThat(stored(servers)).isEqualTo(EVENTS);
      for (ContentionType type : ContentionType.values()) {
        assertThat(countOf(servers, "bie_event where event_type = '" + type.eventType() + "'"))
            .as(type.eventType())
            .isEqualTo(EVENTS / 5);
      }
      // Not only the right number: each event's own claim and contention, as often as published.
      assertThat(
              countOf(
                  servers,
                  "(select distinct event_type, benefit_claim_id, contention_id, event_details"
                      + " from bie_event) as d"))
          .isEqualTo(EVENTS);
    }
  }

  /** The table comes with the first start. */
  private static long stored(RelayServers servers) {
    try {
      return countOf(servers, "bie_event");
    } catch (SQLException e) {
      return 0;
    }
  }

  private static long countOf(RelayServers servers, String from) throws SQLException {
    try (var db = servers.postgres().connect();
        var statement = db.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from " + from)) {
      return firstLong(rows);
    }
  }

  private static long firstLong(ResultSet rows) throws SQLException {
    rows.next();
    return rows.getLong(1);
  }
}
