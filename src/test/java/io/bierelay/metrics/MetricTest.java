package io.bierelay.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.launch.VerticleModule;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a declaration promises of a metric, held against what Prometheus is shown. */
class MetricTest {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  static Stream<Metric> declared() {
    return Stream.concat(
        Stream.of(
            Metric.counter("a.b-c", "events", "Counts.", "topic", "partition"),
            Metric.gauge("a.b", "events", "Shows."),
            Metric.timer("a.b.duration", "Times.", "type")),
        ServiceLoader.load(VerticleModule.class).stream()
            .flatMap(module -> module.get().metrics().stream()));
  }

  @ParameterizedTest
  @MethodSource("declared")
  void isShownUnderTheNameThatTheDocumentationSays(Metric metric) {
    String[] values = metric.tags().stream().map(tag -> "v-" + tag).toArray(String[]::new);
    switch (metric.kind()) {
      case COUNTER -> metric.counter(registry, values).increment();
      case GAUGE -> metric.gauge(registry, () -> 7, values);
      case TIMER -> metric.timer(registry, values).record(() -> {});
    }
    String name = metric.prometheusName() + (metric.kind() == Metric.Kind.TIMER ? "_count" : "");
    List<String> lines =
        registry
            .scrape()
            .lines()
            .filter(l -> l.startsWith(name + "{") || l.startsWith(name + " "))
            .toList();
    assertThat(lines).as(registry.scrape()).hasSize(1);
    assertThat(lines.get(0))
        .endsWith(
            metric.kind() == Metric.Kind.GAUGE
                ? " 7.0"
                : metric.kind() == Metric.Kind.TIMER ? " 1" : " 1.0");
    metric
        .tags()
        .forEach(
            tag ->
                assertThat(lines.get(0))
                    .contains(tag.replace('.', '_').replace('-', '_') + "=\"v-" + tag + "\""));
    assertThat(registry.scrape()).contains(metric.sentence());
  }

  @Test
  void theSameTagsAreTheSameMeter() {
    Metric metric = Metric.counter("c", "events", "Counts.", "topic");
    metric.counter(registry, "x").increment();
    metric.counter(registry, "x").increment();
    metric.counter(registry, "y").increment();
    assertThat(metric.counter(registry, "x").count()).isEqualTo(2);
  }

  @Test
  void aTimerShowsItsHistogram() {
    Metric.timer("t", "Times.").timer(registry).record(java.time.Duration.ofMillis(20));
    assertThat(registry.scrape())
        .contains("t_seconds_bucket{le=\"0.005\"} 0", "t_seconds_bucket{le=\"0.025\"} 1");
  }

  @Test
  void aValueForEachTagIsDemanded() {
    assertThatThrownBy(() -> Metric.counter("c", "events", "Counts.", "topic").counter(registry))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("metric 'c' has the tags [topic], but 0 values were given");
  }
}
