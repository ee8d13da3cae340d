package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.ScratchDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What AWS brings is loaded where it is used, and nowhere else. */
class ListenerRoleIT {

  private static final String LOADED = "software.amazon.awssdk";

  @Test
  void otherRolesLoadNothingOfAws() throws Exception {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", "127.0.0.1:" + Ports.free());
    settings.put("kafka.security.protocol", "plaintext");
    settings.put("kafka.group.id", "g");
    settings.put("kafka.topic.infix", "TST");
    settings.put("registry.urls", List.of("http://127.0.0.1:" + Ports.free()));
    settings.put("rabbitmq.host", "127.0.0.1");
    settings.put("rabbitmq.port", Ports.free());
    settings.put("rabbitmq.username", "u");
    settings.put("rabbitmq.password", "p");
    assertThat(loaded("svc-bie-kafka", settings))
        .contains("io.bierelay.ingest.KafkaIngestVerticle ")
        .doesNotContain(LOADED)
        .doesNotContain("com.amazonaws");
  }

  @Test
  void theListenerStartsWithEverythingAwayAndSaysWhatItWaitsFor() throws Exception {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", "127.0.0.1:" + Ports.free());
    settings.put("kafka.security.protocol", "plaintext");
    settings.put("registry.urls", List.of("http://127.0.0.1:" + Ports.free()));
    settings.put("listener.api.url", "http://127.0.0.1:" + Ports.free());
    settings.put("listener.topic.name", "TenureAPI");
    settings.put("listener.send.timeout", "1s");
    settings.put("listener.sqs.queue.url", "http://127.0.0.1:" + Ports.free() + "/1/changes");
    settings.put("listener.sqs.region", "eu-west-2");
    assertThat(loaded("reporting-listener", settings))
        .contains(LOADED)
        .contains("EntityChangeVerticle waits: Kafka at 127.0.0.1:");
  }

  /** What the JVM says that it has loaded, and the log, of a start that nobody answers. */
  private static String loaded(String role, Map<String, Object> settings) throws Exception {
    int port = Ports.free();
    settings.put("admin.port", port);
    String adminUrl = "http://127.0.0.1:" + port;
    try (ScratchDirectory scratch = ScratchDirectory.create("loaded")) {
      Path classes = scratch.resolve("classes.log");
      try (RelayProcess process =
          RelayProcess.start(
              List.of(role),
              settings,
              adminUrl,
              Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load=info:file=" + classes))) {
        await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptions()
            .until(() -> new AdminClient(adminUrl).status("/health/live") == 200);
        await().atMost(Duration.ofSeconds(60)).until(() -> process.readLog().contains(" waits: "));
        assertThat(process.terminate()).isZero();
        return Files.readString(classes) + process.readLog();
      }
    }
  }
}
