package io.bierelay.sandbox;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.net.ConnectException;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * What the way over the wire costs: how fast a backlog from 20 partitions is relayed by one
 * process, and by one that consumes and one that publishes in a cluster, in turns on one broker.
 */
public final class ClusterBenchmark {

  private static final int PARTITIONS = 4;
  private static final double GOAL = 0.6;
  private static final Duration GIVE_UP = Duration.ofMinutes(10);
  private static final String CONFIRMED = "bie_relay_events_confirmed_total";

  private final HttpClient http = HttpClient.newHttpClient();
  private final RelayServers servers;
  private final long events;
  private int groups;

  private ClusterBenchmark(RelayServers servers, long events) {
    this.servers = servers;
    this.events = events;
  }

  /** Arguments: rounds; events in the backlog. Exit code 3 if the goal is missed. */
  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    int events = Integer.parseInt(arguments[1]);
    double ratio;
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
      ratio = new ClusterBenchmark(servers, events).compare(rounds);
    }
    System.exit(ratio >= GOAL ? 0 : 3);
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

  private double compare(int rounds) throws Exception {
    List<Double> alone = new ArrayList<>();
    List<Double> apart = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      try (RelayProcess relay = start(everywhere -> everywhere, List.of())) {
        alone.add(print("one process", rate(relay)));
      }
      try (ClusterSeats seats = new ClusterSeats(1, 1);
          RelayProcess notifier = start(seats.get(1)::settings, seats.get(1).arguments());
          RelayProcess ingest = start(seats.get(0)::settings, seats.get(0).arguments())) {
        notifier.awaitReady();
        apart.add(print("cluster of two", rate(ingest)));
      }
    }
    double ratio = median(apart) / median(alone);
    System.out.printf(
        Locale.ROOT,
        "%nmedians of %d rounds: the cluster relays %.0f %% of what one process does (goal %.0f %%)%n",
        rounds,
        100 * ratio,
        100 * GOAL);
    return ratio;
  }

  private RelayProcess start(UnaryOperator<Map<String, Object>> here, List<String> arguments) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.keySet().removeIf(key -> key.startsWith("postgres."));
    int port = Ports.free();
    settings.put("admin.port", port);
    // Each reads the whole backlog; one that only publishes has none.
    settings.put("kafka.group.id", "cluster-benchmark-" + groups++);
    return RelayProcess.start(
        ClusterSeats.ROLE,
        here.apply(settings),
        "http://127.0.0.1:" + port,
        List.of(),
        arguments,
        RelayProcess.jar());
  }

  /** From a quarter to the end, so that neither the start nor the JIT's first seconds count. */
  private double rate(RelayProcess relay) throws Exception {
    long from = reach(relay, events / 4);
    double before = confirmed(relay);
    long to = reach(relay, events);
    return (confirmed(relay) - before) / ((to - from) / 1e9);
  }

  private long reach(RelayProcess relay, double count) throws Exception {
    long limit = System.nanoTime() + GIVE_UP.toNanos();
    while (confirmed(relay) < count) {
      if (System.nanoTime() > limit) {
        throw new IllegalStateException("not done in time:\n" + relay.readLog());
      }
      if (new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("nobody counts it down");
      }
    }
    return System.nanoTime();
  }

  private double confirmed(RelayProcess relay) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(relay.adminUrl() + "/metrics")).build();
    try {
      return http.send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(CONFIRMED))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (ConnectException starting) {
      return 0;
    }
  }

  private static double print(String what, double rate) {
    System.out.printf(Locale.ROOT, "%-16s %8.0f events/s%n", what, rate);
    return rate;
  }

  private static double median(List<Double> rates) {
    return rates.stream().sorted().toList().get(rates.size() / 2);
  }
}
