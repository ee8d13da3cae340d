package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.RelayServers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A server that is away at the start is waited for, named, and used as soon as it comes. */
class AwayAtStartIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void eachServerThatIsAwayIsNamedAndWaitedFor() throws SQLException {
    try (RabbitProcess rabbit = new RabbitProcess();
        RelayServers servers = new RelayServers(rabbit.address())) {
      LauncherRelay relay = new LauncherRelay();
      AdminClient admin = new AdminClient(servers.adminUrl());
      relay.start(List.of("svc-bie-kafka", "workflow"), servers.settings());
      try {
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () -> {
                  assertThat(admin.reasonOf("KafkaIngestVerticle"))
                      .contains("Kafka at " + servers.kafka().bootstrap(), "does not answer");
                  assertThat(admin.reasonOf("RabbitNotifierVerticle"))
                      .contains("RabbitMQ at ", "connection refused");
                  assertThat(admin.reasonOf("EventPersistVerticle")).contains("RabbitMQ at ");
                });
        assertThat(admin.status("/health/live")).isEqualTo(200);
        assertThat(admin.status("/health/ready")).isEqualTo(503);

        rabbit.start();
        servers.startKafka(1);
        await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);

        // The registry is still away: that turns no event into poison, its lane waits and says so.
        try (EventPublisher publisher = servers.publisher()) {
          publisher.publishAll(new ContentionEvents(7), 10);
        }
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(admin.subscriptions())
                        .filteredOn(s -> s.containsKey("partition"))
                        .hasSize(5)
                        .allSatisfy(
                            s -> {
                              assertThat(s.getString("state")).isEqualTo("held");
                              assertThat(s.getString("reason")).contains("registry");
                            }));
        assertThat(stored(servers)).isZero();

        servers.registry().start();
        await().atMost(LIMIT).until(() -> stored(servers) == 10);
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(admin.subscriptions())
                        .filteredOn(s -> s.containsKey("partition"))
                        .allSatisfy(s -> assertThat(s.getString("state")).isEqualTo("running")));
      } finally {
        relay.stop();
      }
    }
  }

  private static long stored(RelayServers servers) throws SQLException {
    try (var db = servers.postgres().connect();
        var statement = db.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from bie_event")) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
