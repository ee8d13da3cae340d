package io.bierelay.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Kafka's clients are told of logins. */
class KafkaConnectionTest {

  private static final String SPECIAL = " a\"b\\c;'=$%{}äß€\t,#";

  private static JsonObject login(String mechanism) {
    return new JsonObject()
        .put("kafka.bootstrap.servers", new JsonArray().add("localhost:1"))
        .put("kafka.security.protocol", "sasl-ssl")
        .put("kafka.sasl.mechanism", mechanism)
        .put("kafka.sasl.username", "u")
        .put("kafka.sasl.password", SPECIAL);
  }

  private static String password(Settings settings) throws Exception {
    KafkaLogin login = new KafkaLogin();
    login.configure(Map.of(KafkaTls.SETTINGS, settings), "PLAIN", List.of());
    NameCallback name = new NameCallback("user");
    PasswordCallback password = new PasswordCallback("password", false);
    login.handle(new Callback[] {name, password});
    assertThat(name.getName()).isEqualTo("u");
    return new String(password.getPassword());
  }

  @Test
  void aPasswordReachesKafkasLoginUnharmedAndNothingElse() throws Exception {
    for (String mechanism : List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")) {
      Settings settings = Settings.of(login(mechanism));
      Properties properties = KafkaConnection.properties(settings);
      assertThat(properties.toString()).doesNotContain("a\"b");
      assertThat(properties.getProperty("sasl.jaas.config")).endsWith("LoginModule required;");
      assertThat(password(settings)).isEqualTo(SPECIAL);
    }
  }

  @Test
  void aChangedPasswordIsUsedAtTheNextLogin(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("kafka.sasl.password"), "first\n");
    Settings settings =
        Settings.of(
            login("PLAIN")
                .put("@files", new JsonObject().put("kafka.sasl.password", file.toString())));
    assertThat(password(settings)).isEqualTo("first");
    Files.writeString(file, "second\n");
    assertThat(password(settings)).isEqualTo("second");
    Files.delete(file);
    assertThat(password(settings)).isEqualTo(SPECIAL);
  }

  @Test
  void aTokenPassesThrough() {
    JsonObject values = login("OAUTHBEARER");
    assertThat(KafkaSettings.problems(Settings.of(values)))
        .singleElement()
        .asString()
        .contains("kafka.sasl.jaas.config");
    values.put("kafka.sasl.jaas.config", "some.Module required x=\"y\";");
    assertThat(KafkaSettings.problems(Settings.of(values))).isEmpty();
    assertThat(KafkaConnection.properties(Settings.of(values)))
        .containsEntry("sasl.mechanism", "OAUTHBEARER")
        .containsEntry("sasl.jaas.config", "some.Module required x=\"y\";")
        .doesNotContainKey("sasl.client.callback.handler.class");
  }
}
