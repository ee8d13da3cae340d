package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.NotificationCounter;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** After 10,000 events Prometheus and an agent of StatsD have counted the same, topic by topic. */
class StatsdIT {

  private static final int EVENTS = 10_000;
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final PostgresAddress NO_DATABASE =
      new PostgresAddress("none", 1, "none", "none", "");
  private static final Pattern CONFIRMED =
      Pattern.compile("bie_relay_events_confirmed_total\\{(.*)} (\\S+)");
  private static final Pattern LINE = Pattern.compile("([^:]+):([^|]+)\\|([a-z]+)\\|#(.*)");
  private static final Pattern TOPIC = Pattern.compile("topic(?::|=\")([^\",]+)");

  private final Map<String, Double> told = new ConcurrentHashMap<>();
  private volatile String tags = "";

  @Test
  void bothShowTheSameTotals() throws Exception {
    try (DatagramSocket agent = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        RelayServers servers =
            new RelayServers(RealServices.freshVirtualHost(), NO_DATABASE).start(2);
        NotificationCounter counter = new NotificationCounter(servers.rabbit())) {
      agent.setReceiveBufferSize(4 << 20);
      Thread listener = new Thread(() -> listen(agent), "statsd");
      listener.setDaemon(true);
      listener.start();
      Map<String, Object> settings = new HashMap<>(servers.settings());
      settings.keySet().removeIf(key -> key.startsWith("postgres."));
      settings.put("statsd.host", "127.0.0.1");
      settings.put("statsd.port", agent.getLocalPort());
      settings.put("statsd.interval", "1s");
      settings.put("service.env", "qa");
      try (RelayProcess relay =
              RelayProcess.start(List.of("svc-bie-kafka"), settings, servers.adminUrl());
          EventPublisher publisher = servers.publisher()) {
        publisher.publishAll(new ContentionEvents(5), EVENTS);
        relay.awaitReady();
        AdminClient admin = new AdminClient(relay.adminUrl());
        await().atMost(LIMIT).until(() -> sum(scraped(admin)) == EVENTS);
        Map<String, Double> scraped = scraped(admin);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(told).isEqualTo(scraped));
        assertThat(scraped).hasSize(5);
        // The same unified tags as the agent is told, on each series.
        assertThat(admin.body("/metrics").lines().filter(line -> !line.startsWith("#")))
            .allSatisfy(
                line ->
                    assertThat(line)
                        .contains("service=\"bie-relay\"", "role=\"svc-bie-kafka\"")
                        .contains("env=\"qa\"")
                        .containsPattern("version=\"[^\"]+\""));
        assertThat(tags)
            .contains("service:bie-relay", "env:qa", "role:svc-bie-kafka")
            .containsPattern("version:\\d+\\.\\d+\\.\\d+");
        assertThat(relay.terminate()).isZero();
      }
    }
  }

  private void listen(DatagramSocket agent) {
    byte[] buffer = new byte[65_536];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        agent.receive(packet);
        new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8)
            .lines()
            .forEach(this::hear);
      }
    } catch (IOException closed) {
      return;
    }
  }

  private void hear(String line) {
    Matcher parts = LINE.matcher(line);
    assertThat(parts.matches()).as(line).isTrue();
    if (parts.group(1).equals("bie.relay.events.confirmed")) {
      assertThat(parts.group(3)).isEqualTo("c");
      tags = parts.group(4);
      told.merge(topic(parts.group(4)), Double.valueOf(parts.group(2)), Double::sum);
    }
  }

  private static Map<String, Double> scraped(AdminClient admin) {
    Map<String, Double> totals = new HashMap<>();
    admin
        .body("/metrics")
        .lines()
        .map(CONFIRMED::matcher)
        .filter(Matcher::matches)
        .forEach(
            line -> totals.merge(topic(line.group(1)), Double.valueOf(line.group(2)), Double::sum));
    return totals;
  }

  private static double sum(Map<String, Double> totals) {
    return totals.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  private static String topic(String tags) {
    Matcher topic = TOPIC.matcher(tags);
    assertThat(topic.find()).as(tags).isTrue();
    return topic.group(1);
  }
}
