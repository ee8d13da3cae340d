package io.bierelay.operations;

import static io.bierelay.operations.Alerts.objects;
import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.operations.Alerts.Alert;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The alert rules: each fires where it has to and not elsewhere, by promtool; each leads to what is
 * to be done; and Kubernetes gets the same ones, which this test writes when told so.
 */
class AlertRulesDocTest {

  private static final Set<String> SEVERITIES = Set.of("critical", "warning", "info");

  @Test
  void promtoolTakesTheRules() {
    assertThat(Promtool.run(Alerts.PROJECT, "check", "rules", Alerts.RULES.toString()))
        .satisfies(said -> assertThat(said.code()).as(said.text()).isZero());
  }

  @Test
  void eachAlertFiresWhereItHasToAndNotElsewhere() {
    Path tests = Alerts.TESTS;
    assertThat(Promtool.run(tests.getParent(), "test", "rules", tests.getFileName().toString()))
        .satisfies(said -> assertThat(said.code()).as(said.text()).isZero());
  }

  /** A threshold that nobody means: promtool has to say so, or it proves nothing. */
  @Test
  void aRuleThatIsBrokenIsSeen(@TempDir Path directory) throws IOException {
    String broken = Alerts.read(Alerts.RULES).replace("bie_notify_blocked) == 1", "absent) == 1");
    Files.writeString(directory.resolve(Alerts.RULES.getFileName()), broken);
    Path tests = directory.resolve("tests.yaml");
    Files.copy(Alerts.TESTS, tests);
    assertThat(Promtool.run(directory, "test", "rules", tests.getFileName().toString()))
        .satisfies(
            said -> {
              assertThat(said.code()).isNotZero();
              assertThat(said.text()).contains("BieRelayRabbitBlocked");
            });
  }

  @Test
  void eachAlertHasACaseInWhichItFiresAndOneInWhichItDoesNot() {
    List<JsonObject> cases =
        objects(Alerts.yaml(Alerts.TESTS).getJsonArray("tests"))
            .flatMap(test -> objects(test.getJsonArray("alert_rule_test")))
            .toList();
    for (Alert alert : Alerts.all()) {
      assertThat(cases)
          .filteredOn(one -> one.getString("alertname").equals(alert.name()))
          .extracting(one -> one.getJsonArray("exp_alerts").isEmpty())
          .as(alert.name())
          .contains(true, false);
    }
  }

  @Test
  void eachAlertSaysHowBadItIsAndWhereHelpIs() {
    Set<String> anchors =
        Alerts.read(Alerts.PROJECT.resolve("docs/operations.md"))
            .lines()
            .filter(line -> line.startsWith("### "))
            .map(line -> line.substring(4).toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    assertThat(Alerts.all()).extracting(Alert::name).doesNotHaveDuplicates().isNotEmpty();
    for (Alert alert : Alerts.all()) {
      String anchor = alert.name().toLowerCase(Locale.ROOT);
      assertThat(SEVERITIES).as(alert.name()).contains(alert.labels().getString("severity"));
      assertThat(alert.annotations().getString("summary")).as(alert.name()).hasSizeGreaterThan(15);
      assertThat(alert.annotations().getString("description"))
          .as(alert.name())
          .hasSizeGreaterThan(20);
      assertThat(alert.annotations().getString("runbook_url"))
          .as(alert.name())
          .isEqualTo("docs/operations.md#" + anchor);
      assertThat(anchors).contains(anchor);
    }
  }

  @Test
  void kubernetesGetsTheSameRules() throws IOException {
    String rules = Alerts.read(Alerts.RULES);
    String groups =
        rules
            .substring(rules.indexOf("groups:\n"))
            .lines()
            .map(line -> line.isEmpty() ? line : "  " + line)
            .collect(Collectors.joining("\n", "", "\n"));
    String manifest =
        """
        # Written from docs/alerts/bie-relay.rules.yaml; don't edit. Change that file, then run
        # ./mvnw test -Dtest=AlertRulesDocTest -Ddocs.write=true
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata:
          name: bie-relay
          labels:
            app.kubernetes.io/name: bie-relay
        spec:
        """
            + groups;
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(Alerts.MANIFEST, manifest);
    }
    assertThat(Alerts.read(Alerts.MANIFEST))
        .as("run ./mvnw test -Dtest=AlertRulesDocTest -Ddocs.write=true")
        .isEqualTo(manifest);
    assertThat(Alerts.yaml(Alerts.MANIFEST).getJsonObject("spec"))
        .isEqualTo(Alerts.yaml(Alerts.RULES));
  }
}
