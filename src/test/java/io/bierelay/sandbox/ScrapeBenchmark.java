package io.bierelay.sandbox;

import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How long {@code /metrics} takes over HTTP when one process of the fat JAR owns 1,000 partitions;
 * each has all its series from its assignment on.
 */
public final class ScrapeBenchmark {

  private static final int PARTITIONS = 200;
  private static final int LIMIT_MS = 100;

  /** So many scrapes are let pass, as a JVM compiles what is used often. */
  private static final int COLD = 20;

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final String CONFIRMED = "bie_relay_events_confirmed_total";

  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpRequest request;

  private ScrapeBenchmark(String url) {
    request = HttpRequest.newBuilder(URI.create(url + "/metrics")).build();
  }

  /** Argument: how many scrapes are measured. The exit code is 3 when the limit is missed. */
  public static void main(String[] arguments) throws Exception {
    boolean met;
    try (RabbitProcess broker = new RabbitProcess().start();
        RelayServers servers =
            new RelayServers(broker.address(), new PostgresAddress("none", 1, "none", "none", ""))
                .start(PARTITIONS)) {
      Map<String, Object> settings = new HashMap<>(servers.settings());
      settings.keySet().removeIf(key -> key.startsWith("postgres."));
      settings.put("notify.unroutable", "drop");
      try (RelayProcess relay =
          RelayProcess.start(List.of("svc-bie-kafka"), settings, servers.adminUrl())) {
        relay.awaitReady();
        met = new ScrapeBenchmark(servers.adminUrl()).run(Integer.parseInt(arguments[0]));
      }
    }
    System.exit(met ? 0 : 3);
  }

  private boolean run(int scrapes) throws Exception {
    int wanted = PARTITIONS * ContentionType.values().length;
    await()
        .atMost(PATIENCE)
        .until(
            () -> scrape().body().lines().filter(l -> l.startsWith(CONFIRMED)).count() == wanted);
    double cold = millis();
    for (int i = 1; i < COLD; i++) {
      millis();
    }
    double[] millis = new double[scrapes];
    for (int i = 0; i < scrapes; i++) {
      millis[i] = millis();
    }
    String body = scrape().body();
    Arrays.sort(millis);
    double usual = millis[scrapes * 95 / 100];
    double longest = millis[scrapes - 1];
    System.out.printf(
        Locale.ROOT,
        "/metrics with %,d partitions: median %.1f ms, 95 of 100 within %.1f ms, longest %.1f ms, first one after the start %.1f ms;"
            + " %,d series, %,d bytes; %.1f a partition%n",
        wanted,
        millis[scrapes / 2],
        usual,
        longest,
        cold,
        series(body),
        body.length(),
        1.0 * series(body) / wanted);
    return usual <= LIMIT_MS;
  }

  private double millis() throws Exception {
    long begun = System.nanoTime();
    if (scrape().statusCode() != 200) {
      throw new IllegalStateException("the endpoint refused");
    }
    return (System.nanoTime() - begun) / 1e6;
  }

  private HttpResponse<String> scrape() throws Exception {
    return http.send(request, BodyHandlers.ofString());
  }

  private static long series(String body) {
    return body.lines().filter(line -> !line.startsWith("#") && !line.isEmpty()).count();
  }
}
