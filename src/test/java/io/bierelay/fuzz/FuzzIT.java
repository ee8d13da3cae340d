package io.bierelay.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.access.Credential;
import io.bierelay.access.Role;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.ScratchDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The JAR with both roles is sent nonsense at its three ways in at once: the admin port, RabbitMQ
 * and Kafka. It stays, works on afterwards, and holds no more memory and no more descriptors than
 * before.
 *
 * <p>{@code -Dfuzz.minutes=10} for the long run, {@code -Dseed=} for the same input again.
 */
class FuzzIT {

  private static final Duration TIME = time();
  private static final Duration WARM_UP = Duration.ofSeconds(TIME.toSeconds() > 60 ? 30 : 5);
  private static final Duration LIMIT = Duration.ofMinutes(6);

  /** Between two things sent, for Kafka and RabbitMQ; the admin port gets the next at once. */
  private static final long PAUSE_MS = 15;

  /** How much more may be alive than before: what caches and pools of bounded size hold. */
  private static final long HEAP_TOLERANCE = 8L << 20;

  /** Connections of pools that were not open before. */
  private static final int DESCRIPTOR_TOLERANCE = 8;

  private static final String OPERATOR = Credential.newToken();
  private static final String VIEWER = Credential.newToken();

  private final List<HttpFuzz> http = new ArrayList<>();

  private static Duration time() {
    String minutes = System.getProperty("fuzz.minutes");
    return minutes == null
        ? Duration.ofSeconds(10)
        : Duration.ofSeconds(Math.round(60 * Double.parseDouble(minutes)));
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  void nonsenseAtEveryDoorLeavesNothingBehind() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.printf("%s: -Dseed=%d, %d s%n", getClass().getSimpleName(), seed, TIME.toSeconds());
    try (ScratchDirectory files = ScratchDirectory.create("fuzz");
        RelayServers servers = new RelayServers().start(2)) {
      Map<String, Object> settings = new HashMap<>(servers.settings());
      String credentials =
          Credential.lineForToken("olga", Role.OPERATOR, OPERATOR)
              + "\n"
              + Credential.lineForToken("vera", Role.VIEWER, VIEWER)
              + "\n";
      settings.put(
          "admin.credentials.files", List.of(files.write("credentials", credentials).toString()));
      // The tests' own requests come from the same address as the wrong ones.
      settings.put("admin.lockout.failures", 1_000);
      settings.put("admin.lockout.max", "1s");
      try (RelayProcess relay =
              RelayProcess.start(
                  List.of("svc-bie-kafka", "workflow"), settings, servers.adminUrl());
          EventPublisher publisher = servers.publisher()) {
        awaitReady(relay, servers);
        System.out.println("ready: " + Footprint.of(relay.pid()));
        try (MessageFuzz messages = new MessageFuzz(servers.rabbit(), seed)) {
          publisher.publishAll(new ContentionEvents(seed), 500);
          RecordFuzz records = new RecordFuzz(publisher, servers.schemaIds(), seed);
          // Loads the classes and fills the pools that the work itself needs.
          throwAt(servers, messages, records, seed, WARM_UP);
          Footprint before = settled(relay, servers, publisher, seed + 1);
          System.out.println("before: " + before);
          throwAt(servers, messages, records, seed + 2, TIME);
          publisher.flush();
          report(messages, records);
          Footprint after = settled(relay, servers, publisher, seed + 3);
          System.out.println("after: " + after);
          assertBack(relay, before, after);
        }
        assertThat(relay.readLog()).doesNotContain("OutOfMemoryError", "StackOverflowError");
        assertThat(http).flatExtracting(HttpFuzz::failures).isEmpty();
        assertThat(relay.terminate()).isZero();
      }
    }
  }

