package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.bierelay.listener.EntityChangeModule;
import io.bierelay.settings.EffectiveSettings;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The variables of the replaced service go on to work, where they mean something. */
class FormerVariablesTest {

  private static final Map<String, String> OLD =
      Map.of(
          "TenureApiUrl", "https://tenures.example/api/v1",
          "TenureApiToken", "secret-token",
          "DATAPLATFORM_KAFKA_HOSTNAME", "kafka-1, kafka-2:9094",
          "TENURE_SCHEMA_NAME", "TenureAPI",
          "KAFKA_SCHEMA_REGISTRY_HOSTNAME", "registry.example:8081",
          "ENVIRONMENT", "LocalDevelopment");

  @TempDir Path directory;
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(FormerVariables.class);

  @BeforeEach
  void listen() {
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void silence() {
    logger.detachAppender(logged);
  }

  private static Map<String, String> values(
      String role, Map<String, String> environment, Path... conf) {
    Vertx vertx = Vertx.vertx();
    try {
      LaunchPlan plan =
          LaunchPlan.make(
                  vertx,
                  new LaunchRequest(List.of(role), List.of(conf), Optional.empty(), environment),
                  Modules.onClassPath())
              .toCompletionStage()
              .toCompletableFuture()
              .join();
      Map<String, String> values = new TreeMap<>();
      for (EffectiveSettings.Line line : plan.effective().lines(plan.inUse())) {
        values.put(line.key(), line.value() + " from " + line.source());
      }
      return values;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static Map<String, String> with(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(OLD);
    all.put("BIE_LISTENER_SQS_QUEUE_URL", "http://sqs.example/1/changes");
    all.putAll(more);
    return all;
  }

  @Test
  void theOldNamesSetTheNewKeysAndTheLogSaysSo() {
    Map<String, String> values = values("reporting-listener", with(Map.of()));
    assertThat(values)
        .containsEntry(
            "listener.api.url",
            "https://tenures.example/api/v1 from environment variable 'TenureApiUrl'")
        .containsEntry(
            "kafka.bootstrap.servers",
            "[\"kafka-1:9092\",\"kafka-2:9094\"] from environment variable"
                + " 'DATAPLATFORM_KAFKA_HOSTNAME'")
        .containsEntry(
            "kafka.security.protocol", "plaintext from environment variable 'ENVIRONMENT'")
        .containsEntry(
            "registry.urls",
            "[\"http://registry.example:8081\"] from environment variable"
                + " 'KAFKA_SCHEMA_REGISTRY_HOSTNAME'");
    assertThat(values.get("listener.api.token.value")).startsWith(EffectiveSettings.MASK);
    assertThat(values.get("listener.topic.name")).startsWith("TenureAPI ");
    assertThat(logged.list).hasSize(6);
    assertThat(logged.list.toString())
        .contains("'TenureApiToken' is an old name: use the key 'listener.api.token.value'")
        .contains("BIE_LISTENER_API_TOKEN_VALUE")
        .doesNotContain("secret-token");
  }

  @Test
  void elsewhereItIsTls() {
    assertThat(values("reporting-listener", with(Map.of("ENVIRONMENT", "production"))))
        .containsEntry("kafka.security.protocol", "ssl from environment variable 'ENVIRONMENT'")
        .hasEntrySatisfying(
            "registry.urls", v -> assertThat(v).startsWith("[\"https://registry.example:8081\"]"));
  }

  @Test
  void whateverIsSaidByANewNameIsStronger() throws Exception {
    Path file = Files.writeString(directory.resolve("c.yaml"), "listener.topic.name: FromFile\n");
    Map<String, String> values =
        values(
            "reporting-listener", with(Map.of("BIE_LISTENER_API_URL", "http://new.example")), file);
    assertThat(values.get("listener.topic.name")).startsWith("FromFile ");
    assertThat(values.get("listener.api.url")).startsWith("http://new.example ");
  }

  @Test
  void theyMeanNothingToAnotherRole() {
    Map<String, String> environment = new HashMap<>(OLD);
    environment.put("BIE_RABBITMQ_PASSWORD", "x");
    environment.put("BIE_RABBITMQ_USERNAME", "x");
    environment.put("BIE_RABBITMQ_HOST", "localhost");
    environment.put("BIE_KAFKA_BOOTSTRAP_SERVERS", "k:1");
    environment.put("BIE_KAFKA_GROUP_ID", "g");
    environment.put("BIE_KAFKA_TOPIC_INFIX", "TST");
    environment.put("BIE_REGISTRY_URLS", "http://r");
    assertThat(new EntityChangeModule().formerVariables()).hasSize(6);
    assertThat(values("svc-bie-kafka", environment))
        .containsEntry("kafka.security.protocol", "ssl from default");
    assertThat(logged.list).isEmpty();
  }
}
