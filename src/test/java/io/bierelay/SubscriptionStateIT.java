package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.IngestUnderTest;
import io.bierelay.sandbox.RedisProcess;
import io.bierelay.sandbox.RelayServers;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a person paused outlives the process, by Redis; without Redis all goes on, and it shows. */
class SubscriptionStateIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final JsonObject PAUSE =
      new PauseRequest(TYPE.topic(), SubscriptionBus.ALL_PARTITIONS, "anna", "release").toJson();

  private final RedisProcess redis = new RedisProcess().start();
  private RelayServers servers;
  private EventPublisher publisher;
  private IngestUnderTest relay;

  @BeforeEach
  void open() {
    servers = new RelayServers().start(2);
    publisher = servers.publisher();
    start();
  }

  @AfterEach
  void close() {
    relay.close();
    publisher.close();
    servers.close();
    redis.close();
  }

  @Test
  void whatIsPausedIsPausedAfterARestart() {
    publish(50);
    await().atMost(LIMIT).until(() -> committed() == 50);
    assertThat(relay.ask(SubscriptionBus.PAUSE, PAUSE).getBoolean("durable")).isTrue();
    relay.close();
    publish(30);
    start();
    await().atMost(LIMIT).until(() -> lag() == 30);
    assertThat(relay.rows())
        .allSatisfy(row -> assertThat(row.getString("state")).isEqualTo("paused"))
        .allSatisfy(row -> assertThat(row.getString("pausedBy")).isEqualTo("anna: release"))
        .allSatisfy(
            row -> assertThat(row.getJsonObject("accounts").getInteger("confirmed")).isZero());
    assertThat(committed()).isEqualTo(50);
    assertThat(relay.ask(SubscriptionBus.RESUME, PAUSE).getBoolean("durable")).isTrue();
    await().atMost(LIMIT).until(() -> committed() == 80);
  }

  @Test
  void withoutRedisAllGoesOnAndItShowsAndIsMadeUpForLater() {
    publish(20);
    await().atMost(LIMIT).until(() -> committed() == 20);
    redis.stop();
    publish(20);
    await().atMost(LIMIT).until(() -> committed() == 40);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              JsonObject group = relay.ask(SubscriptionBus.GROUP, new JsonObject());
              assertThat(group.getJsonArray("degraded").encode())
                  .contains("Redis at redis://127.0.0.1");
              assertThat(group.getJsonArray("subscriptions")).hasSize(2);
            });
    JsonObject reply = relay.ask(SubscriptionBus.PAUSE, PAUSE);
    assertThat(reply.getBoolean("durable")).isFalse();
    assertThat(reply.getString("note")).contains("as soon as the fleet's store is back");
    await()
        .atMost(LIMIT)
        .until(
            () -> relay.rows().stream().allMatch(row -> row.getString("state").equals("paused")));
    redis.start();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                relay
                    .ask(SubscriptionBus.GROUP, new JsonObject())
                    .getJsonArray("degraded")
                    .isEmpty());
    await()
        .atMost(LIMIT)
        .until(() -> relay.ask(SubscriptionBus.PAUSE, PAUSE).getBoolean("durable"));
    relay.close();
    publish(10);
    start();
    await().atMost(LIMIT).until(() -> lag() == 10);
    assertThat(committed()).isEqualTo(40);
  }

  private void start() {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.putAll(redis.settings());
    settings.put("kafka.topics", List.of(TYPE.topic()));
    relay = new IngestUnderTest(settings);
    relay.addState();
    relay.addConsumer();
  }

  private void publish(int count) {
    ContentionEvents events = new ContentionEvents(5);
    for (int i = 0; i < count; i++) {
      var unused = publisher.publish(TYPE, events.next(TYPE));
    }
    publisher.flush();
  }

  private long committed() {
    return relay.rows().stream().mapToLong(row -> Math.max(0, row.getLong("committed"))).sum();
  }

  private long lag() {
    return relay.rows().stream().mapToLong(row -> row.getLong("lag")).sum();
  }
}
