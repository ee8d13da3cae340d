package io.bierelay.statsd;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Lines as Datadog's agent reads them, of the registry that is scraped too. */
class StatsdLinesTest {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final StatsdLines lines =
      new StatsdLines(new TreeMap<>(Map.of("service", "bie-relay", "env", "a,b|c")));

  private List<String> next() {
    return lines.packets(registry).stream()
        .flatMap(packet -> new String(packet, StandardCharsets.UTF_8).lines())
        .toList();
  }

  @Test
  void whatGrowsIsSentAsItsDifference() {
    Counter counter = Counter.builder("bie.x").tag("topic", "T_1").register(registry);
    counter.increment(3);
    assertThat(next()).containsExactly("bie.x:3|c|#env:a_b_c,service:bie-relay,topic:T_1");
    assertThat(next()).isEmpty();
    counter.increment(4.5);
    assertThat(next()).containsExactly("bie.x:4.5|c|#env:a_b_c,service:bie-relay,topic:T_1");
    registry.remove(counter);
    Counter.builder("bie.x").tag("topic", "T_1").register(registry).increment(2);
    assertThat(next()).containsExactly("bie.x:2|c|#env:a_b_c,service:bie-relay,topic:T_1");
  }

  @Test
  void whatCanFallIsSentAsItIs() {
    Gauge.builder("bie.g", () -> 7).register(registry);
    Gauge.builder("bie.unknown", () -> Double.NaN).register(registry);
    assertThat(next()).containsExactly("bie.g:7|g|#env:a_b_c,service:bie-relay");
    assertThat(next()).containsExactly("bie.g:7|g|#env:a_b_c,service:bie-relay");
  }

  @Test
  void aTimerHasCountSumAndMaximum() {
    Timer timer = Timer.builder("bie.t").register(registry);
    timer.record(Duration.ofMillis(500));
    timer.record(Duration.ofMillis(250));
    assertThat(next())
        .containsExactlyInAnyOrder(
            "bie.t.count:2|c|#env:a_b_c,service:bie-relay",
            "bie.t.sum:0.75|c|#env:a_b_c,service:bie-relay",
            "bie.t.max:0.5|g|#env:a_b_c,service:bie-relay");
  }

  @Test
  void aPacketHasWholeLinesAndFitsTheNetwork() {
    for (int i = 0; i < 200; i++) {
      Counter.builder("bie.many").tag("partition", "" + i).register(registry).increment();
    }
    List<byte[]> packets = lines.packets(registry);
    assertThat(packets).hasSizeGreaterThan(3);
    assertThat(packets)
        .allSatisfy(
            packet -> {
              assertThat(packet.length).isLessThanOrEqualTo(StatsdLines.PACKET_BYTES);
              assertThat(packet[packet.length - 1]).isEqualTo((byte) '\n');
            });
  }
}
