package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each series has the process's labels, whatever its own hold. */
class ScrapeLabelsTest {

  private static ScrapeLabels labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("service", "bie-relay");
    labels.put("env", "q\"a\\\n");
    return new ScrapeLabels(labels);
  }

  @Test
  void eachSeriesHasThemBehindItsOwn() {
    String both = "service=\"bie-relay\",env=\"q\\\"a\\\\\\n\"";
    assertThat(
            labels()
                .onto(
                    "# HELP a {x} y\n# TYPE a counter\na 1.0\nb{} 2\nc{t=\"x\"} 3 12\n"
                        + "d{t=\"}\\\" {\",u=\"\"} 4\ne{env=\"own\"} 5\nf{my_env=\"own\"} 6\n# EOF\n"))
        .isEqualTo(
            "# HELP a {x} y\n# TYPE a counter\na{"
                + both
                + "} 1.0\nb{"
                + both
                + "} 2\n"
                + "c{t=\"x\","
                + both
                + "} 3 12\n"
                + "d{t=\"}\\\" {\",u=\"\","
                + both
                + "} 4\n"
                + "e{env=\"own\",service=\"bie-relay\"} 5\n"
                + "f{my_env=\"own\","
                + both
                + "} 6\n# EOF\n");
  }

  @Test
  void withoutAnyNothingIsChanged() {
    assertThat(new ScrapeLabels(Map.of()).onto("a 1\n")).isEqualTo("a 1\n");
    assertThat(labels().onto("")).isEmpty();
  }

  @Test
  void whatTheRegistryWritesIsUnderstoodInBothFormats() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Counter.builder("a").tag("t", "{\"}\\ \n").register(registry).increment();
    Timer.builder("b").publishPercentileHistogram().register(registry);
    registry.gauge("c", 7);
    for (String type : List.of("text/plain; version=0.0.4", "application/openmetrics-text")) {
      String plain = registry.scrape(type);
      String labelled = labels().onto(plain);
      List<String> series = labelled.lines().filter(line -> !line.startsWith("#")).toList();
      assertThat(series).hasSizeGreaterThan(5);
      assertThat(series).allSatisfy(line -> assertThat(line).contains("service=\"bie-relay\""));
      assertThat(
              labelled
                  .replaceAll(",?service=\"bie-relay\",env=\"q\\\\\"a\\\\\\\\\\\\n\"", "")
                  .replace("{}", ""))
          .isEqualTo(plain);
    }
  }
}
