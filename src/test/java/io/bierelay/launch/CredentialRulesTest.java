package io.bierelay.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.settings.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may be given which credentials, and where a secret must not stand. */
class CredentialRulesTest {

  private static final String SECRET = "quite-a-Secret-4711";

  @TempDir private Path directory;

  private Path own;

  @BeforeEach
  void settings() throws Exception {
    own =
        Files.writeString(
            directory.resolve("workflow.yaml"),
            """
            postgres: {database: d, username: u, password: p}
            rabbitmq: {username: u, password: p}
            """);
  }

  private static AbstractThrowableAssert<?, ?> refused(
      List<Path> conf, Map<String, String> environment) {
    return assertThatThrownBy(() -> EnvironmentsTest.plan(List.of("workflow"), conf, environment))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageNotContaining(SECRET);
  }

  @Test
  void aRoleWithoutKafkaIsRefusedWithKafkasPassword() throws Exception {
    refused(List.of(own), Map.of("BIE_KAFKA_SASL_PASSWORD", SECRET))
        .hasMessageContaining("'kafka.sasl.password' is given (environment)")
        .hasMessageContaining("only EntityChangeVerticle and KafkaIngestVerticle may have it")
        .hasMessageContaining("take it out");
    Path shared =
        Files.writeString(
            directory.resolve("shared.yaml"), "kafka.sasl.jaas.config: " + SECRET + "\n");
    refused(List.of(own, shared), Map.of())
        .hasMessageContaining("'kafka.sasl.jaas.config' is given (" + shared + ")");
    Path secrets = Files.createDirectory(directory.resolve("secrets"));
    Path file = Files.writeString(secrets.resolve("kafka.ssl.key.password"), SECRET);
    refused(List.of(own, secrets), Map.of())
        .hasMessageContaining("'kafka.ssl.key.password' is given (" + file + ")");
  }

  @Test
  void aKeyStoreIsOneOnlyWhereItIs() throws Exception {
    Path store = directory.resolve("kafka.p12");
    Map<String, String> environment =
        Map.of(
            "BIE_KAFKA_BOOTSTRAP_SERVERS",
            "kafka:9093",
            "BIE_KAFKA_SASL_USERNAME",
            "somebody",
            "BIE_KAFKA_SSL_TRUSTSTORE_LOCATION",
            directory.resolve("trust.p12").toString(),
            "BIE_KAFKA_SSL_KEYSTORE_LOCATION",
            store.toString());
    assertThat(EnvironmentsTest.plan(List.of("workflow"), List.of(own), environment).entries())
        .hasSize(2);
    Files.writeString(store, "anything");
    refused(List.of(own), environment)
        .hasMessageContaining("'kafka.ssl.keystore.location' is given (environment)");
  }

  @Test
  void aProcessThatReadsKafkaMayHaveThem() {
    Map<String, String> environment = new HashMap<>();
    environment.put("BIE_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092");
    environment.put("BIE_KAFKA_SECURITY_PROTOCOL", "sasl-plaintext");
    environment.put("BIE_KAFKA_SASL_USERNAME", "somebody");
    environment.put("BIE_KAFKA_SASL_PASSWORD", SECRET);
    environment.put("BIE_KAFKA_GROUP_ID", "g");
    environment.put("BIE_KAFKA_TOPIC_INFIX", "TST");
    environment.put("BIE_REGISTRY_URLS", "http://registry");
    assertThat(
            EnvironmentsTest.plan(List.of("svc-bie-kafka", "workflow"), List.of(own), environment)
                .entries())
        .hasSize(4);
  }

  @Test
  void aSecretInTheCommandLineIsWarnedAboutByName() {
    LaunchPlan plan =
        EnvironmentsTest.plan(
            List.of("workflow"), List.of(own), Map.of("BIE_RABBITMQ_PASSWORD", SECRET));
    List<String> warnings =
        CommandLineSecrets.warnings(
            List.of(
                "-Dpostgres.password=x1",
                "-Daws.secretAccessKey=x2",
                "-Djavax.net.ssl.keyStorePassword=x3",
                "-DBIE_REGISTRY_TOKEN=x4",
                "--note",
                "is " + SECRET,
                "-Djavax.net.ssl.keyStore=/keys",
                "-Dlistener.api.token.file=/token",
                "--conf=/secrets",
                "-Xmx256m"),
            plan.effective());
    assertThat(warnings)
        .extracting(w -> w.replaceAll(".*\\('|'\\).*", ""))
        .containsExactly(
            "postgres.password",
            "aws.secretAccessKey",
            "javax.net.ssl.keyStorePassword",
            "BIE_REGISTRY_TOKEN",
            "rabbitmq.password");
    assertThat(warnings)
        .allMatch(w -> w.contains("--conf") && !w.contains(SECRET) && !w.matches(".*x\\d.*"));
  }
}
