package io.bierelay.sandbox;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What readers of the admin endpoint's live stream cost: how fast one process relays a backlog from
 * 20 partitions, with none and with 50 of them, in turns.
 *
 * <p>The readers run in this JVM, on the same machine: what they cost is counted as well.
 */
public final class StreamBenchmark {

  private static final int READERS = 50;
  private static final int PARTITIONS = 4;
  private static final Duration WARM = Duration.ofSeconds(12);
  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final String CONFIRMED = "bie_relay_events_confirmed_total";

  private final HttpClient http = HttpClient.newHttpClient();
  private final RelayProcess relay;
  private final Duration window;

  private record Window(double perSecond, double cpuMicros) {}

  private StreamBenchmark(RelayProcess relay, Duration window) {
    this.relay = relay;
    this.window = window;
  }

  /** Arguments: rounds; seconds of each window; events to be published beforehand. */
  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    Duration window = Duration.ofSeconds(Long.parseLong(arguments[1]));
    int events = Integer.parseInt(arguments[2]);
    try (RabbitProcess broker = new RabbitProcess().start();
        RelayServers servers =
            new RelayServers(broker.address(), new PostgresAddress("none", 1, "none", "none", ""))
                .start(PARTITIONS)) {
      bind(broker.address());
      try (EventPublisher publisher = servers.publisher()) {
        for (int done = 0; done < events; done += 50_000) {
          publisher.publishAll(new ContentionEvents(done), Math.min(50_000, events - done));
        }
      }
      System.out.printf("%,d events wait in Kafka%n", events);
      Map<String, Object> settings = new HashMap<>(servers.settings());
      settings.keySet().removeIf(key -> key.startsWith("postgres."));
      try (RelayProcess relay =
          RelayProcess.start(List.of("svc-bie-kafka"), settings, servers.adminUrl()).awaitReady()) {
        new StreamBenchmark(relay, window).compare(rounds);
      }
    }
    System.exit(0);
  }

  /** Whoever is bound keeps little, so that RabbitMQ's memory is not what is measured. */
  private static void bind(RabbitAddress address) throws Exception {
    try (Connection connection = address.connect();
        Channel channel = connection.createChannel()) {
      for (ContentionType type : ContentionType.values()) {
        channel.exchangeDeclare(type.exchange(), "topic", true);
        String queue = "q-" + type.exchange();
        channel.queueDeclare(queue, true, false, false, Map.of("x-max-length", 1_000));
        channel.queueBind(queue, type.exchange(), "#");
      }
    }
  }

  private void compare(int rounds) throws Exception {
    pass(WARM);
    List<Window> alone = new ArrayList<>();
    List<Window> read = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      alone.add(print("no reader", measure()));
      List<CompletableFuture<?>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create(relay.adminUrl() + "/api/subscriptions/stream"))
                .build();
        readers.add(http.sendAsync(request, BodyHandlers.discarding()));
      }
      pass(SETTLE);
      read.add(print(READERS + " readers", measure()));
      if (readers.stream().anyMatch(CompletableFuture::isDone)) {
        throw new IllegalStateException("a reader was sent away");
      }
      readers.forEach(reader -> reader.cancel(true));
      pass(SETTLE);
    }
    System.out.printf(
        Locale.ROOT,
        "%nmedians, with %d readers of none: %.0f %% of the events a second, %.2f of the"
            + " processor's time per event%n",
        READERS,
        100 * median(read, true) / median(alone, true),
        median(read, false) / median(alone, false));
  }

  private Window measure() throws Exception {
    double before = confirmed();
    Duration cpu = relay.cpu();
    long begun = System.nanoTime();
    pass(window);
    double count = confirmed() - before;
    double seconds = (System.nanoTime() - begun) / 1e9;
    if (count == 0) {
      throw new IllegalStateException("the backlog is used up: publish more");
    }
    return new Window(count / seconds, relay.cpu().minus(cpu).toNanos() / 1e3 / count);
  }

  private static Window print(String what, Window window) {
    System.out.printf(
        Locale.ROOT,
        "%-12s %8.0f events/s %6.1f us of the processor per event%n",
        what,
        window.perSecond(),
        window.cpuMicros());
    return window;
  }

  private double confirmed() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(relay.adminUrl() + "/metrics")).build();
    return http.send(request, BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.startsWith(CONFIRMED))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static double median(List<Window> windows, boolean rate) {
    double[] sorted =
        windows.stream().mapToDouble(w -> rate ? w.perSecond() : w.cpuMicros()).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static void pass(Duration time) throws InterruptedException {
    if (new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("nobody counts it down");
    }
  }
}
