package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SeenNotifications;
import io.bierelay.sandbox.SeenNotifications.Seen;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Two instances with exactly-once under load: the owner is killed, and the other goes on in bounded
 * time behind the last notification that was routed; then a replay publishes again on purpose, for
 * it resets the ledger.
 */
class ExactlyOnceIT {

  private static final Duration LIMIT = Duration.ofSeconds(90);

  /** The shortest session that Kafka allows. */
  private static final Duration SESSION = Duration.ofSeconds(6);

  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final int PARTITIONS = 2;
  private static final int ALL = PARTITIONS * ContentionType.values().length;

  @Test
  void aTakeOverRepeatsNothingAndAReplayRepeatsWhatItSays() throws Exception {
    try (RelayServers servers = new RelayServers().start(PARTITIONS);
        EventPublisher publisher = servers.publisher();
        SeenNotifications seen = new SeenNotifications(servers.rabbit())) {
      try (RelayProcess first = start(servers);
          RelayProcess second = start(servers)) {
        publisher.publishSteadily(new ContentionEvents(4), 500);
        first.awaitReady();
        second.awaitReady();
        await().atMost(LIMIT).until(() -> lanesOf(first).size() == ALL / 2);
        await().atMost(LIMIT).until(() -> lanesOf(second).size() == ALL / 2);
        await().atMost(LIMIT).untilAsserted(() -> namesAreShown(second));
        takenOver(seen, first, second);
        publisher.close();
        long published = publisher.published().values().stream().mapToLong(Long::longValue).sum();
        await().atMost(LIMIT).until(() -> seen.count() >= published);
        nothingTwice(seen, published);
        replayed(seen, second);
        assertThat(second.terminate()).as("%s", second.readLog()).isZero();
      }
    }
  }

  private static void takenOver(SeenNotifications seen, RelayProcess first, RelayProcess second) {
    Set<String> inherited = lanesOf(first);
    await().atMost(LIMIT).until(() -> lanesSeenSince(seen, 0).containsAll(inherited));
    first.kill();
    long killed = System.nanoTime();
    // What came just before the end may still be on its way to us.
    long own = killed + Duration.ofSeconds(1).toNanos();
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> lanesSeenSince(seen, own).containsAll(inherited));
    Duration took = Duration.ofNanos(System.nanoTime() - killed);
    System.out.printf(
        "the partitions of the killed one were relayed again after %d ms, with a session of %d ms%n",
        took.toMillis(), SESSION.toMillis());
    assertThat(took)
        .as("%s", second.readLog())
        .isLessThanOrEqualTo(SESSION.plus(HEARTBEAT.multipliedBy(2)).plusSeconds(2));
    await().atMost(LIMIT).until(() -> lanesOf(second).size() == ALL);
  }

  private static void nothingTwice(SeenNotifications seen, long published) {
    List<Seen> all = seen.all();
    assertThat(all.stream().map(Seen::messageId).distinct().count())
        .as("lost")
        .isEqualTo(published);
    assertThat(all).as("repeated").hasSize((int) published);
    Map<String, Long> last = new HashMap<>();
    for (Seen one : all) {
      Long before = last.put(one.lane(), one.offset());
      assertThat(one.offset()).as(one.lane()).isGreaterThan(before == null ? -1 : before);
    }
  }

  private static void namesAreShown(RelayProcess relay) {
    assertThat(rows(relay))
        .allSatisfy(
            row -> {
              String partition = row.getString("topic") + "." + row.getInteger("partition");
              assertThat(row.getString("ledger")).isEqualTo("bie-ledger." + partition);
              assertThat(row.getString("lock")).isEqualTo("bie-lock." + partition);
            });
  }

  /** The ledger has all of them: only because the seek resets it do they come again. */
  private static void replayed(SeenNotifications seen, RelayProcess relay) {
    String topic = ContentionType.UPDATED.topic();
    long before = seen.count();
    Set<Long> offsets =
        seen.all().stream()
            .filter(one -> one.lane().equals(topic + "-1"))
            .map(Seen::offset)
            .collect(Collectors.toSet());
    AdminClient.Answer answer =
        new AdminClient(relay.adminUrl())
            .post(
                "/api/subscriptions/seek",
                new JsonObject()
                    .put("topic", topic)
                    .put("partition", 1)
                    .put("to", "earliest")
                    .put("dryRun", false)
                    .put("why", "a replay"));
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
    assertThat(answer.body().getLong("events")).isEqualTo(offsets.size());
    await().atMost(LIMIT).until(() -> seen.count() >= before + offsets.size());
    await()
        .atMost(LIMIT)
        .until(
            () -> rows(relay).stream().allMatch(row -> Long.valueOf(0).equals(row.getLong("lag"))));
    List<Seen> again = seen.all().subList((int) before, seen.count());
    assertThat(again).hasSize(offsets.size()).allMatch(one -> one.lane().equals(topic + "-1"));
    assertThat(again.stream().map(Seen::offset).collect(Collectors.toSet())).isEqualTo(offsets);
  }

  private static Set<String> lanesSeenSince(SeenNotifications seen, long nanos) {
    return seen.all().stream()
        .filter(one -> nanos == 0 || one.atNanos() - nanos > 0)
        .map(Seen::lane)
        .collect(Collectors.toSet());
  }

  private static Set<String> lanesOf(RelayProcess relay) {
    return rows(relay).stream()
        .map(row -> row.getString("topic") + "-" + row.getInteger("partition"))
        .collect(Collectors.toSet());
  }

  private static List<JsonObject> rows(RelayProcess relay) {
    return new AdminClient(relay.adminUrl())
        .subscriptions().stream().filter(row -> row.containsKey("partition")).toList();
  }

  private static RelayProcess start(RelayServers servers) {
    int port = Ports.free();
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("admin.port", port);
    settings.put("notify.delivery", "exactly-once");
    settings.put("notify.ledger.trust", "routed");
    settings.put("rabbitmq.heartbeat", HEARTBEAT.toSeconds() + "s");
    settings.put(
        "kafka.client",
        Map.of(
            "session.timeout.ms",
            Long.toString(SESSION.toMillis()),
            "heartbeat.interval.ms",
            "1000"));
    return RelayProcess.start(List.of("svc-bie-kafka"), settings, "http://127.0.0.1:" + port);
  }
}
