package io.bierelay.docs;

import static io.bierelay.docs.GeneratedPage.code;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.docs.Declarations.DeclaredMetric;
import io.bierelay.metrics.Metric;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@code docs/metrics.md} from the declarations, and what every declaration must have. */
class MetricsDocTest {

  private static final String LEAD =
      """
      # Metrics

      Every process shows its metrics at `/metrics` of the admin endpoint, as Prometheus text.
      Those of this project are declared once, in the package that counts them, and this page is
      written from the declarations. A timer shows as `…_count`, `…_sum`, `…_max` and `…_bucket`.
      Beside them stand those of Vert.x (`vertx_`) and of the JVM (`jvm_`, `process_`, `system_`).""";

  @Test
  void thePageSaysWhatTheCodeSays() throws Exception {
    List<List<String>> rows = byName().values().stream().map(MetricsDocTest::row).toList();
    new GeneratedPage("metrics.md", MetricsDocTest.class)
        .add(LEAD)
        .table(List.of("Name", "Kind", "Unit", "Tags", "What it shows", "Registered by"), rows)
        .writeOrCompare();
  }

  private static Map<String, List<DeclaredMetric>> byName() {
    return Declarations.metrics().stream()
        .collect(groupingBy(one -> one.metric().prometheusName(), TreeMap::new, toList()));
  }

  private static List<String> row(List<DeclaredMetric> declared) {
    Metric metric = declared.get(0).metric();
    return List.of(
        code(metric.prometheusName()),
        metric.kind().name().toLowerCase(Locale.ROOT),
        metric.unit(),
        metric.tags().isEmpty()
            ? "–"
            : metric.tags().stream().map(GeneratedPage::code).collect(joining(", ")),
        metric.sentence(),
        declared.stream().map(DeclaredMetric::verticle).distinct().sorted().collect(joining(", ")));
  }

  @Test
  void thereAreDeclarations() {
    assertThat(Declarations.metrics()).isNotEmpty();
  }

  /** Verticles that share a lower floor may share its metrics, but then it is the same one. */
  @Test
  void aNameHasOneDeclaration() {
    byName()
        .forEach(
            (name, declared) ->
                assertThat(declared.stream().map(DeclaredMetric::metric).distinct())
                    .as("declarations of %s", name)
                    .hasSize(1));
  }

  @Test
  void aVerticleDeclaresAMetricOnce() {
    assertThat(Declarations.metrics()).doesNotHaveDuplicates();
  }

  @Test
  void everyMetricIsOneSentenceWithAUnit() {
    assertThat(Declarations.metrics())
        .extracting(DeclaredMetric::metric)
        .allSatisfy(
            metric -> {
              assertThat(metric.sentence()).as(metric.name()).matches("\\S.{8,}\\.");
              assertThat(metric.unit()).as(metric.name()).isNotBlank();
              assertThat(metric.name()).matches("[a-z]+(\\.[a-z0-9]+)+");
            });
  }
}