  private void throwAt(
      RelayServers servers, MessageFuzz messages, RecordFuzz records, long seed, Duration time)
      throws Exception {
    ScheduledExecutorService threads = Executors.newScheduledThreadPool(4);
    List<ScheduledFuture<?>> running = new ArrayList<>();
    List<HttpFuzz> own = new ArrayList<>();
    try {
      for (int i = 0; i < 2; i++) {
        HttpFuzz one =
            new HttpFuzz(URI.create(servers.adminUrl()), List.of(OPERATOR, VIEWER), seed + i);
        own.add(one);
        running.add(repeat(threads, one::once, 1));
      }
      running.add(repeat(threads, messages::once, PAUSE_MS));
      running.add(repeat(threads, records::once, PAUSE_MS));
      threads.schedule(() -> {}, time.toMillis(), TimeUnit.MILLISECONDS).get();
      for (ScheduledFuture<?> one : running) {
        if (one.isDone()) {
          one.get(); // Fails with what has ended it.
        }
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
      own.forEach(HttpFuzz::close);
      http.addAll(own);
    }
  }

  private interface Throwing {
    void once() throws IOException;
  }

  private static ScheduledFuture<?> repeat(
      ScheduledExecutorService threads, Throwing what, long pauseMs) {
    return threads.scheduleWithFixedDelay(
        () -> {
          try {
            what.once();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        0,
        pauseMs,
        TimeUnit.MILLISECONDS);
  }

  private void report(MessageFuzz messages, RecordFuzz records) {
    System.out.printf(
        "sent: %d messages, %d records; the admin port's answers: %s%n",
        messages.published(),
        records.published(),
        http.stream().map(one -> one.answers().toString()).toList());
  }

  private static void awaitReady(RelayProcess relay, RelayServers servers) {
    AdminClient admin = new AdminClient(servers.adminUrl());
    await("ready")
        .atMost(LIMIT)
        .failFast(() -> !relay.isAlive())
        .until(() -> admin.status("/health/ready") == 200);
  }

  /** Ready, at work, and with nothing left to do. */
  private Footprint settled(
      RelayProcess relay, RelayServers servers, EventPublisher publisher, long seed)
      throws Exception {
    resume(servers);
    awaitReady(relay, servers);
    long stored = rows(servers);
    publisher.publishAll(new ContentionEvents(seed), 100);
    await("well-formed events are stored")
        .atMost(LIMIT)
        .failFast(() -> !relay.isAlive())
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> rows(servers) >= stored + 100);
    await("nothing comes any more")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(3))
        .until(
            new Callable<>() {
              private long last = -1;

              @Override
              public Boolean call() throws Exception {
                long now = rows(servers);
                boolean same = now == last;
                last = now;
                return same;
              }
            });
    return Footprint.of(relay.pid());
  }

  /** What is remembered for a while, such as unknown schemas, may take its time to go. */
  private static void assertBack(RelayProcess relay, Footprint before, Footprint first) {
    List<Footprint> last = new ArrayList<>(List.of(first));
    await("the start value")
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              Footprint now = Footprint.of(relay.pid());
              last.add(now);
              assertThat(now.heap())
                  .as("%s, before %s", now, before)
                  .isLessThanOrEqualTo(before.heap() + HEAP_TOLERANCE);
              assertThat(now.descriptors())
                  .as("%s, before %s", now, before)
                  .isLessThanOrEqualTo(before.descriptors() + DESCRIPTOR_TOLERANCE);
            });
    Footprint end = last.get(last.size() - 1);
    System.out.println("at the end: " + end + "; in KiB: " + end.growthSince(before));
  }

  private static void resume(RelayServers servers) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(servers.adminUrl() + "/api/subscriptions/resume"))
            .header("authorization", "Bearer " + OPERATOR)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"topic\":\"*\",\"why\":\"the end\"}"))
            .build();
    await("an answer to resume")
        .atMost(LIMIT)
        .ignoreException(IOException.class)
        .until(
            () -> client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200);
  }

  private static long rows(RelayServers servers) throws SQLException {
    try (Connection connection = servers.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM bie_event")) {
      row.next();
      return row.getLong(1);
    }
  }
}
