package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.IngestProcess;
import io.bierelay.sandbox.RedisProcess;
import io.bierelay.sandbox.RelayServers;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Three processes of one group: each shows the same owners of all partitions; one is killed, and
 * each shows that nobody owns its partitions, and then who does.
 */
class GroupScopeIT {

  private static final Logger LOG = LoggerFactory.getLogger(GroupScopeIT.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SESSION = Duration.ofSeconds(10);
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final int PARTITIONS = 6;
  private static final String NOBODY = "nobody";

  private final RedisProcess redis = new RedisProcess().start();
  private final List<IngestProcess> processes = new ArrayList<>();
  private RelayServers servers;

  @BeforeEach
  void open() {
    servers = new RelayServers().start(PARTITIONS);
  }

  @AfterEach
  void close() {
    processes.forEach(IngestProcess::close);
    servers.close();
    redis.close();
  }

  @Test
  void allSeeTheSameOwnersAndTheEndOfOne() throws Exception {
    start(redis.settings());
    awaitThreeOwners();
    // Only now: whoever gets a partition later has no rate of what another has relayed.
    try (EventPublisher publisher = servers.publisher()) {
      publisher.publishAll(new ContentionEvents(3), 500);
    }
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              for (IngestProcess one : processes) {
                JsonObject group = group(one);
                assertThat(group.getJsonArray("degraded")).isEmpty();
                assertThat(rows(group))
                    .hasSize(PARTITIONS)
                    .allSatisfy(
                        row -> {
                          assertThat(row.getString("state")).isEqualTo("running");
                          assertThat(row.getLong("lag")).isZero();
                          assertThat(row.getDouble("rate5")).isPositive();
                        });
                assertThat(owners(one)).isEqualTo(owners(processes.get(0)));
              }
            });
    aPartitionElsewhereIsRefusedWithItsOwnersName();
    aPauseReachesTheOwner();
    theDeadOnesPartitionsAreUnassignedAndThenAnothers();
  }

  @Test
  void withoutAStoreTheOwnersAreKnownByKafka() {
    start(Map.of());
    awaitThreeOwners();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              for (IngestProcess one : processes) {
                assertThat(owners(one)).isEqualTo(owners(processes.get(0)));
                assertThat(group(one).getJsonArray("degraded").encode())
                    .contains("SubscriptionStateVerticle");
              }
            });
  }

  /** Until each has its share: then no partition moves any more. */
  private void awaitThreeOwners() {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              Map<Integer, String> owners = owners(processes.get(0));
              assertThat(instances(processes.get(0))).hasSize(3);
              for (String one : instances(processes.get(0))) {
                assertThat(Collections.frequency(owners.values(), one)).isEqualTo(PARTITIONS / 3);
              }
            });
  }

  private void start(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.putAll(more);
    settings.put("kafka.topics", List.of(TYPE.topic()));
    settings.put(
        "kafka.client",
        Map.of("session.timeout.ms", "" + SESSION.toMillis(), "heartbeat.interval.ms", "2500"));
    for (int i = 0; i < 3; i++) {
      processes.add(IngestProcess.start(settings));
    }
    processes.forEach(IngestProcess::awaitUp);
  }

  private void aPartitionElsewhereIsRefusedWithItsOwnersName() {
    IngestProcess asked = processes.get(0);
    JsonObject foreign =
        rows(group(asked)).stream()
            .filter(row -> !instance(row).endsWith(":" + asked.pid()))
            .findFirst()
            .orElseThrow();
    JsonObject request =
        new JsonObject()
            .put("topic", TYPE.topic())
            .put("partition", foreign.getInteger("partition"))
            .put("to", "earliest");
    IngestProcess.Answer answer = asked.ask(SubscriptionBus.SEEK, request);
    assertThat(answer.code()).isEqualTo(SubscriptionBus.CONFLICT);
    assertThat(answer.failure()).contains(instance(foreign), "ask there");
  }

  private void aPauseReachesTheOwner() {
    IngestProcess asked = processes.get(0);
    JsonObject foreign =
        rows(group(asked)).stream()
            .filter(row -> !instance(row).endsWith(":" + asked.pid()))
            .findFirst()
            .orElseThrow();
    int partition = foreign.getInteger("partition");
    JsonObject pause = new PauseRequest(TYPE.topic(), partition, "anna", "slow").toJson();
    IngestProcess.Answer answer = asked.ask(SubscriptionBus.PAUSE, pause);
    assertThat(answer.body().getBoolean("durable")).as(answer.toString()).isTrue();
    for (IngestProcess one : processes) {
      await()
          .atMost(LIMIT)
          .until(() -> rows(group(one)).get(partition).getString("state").equals("paused"));
    }
    asked.ask(SubscriptionBus.RESUME, pause);
    await()
        .atMost(LIMIT)
        .until(() -> rows(group(asked)).get(partition).getString("state").equals("running"));
  }

  /**
   * One of those that live is stopped over the moment in which Kafka gives the dead one up: the
   * group waits for it to join again, and for so long nobody owns the partitions. Otherwise that
   * moment may be too short to be seen.
   */
  private void theDeadOnesPartitionsAreUnassignedAndThenAnothers() {
    IngestProcess dead = processes.remove(2);
    Set<Integer> its = new TreeSet<>();
    owners(processes.get(0))
        .forEach(
            (partition, owner) -> {
              if (owner.endsWith(":" + dead.pid())) {
                its.add(partition);
              }
            });
    assertThat(its).isNotEmpty();
    dead.kill();
    long killed = System.nanoTime();
    IngestProcess asked = processes.get(0);
    IngestProcess late = processes.get(1);
    Set<Integer> silent = new TreeSet<>();
    awaitSoon(
        () -> {
          for (JsonObject row : rows(group(asked))) {
            if (name(row).endsWith(":" + dead.pid())
                && row.getString("reason").contains("has said nothing for")) {
              silent.add(row.getInteger("partition"));
            }
          }
          return silent.equals(its);
        });
    late.freeze();
    Set<Integer> orphaned = new TreeSet<>();
    awaitSoon(
        () -> {
          for (JsonObject row : rows(group(asked))) {
            if (row.getString("state").equals("unassigned")) {
              assertThat(row.getJsonObject("owner")).isNull();
              assertThat(row.getString("reason")).contains("no member of the group owns it");
              orphaned.add(row.getInteger("partition"));
            }
          }
          return orphaned.containsAll(its);
        });
    late.thaw();
    long left = SESSION.plusSeconds(3).toNanos() - (System.nanoTime() - killed);
    await()
        .atMost(Duration.ofNanos(left))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () ->
                processes.stream()
                    .flatMap(one -> owners(one).values().stream())
                    .noneMatch(owner -> owner.endsWith(":" + dead.pid()) || owner.equals(NOBODY)));
    LOG.info(
        "new owners {} ms after the kill (session time-out {} ms)",
        (System.nanoTime() - killed) / 1_000_000,
        SESSION.toMillis());
    assertThat(owners(processes.get(0))).isEqualTo(owners(processes.get(1)));
    dead.close();
  }

  private static void awaitSoon(Callable<Boolean> seen) {
    await().atMost(SESSION.plusSeconds(3)).pollInterval(Duration.ofMillis(50)).until(seen);
  }

  private static JsonObject group(IngestProcess process) {
    IngestProcess.Answer answer = process.ask(SubscriptionBus.GROUP, new JsonObject());
    assertThat(answer.code()).as(answer.failure()).isEqualTo(200);
    return answer.body();
  }

  private static List<JsonObject> rows(JsonObject group) {
    return group.getJsonArray("subscriptions").stream().map(JsonObject.class::cast).toList();
  }

  private static Map<Integer, String> owners(IngestProcess process) {
    Map<Integer, String> owners = new TreeMap<>();
    rows(group(process)).forEach(row -> owners.put(row.getInteger("partition"), name(row)));
    return owners;
  }

  private static Set<String> instances(IngestProcess process) {
    Set<String> instances = new TreeSet<>(owners(process).values());
    instances.remove(NOBODY);
    return instances;
  }

  private static String name(JsonObject row) {
    return row.getJsonObject("owner") == null ? NOBODY : instance(row);
  }

  private static String instance(JsonObject row) {
    return row.getJsonObject("owner").getString("instance");
  }
}
