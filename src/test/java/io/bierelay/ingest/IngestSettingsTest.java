package io.bierelay.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.EventType;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which topics are consumed, what is refused, and what Kafka's client is told. */
class IngestSettingsTest {

  @Test
  void topicsAreNamedByTheTemplateOrInFull() {
    assertThat(IngestSettings.topics(settings("kafka.topic.infix", "TST")))
        .hasSize(5)
        .containsKey("TST_CONTENTION_BIE_CONTENTION_ASSOCIATED_TO_CLAIM_V02");
    JsonObject later =
        json("kafka.topic.infix", "UAT")
            .put("kafka.topic.template", "BIA_SERVICES_BIE_CATALOG_{infix}_{event}");
    assertThat(IngestSettings.topics(Settings.of(later)))
        .extractingByKey("BIA_SERVICES_BIE_CATALOG_UAT_CONTENTION_UPDATED_V02")
        .extracting(EventType::name, EventType::exchange)
        .containsExactly("contention-updated", "bie-events-contention-updated");
    JsonArray full = new JsonArray().add("X_CONTENTION_DELETED_V02");
    assertThat(IngestSettings.topics(settings("kafka.topics", full)).keySet())
        .containsExactly("X_CONTENTION_DELETED_V02");
  }

  @Test
  void aTopicOfNoKnownTypeIsRefusedWithTheRemedy() {
    JsonArray unknown = new JsonArray().add("TST_CLAIM_CREATED_V01");
    assertThat(IngestSettings.problems(settings("kafka.topics", unknown)))
        .singleElement()
        .asString()
        .contains("'TST_CLAIM_CREATED_V01'", "event.types");
    JsonObject known =
        json("kafka.topics", unknown)
            .put("event.types", new JsonObject().put("claim-created", "CLAIM_CREATED_V01"));
    assertThat(IngestSettings.problems(Settings.of(known))).isEmpty();
  }

  @Test
  void aTemplateWithoutItsInfixIsRefused() {
    assertThat(IngestSettings.problems(Settings.of(json("kafka.group.id", "g"))))
        .singleElement()
        .asString()
        .contains("kafka.topic.infix");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "enable.auto.commit",
        "group.protocol",
        "auto.offset.reset",
        "sasl.jaas.config",
        "ssl.keystore.key",
        "ssl.truststore.password"
      })
  void propertiesThatDecideOnLossOrAreSecretAreRefusedWithoutTheirValue(String property) {
    JsonObject values =
        json("kafka.topic.infix", "TST")
            .put("kafka.client", new JsonObject(Map.of(property, "hunter2")));
    assertThat(IngestSettings.problems(Settings.of(values)))
        .singleElement()
        .asString()
        .contains("'" + property + "'")
        .doesNotContain("hunter2");
  }

  @Test
  void saslWithoutCredentialsIsRefused() {
    JsonObject values = json("kafka.topic.infix", "TST").put("kafka.security.protocol", "sasl-ssl");
    assertThat(IngestSettings.problems(Settings.of(values)))
        .singleElement()
        .asString()
        .contains("kafka.sasl.username", "kafka.sasl.password");
  }

  @Test
  void nothingIsCommittedOrSkippedBehindOurBack() {
    Properties consumer =
        KafkaProperties.consumer(
            settings("kafka.client", new JsonObject().put("fetch.max.bytes", "1000")), 0);
    assertThat(consumer)
        .containsEntry("enable.auto.commit", false)
        .containsEntry("auto.offset.reset", "earliest")
        .containsEntry("isolation.level", "read_committed")
        .containsEntry("allow.auto.create.topics", false)
        .containsEntry("fetch.max.bytes", "1000");
  }

  private static Settings settings(String key, Object value) {
    return Settings.of(json(key, value));
  }

  private static JsonObject json(String key, Object value) {
    return new JsonObject()
        .put("kafka.bootstrap.servers", new JsonArray().add("localhost:1"))
        .put("kafka.group.id", "g")
        .put("kafka.security.protocol", "plaintext")
        .put(key, value);
  }
}
