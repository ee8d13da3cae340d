package io.bierelay.operations;

import static io.bierelay.operations.Alerts.objects;
import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.operations.PromQl.Selector;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard's form: what Grafana would show wrongly without a word. */
class DashboardTest {

  private static final int COLUMNS = 24;

  private final JsonObject dashboard = new JsonObject(Alerts.read(Alerts.DASHBOARD));

  private List<JsonObject> panels() {
    return objects(dashboard.getJsonArray("panels")).toList();
  }

  @Test
  void promtoolTakesEachQuery(@TempDir Path directory) throws IOException {
    List<String> expressions = Alerts.ofDashboard();
    assertThat(expressions).hasSizeGreaterThan(40);
    JsonArray rules = new JsonArray();
    expressions.forEach(
        expression ->
            rules.add(new JsonObject().put("record", "q" + rules.size()).put("expr", expression)));
    JsonObject group = new JsonObject().put("name", "dashboard").put("rules", rules);
    Path file = directory.resolve("rules.yaml");
    Files.writeString(file, new JsonObject().put("groups", new JsonArray().add(group)).encode());
    assertThat(Promtool.run(directory, "check", "rules", file.toString()))
        .satisfies(said -> assertThat(said.code()).as(said.text()).isZero());
  }

  @Test
  void panelsHaveTheirOwnIdAndPlace() {
    assertThat(panels()).extracting(panel -> panel.getInteger("id")).doesNotHaveDuplicates();
    Set<List<Integer>> taken = new HashSet<>();
    for (JsonObject panel : panels()) {
      JsonObject place = panel.getJsonObject("gridPos");
      int left = place.getInteger("x");
      int top = place.getInteger("y");
      assertThat(left + place.getInteger("w")).isLessThanOrEqualTo(COLUMNS);
      for (int x = left; x < left + place.getInteger("w"); x++) {
        for (int y = top; y < top + place.getInteger("h"); y++) {
          assertThat(taken.add(List.of(x, y))).as("%s overlaps", panel.getString("title")).isTrue();
        }
      }
    }
  }

  @Test
  void panelsSayWhatTheyShowAndAskTheChosenPrometheus() {
    assertThat(panels())
        .filteredOn(panel -> !panel.getString("type").equals("row"))
        .isNotEmpty()
        .allSatisfy(
            panel -> {
              assertThat(panel.getString("title")).isNotBlank();
              assertThat(panel.getString("description")).isNotBlank();
              assertThat(panel.getJsonArray("targets")).isNotEmpty();
              assertThat(panel.encode()).contains("\"uid\":\"${datasource}\"");
            });
  }

  @Test
  void whatCanBeChosenIsUsedAndWhatIsUsedCanBeChosen() {
    List<String> names =
        objects(dashboard.getJsonObject("templating").getJsonArray("list"))
            .map(variable -> variable.getString("name"))
            .toList();
    assertThat(names).containsExactly("datasource", "namespace", "role", "topic");
    String panels = dashboard.getJsonArray("panels").encode();
    assertThat(names)
        .allSatisfy(name -> assertThat(panels).containsPattern("\\$\\{?" + name + "[}\\\\]"));
    assertThat(panels.replaceAll("\\$(namespace|role|topic|__rate_interval|\\{datasource})", ""))
        .doesNotContain("$");
  }

  @Test
  void theReaderOfExpressionsFindsNamesAndLabels() {
    PromQl read =
        PromQl.of(
            "sum by (le, a) (rate(x_bucket{b=~\"c{d}\", e!=\"\"}[5m])) > 0.5 and on (f) y[15m:1m] offset 1h"
                + " or label_replace(absent(up{g=\"h\"} == 1), \"i\", \"j\", \"\", \"\")");
    assertThat(read.selectors())
        .containsExactly(
            new Selector("x_bucket", Set.of("b", "e")),
            new Selector("y", Set.of()),
            new Selector("up", Set.of("g")));
    assertThat(read.groupings()).containsExactlyInAnyOrder("le", "a", "f");
  }
}
