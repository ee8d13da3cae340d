package io.bierelay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import io.bierelay.settings.Settings;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a member is made of: nobody is looked for who was not named, and nobody told. */
class ClusterSettingsTest {

  @TempDir Path directory;

  private static Settings settings(Object... keysAndValues) {
    JsonObject values =
        new JsonObject()
            .put("cluster.name", "bie-relay")
            .put("cluster.members", List.of())
            .put("cluster.port", 5701)
            .put("cluster.bus.port", 15701)
            .put("cluster.silence", "10s");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      values.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return Settings.of(values);
  }

  @Test
  void nobodyIsLookedForByMulticastAndNothingIsReportedHome() {
    Config config =
        Membership.config(settings("cluster.members", List.of("one", "two:6701")), "127.0.0.1");
    JoinConfig join = config.getNetworkConfig().getJoin();
    assertThat(join.getMulticastConfig().isEnabled()).isFalse();
    assertThat(join.getAutoDetectionConfig().isEnabled()).isFalse();
    assertThat(join.getKubernetesConfig().isEnabled()).isFalse();
    assertThat(join.getTcpIpConfig().getMembers()).containsExactly("one:5701", "two:6701");
    assertThat(config.getProperty("hazelcast.phone.home.enabled")).isEqualTo("false");
    assertThat(config.getNetworkConfig().isPortAutoIncrement()).isFalse();
    assertThat(config.getProperty(Membership.LOCAL_ADDRESS)).isEqualTo("127.0.0.1");
  }

  @Test
  void podsAreFoundByTheirHeadlessService() {
    Config config =
        Membership.config(settings("cluster.kubernetes.service", "bus.bie.svc"), "127.0.0.1");
    JoinConfig join = config.getNetworkConfig().getJoin();
    assertThat(join.getKubernetesConfig().isEnabled()).isTrue();
    assertThat(join.getKubernetesConfig().getProperties())
        .containsEntry("service-dns", "bus.bie.svc")
        .containsEntry("service-port", "5701");
    assertThat(Integer.parseInt(config.getProperty(Membership.LOOK_UP_SECONDS)))
        .as("0, and the service is not asked before the start is over")
        .isPositive();
    assertThat(join.getTcpIpConfig().isEnabled()).isFalse();
    assertThat(join.getMulticastConfig().isEnabled()).isFalse();
  }

  @Test
  void withCertificatesTheBusAsksForThoseOfTheOthers() throws Exception {
    String file = Files.createFile(directory.resolve("any.pem")).toString();
    Settings tls =
        settings(
            "cluster.members",
            List.of("one"),
            "cluster.host",
            "127.0.0.1",
            "cluster.tls.certificate",
            file,
            "cluster.tls.key",
            file,
            "cluster.tls.authorities",
            file);
    // Vert.x makes client and server of the options' JSON: what is not in it is lost.
    EventBusOptions bus = new EventBusOptions(Membership.bus(tls).toJson());
    assertThat(bus.isSsl()).isTrue();
    assertThat(bus.getClientAuth()).isEqualTo(ClientAuth.REQUIRED);
    assertThat(bus.isTrustAll()).isFalse();
    assertThat(bus.getKeyCertOptions()).isNotNull();
    assertThat(bus.getTrustOptions()).isNotNull();
    assertThat(ClusterSettings.warnings(tls)).isEmpty();
    assertThat(ClusterSettings.problems(tls)).isEmpty();
    assertThat(ClusterSettings.warnings(settings("cluster.members", List.of("one"))))
        .singleElement()
        .asString()
        .contains("without TLS", "cluster.tls.key");
  }

  @Test
  void whatDoesNotFitTogetherIsToldAtOnce() {
    assertThat(ClusterSettings.problems(settings()))
        .singleElement()
        .asString()
        .contains("cluster.members", "cluster.kubernetes.service");
    assertThat(
            ClusterSettings.problems(
                settings(
                    "cluster.members",
                    List.of("one"),
                    "cluster.kubernetes.service",
                    "two",
                    "cluster.bus.port",
                    5701,
                    "cluster.tls.key",
                    "/nowhere/key.pem")))
        .hasSize(4)
        .anyMatch(problem -> problem.contains("only one of"))
        .anyMatch(problem -> problem.contains("are both 5701"))
        .anyMatch(problem -> problem.contains("all three or none"))
        .anyMatch(problem -> problem.contains("/nowhere/key.pem"));
  }
}
