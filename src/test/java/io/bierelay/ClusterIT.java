package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ClusterSeats;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SeenNotifications;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consuming and publishing in processes of their own: without a notifier all is held and says so,
 * with one all comes, and one that is killed is noticed in bounded time.
 */
class ClusterIT {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterIT.class);
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final int PARTITIONS = 2;
  private static final int EVENTS = 400;
  private static final String ABSENT = "no notifier on the event bus";

  private static final PostgresAddress NO_DATABASE =
      new PostgresAddress("none", 1, "none", "none", "");
  private static final ClusterSeats SEATS = new ClusterSeats(2, 2);
  private static final List<RelayProcess> PROCESSES = new ArrayList<>();
  private static RelayServers servers;
  private static SeenNotifications seen;

  @BeforeAll
  static void open() throws Exception {
    servers = new RelayServers(RealServices.freshVirtualHost(), NO_DATABASE).start(PARTITIONS);
    seen = new SeenNotifications(servers.rabbit());
  }

  @AfterAll
  static void close() {
    PROCESSES.forEach(RelayProcess::close);
    if (seen != null) {
      seen.close();
    }
    servers.close();
    SEATS.close();
  }

  @Test
  void withoutANotifierAllIsHeldAndOneThatDiesIsReplaced() throws Exception {
    aloneItSaysSoAndLosesNothing();
    RelayProcess ingest = start(0);
    try (EventPublisher publisher = servers.publisher()) {
      publisher.publishAll(new ContentionEvents(1), EVENTS);
    }
    awaitSayingThatNobodyIsThere(ingest);
    assertThat(seen.all()).isEmpty();

    RelayProcess other = start(1);
    RelayProcess notifier = start(2);
    awaitSeen(2 * EVENTS);
    PROCESSES.forEach(RelayProcess::awaitReady);
    bothKnowWhatTheOtherSays(ingest, other);

    notifier.kill();
    long killed = System.nanoTime();
    await().atMost(LIMIT).until(() -> reason(ingest).contains(ABSENT));
    Duration noticed = Duration.ofNanos(System.nanoTime() - killed);
    LOG.info("the notifier's death was noticed after {} ms", noticed.toMillis());
    // ingest.notifier.silence is 5 s, looked after every second; the rest is this busy machine's.
    assertThat(noticed).isLessThan(Duration.ofSeconds(15));
    try (EventPublisher publisher = servers.publisher()) {
      publisher.publishAll(new ContentionEvents(2), EVENTS);
    }
    start(3);
    awaitSeen(3 * EVENTS);
    await().atMost(LIMIT).until(() -> reason(ingest).isEmpty() && reason(other).isEmpty());
    assertThat(seen.timesById().values())
        .as("nothing was under way at the kill")
        .allMatch(n -> n == 1);
  }

  /** Without --cluster: what it has taken in it holds, and who comes after it gets. */
  private static void aloneItSaysSoAndLosesNothing() {
    RelayProcess alone = start(0, List.of("--verticles", SEATS.get(0).arguments().get(2)));
    try (EventPublisher publisher = servers.publisher()) {
      publisher.publishAll(new ContentionEvents(3), EVENTS);
    }
    awaitSayingThatNobodyIsThere(alone);
    assertThat(alone.terminate()).as(alone.readLog()).isZero();
    PROCESSES.remove(alone);
    alone.close();
    assertThat(seen.all()).isEmpty();
  }

  /** In the log, in readiness, and at each lane that holds something. */
  private static void awaitSayingThatNobodyIsThere(RelayProcess ingest) {
    await().atMost(LIMIT).until(() -> reason(ingest).contains(ABSENT));
    assertThat(admin(ingest).status("/health/ready")).isEqualTo(503);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(ingest.readLog()).contains(ABSENT, "lanes are held until one is there"));
    await()
        .atMost(LIMIT)
        .until(() -> rows(ingest).stream().anyMatch(r -> r.getString("reason").contains(ABSENT)));
  }

  /** What the members say tells why, if they are too few. */
  private static void awaitSeen(int events) {
    try {
      await().atMost(LIMIT).until(() -> seen.timesById().size() == events);
    } catch (ConditionTimeoutException e) {
      List<String> said = PROCESSES.stream().map(RelayProcess::readLog).toList();
      throw new AssertionError(
          "%d of %d were seen; the members say:%n%s"
              .formatted(seen.timesById().size(), events, String.join("\n----\n", said)),
          e);
    }
  }

  /** Over the event bus itself: no store is kept anywhere. */
  private static void bothKnowWhatTheOtherSays(RelayProcess one, RelayProcess other) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              JsonObject group = admin(one).group();
              assertThat(group.getJsonArray("degraded")).isEmpty();
              assertThat(admin(other).group().getJsonArray("degraded")).isEmpty();
              assertThat(owners(one)).isEqualTo(owners(other));
              assertThat(new TreeSet<>(owners(one).values())).hasSize(2);
              // What only the owner itself can say, of all partitions.
              Set<String> unknown = new TreeSet<>();
              group.getJsonArray("subscriptions").stream()
                  .map(JsonObject.class::cast)
                  .filter(row -> row.containsKey("partition") && row.getValue("rate1") == null)
                  .forEach(row -> unknown.add(name(row)));
              assertThat(unknown).isEmpty();
            });
  }

  /** A process that is no member never sees the code that makes one. */
  @Test
  void withoutTheOptionHazelcastIsNotLoaded() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xlog:class+load",
                "-jar",
                RelayProcess.jar().toString(),
                "--role",
                "svc-bie-kafka",
                "--conf",
                "/nowhere.yaml")
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(out).contains("io.bierelay.launch.Launcher").doesNotContain("hazelcast.");
  }

  private static RelayProcess start(int seat) {
    return start(seat, SEATS.get(seat).arguments());
  }

  private static RelayProcess start(int seat, List<String> arguments) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.keySet().removeIf(key -> key.startsWith("postgres."));
    settings.put("kafka.client", Map.of("session.timeout.ms", "6000"));
    int port = Ports.free();
    settings.put("admin.port", port);
    RelayProcess process =
        RelayProcess.start(
            ClusterSeats.ROLE,
            SEATS.get(seat).settings(settings),
            "http://127.0.0.1:" + port,
            List.of(),
            arguments,
            RelayProcess.jar());
    PROCESSES.add(process);
    return process;
  }

  private static AdminClient admin(RelayProcess process) {
    return new AdminClient(process.adminUrl());
  }

  private static String reason(RelayProcess process) {
    return admin(process).reasonOf("KafkaIngestVerticle");
  }

  private static List<JsonObject> rows(RelayProcess process) {
    return admin(process).subscriptions().stream()
        .filter(row -> row.containsKey("partition"))
        .toList();
  }

  private static Map<String, String> owners(RelayProcess process) {
    Map<String, String> owners = new TreeMap<>();
    admin(process).group().getJsonArray("subscriptions").stream()
        .map(JsonObject.class::cast)
        .filter(row -> row.containsKey("partition"))
        .forEach(
            row ->
                owners.put(
                    name(row),
                    row.getJsonObject("owner", new JsonObject()).getString("instance", "nobody")));
    return owners;
  }

  private static String name(JsonObject row) {
    return row.getString("topic") + "-" + row.getInteger("partition");
  }
}
