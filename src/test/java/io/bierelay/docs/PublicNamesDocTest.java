package io.bierelay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Keys of settings and names of metrics are in people's files, manifests, alerts and dashboards:
 * what was recorded must stay, with its type.
 */
class PublicNamesDocTest {

  private static final Path RECORDED =
      Path.of(System.getProperty("basedir", ".")).resolve("src/test/resources/compatibility");

  private static final String RECORD =
      "record it: ./mvnw -q test -Dtest=PublicNamesDocTest -Ddocs.write=true";

  @Test
  void noSettingIsRemovedOrRetyped() throws IOException {
    compare(
        "settings.txt",
        Declarations.settings().stream()
            .map(Declarations.DeclaredSetting::setting)
            .map(PublicNamesDocTest::line)
            .collect(Collectors.toCollection(TreeSet::new)),
        "a file or variable that has it would stop the start. Keep the key and the type, and give"
            + " the new one another key; if it must go, say so in docs/upgrading.md and"
            + " CHANGELOG.md, and take the line out");
  }

  @Test
  void noMetricIsRemovedOrRetagged() throws IOException {
    compare(
        "metrics.txt",
        Declarations.metrics().stream()
            .map(Declarations.DeclaredMetric::metric)
            .map(PublicNamesDocTest::line)
            .collect(Collectors.toCollection(TreeSet::new)),
        "alerts and dashboards that ask for it would be silent. Keep it beside the new one; if it"
            + " must go, say so in docs/upgrading.md and CHANGELOG.md, and take the line out");
  }

  /** A required one that was optional would stop the start as well. */
  private static String line(Setting<?> setting) {
    return String.join(
        " | ",
        setting.key(),
        setting.typeName(),
        setting.isSecret() ? "secret" : "plain",
        setting.isRequired() ? "required" : "optional");
  }

  private static String line(Metric metric) {
    return String.join(
        " | ",
        metric.prometheusName(),
        metric.kind().name(),
        metric.unit(),
        String.join(" ", metric.tags()));
  }

  private static void compare(String file, Collection<String> current, String whatToDo)
      throws IOException {
    Path path = RECORDED.resolve(file);
    List<String> recorded = Files.exists(path) ? Files.readAllLines(path) : List.of();
    List<String> gone = new ArrayList<>(recorded);
    gone.removeAll(current);
    assertThat(gone).as("removed or changed, %s: %s", file, whatToDo).isEmpty();
    if (Boolean.getBoolean("docs.write")) {
      Files.createDirectories(RECORDED);
      Files.write(path, current);
      return;
    }
    List<String> fresh = new ArrayList<>(current);
    fresh.removeAll(recorded);
    assertThat(fresh).as("new in %s; %s", file, RECORD).isEmpty();
  }
}
