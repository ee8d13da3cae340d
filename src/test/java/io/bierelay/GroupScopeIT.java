package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RedisProcess;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.ScratchDirectory;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
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
 * Three processes of the fat JAR in one group, asked over HTTP: each shows the same owners of all
 * partitions; one is killed, and each shows that nobody owns its partitions, and then who does.
 */
class GroupScopeIT {

  private static final Logger LOG = LoggerFactory.getLogger(GroupScopeIT.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SESSION = Duration.ofSeconds(10);
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final int PARTITIONS = 6;
  private static final String NOBODY = "nobody";
  private static final List<String> ROLE = List.of("svc-bie-kafka");

  private final RedisProcess redis = new RedisProcess().start();
  private final ScratchDirectory scratch = ScratchDirectory.create("group");
  private final List<RelayProcess> processes = new ArrayList<>();
  private RelayServers servers;

  @BeforeEach
  void open() {
    servers = new RelayServers().start(PARTITIONS);
  }

  @AfterEach
  void close() {
    processes.forEach(RelayProcess::close);
    servers.close();
    redis.close();
    scratch.close();
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
              for (RelayProcess one : processes) {
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
              for (RelayProcess one : processes) {
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
    settings.keySet().removeIf(key -> key.startsWith("postgres."));
    for (int i = 0; i < 3; i++) {
      int port = Ports.free();
      settings.put("admin.port", port);
      String url = "http://127.0.0.1:" + port;
      processes.add(
          more.isEmpty()
              ? RelayProcess.start(ROLE, settings, url)
              : RelayProcess.start(ROLE, settings, url, withState()));
    }
    processes.forEach(RelayProcess::awaitReady);
  }

  /** The JAR's own verticles, with the one switched on that is off there. */
  private Path withState() {
    try (InputStream in = RelayProcess.class.getResourceAsStream("/verticles.json")) {
      JsonObject verticles = new JsonObject(Buffer.buffer(in.readAllBytes()));
      verticles.getJsonObject("roles").getJsonArray(ROLE.get(0)).stream()
          .map(JsonObject.class::cast)
          .filter(one -> one.getString("verticle").equals("SubscriptionStateVerticle"))
          .forEach(one -> one.put("enabled", true));
      return scratch.write("verticles.json", verticles.encode());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void aPartitionElsewhereIsRefusedWithItsOwnersName() {
    RelayProcess asked = processes.get(0);
    JsonObject foreign =
        rows(group(asked)).stream()
            .filter(row -> !instance(row).endsWith(":" + asked.pid()))
            .findFirst()
            .orElseThrow();
    JsonObject request =
        new JsonObject()
            .put("topic", TYPE.topic())
            .put("partition", foreign.getInteger("partition"))
            .put("to", "earliest")
            .put("dryRun", true)
            .put("why", "a look");
    AdminClient.Answer answer = admin(asked).post("/api/subscriptions/seek", request);
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.body().getString("detail")).contains(instance(foreign), "ask there");
  }

  private void aPauseReachesTheOwner() {
    RelayProcess asked = processes.get(0);
    JsonObject foreign =
        rows(group(asked)).stream()
            .filter(row -> !instance(row).endsWith(":" + asked.pid()))
            .findFirst()
            .orElseThrow();
    int partition = foreign.getInteger("partition");
    JsonObject pause =
        new JsonObject().put("topic", TYPE.topic()).put("partition", partition).put("why", "slow");
    AdminClient.Answer answer = admin(asked).post("/api/subscriptions/pause", pause);
    assertThat(answer.body().getBoolean("durable")).as(answer.toString()).isTrue();
    for (RelayProcess one : processes) {
      await()
          .atMost(LIMIT)
          .until(() -> rows(group(one)).get(partition).getString("state").equals("paused"));
    }
    admin(asked).post("/api/subscriptions/resume", pause);
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
    RelayProcess dead = processes.remove(2);
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
    RelayProcess asked = processes.get(0);
    RelayProcess late = processes.get(1);
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

  private static AdminClient admin(RelayProcess process) {
    return new AdminClient(process.adminUrl());
  }

  private static JsonObject group(RelayProcess process) {
    return admin(process).group();
  }

  private static List<JsonObject> rows(JsonObject group) {
    return group.getJsonArray("subscriptions").stream()
        .map(JsonObject.class::cast)
        .filter(row -> row.getString("kind").equals("partition"))
        .toList();
  }

  private static Map<Integer, String> owners(RelayProcess process) {
    Map<Integer, String> owners = new TreeMap<>();
    rows(group(process)).forEach(row -> owners.put(row.getInteger("partition"), name(row)));
    return owners;
  }

  private static Set<String> instances(RelayProcess process) {
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
