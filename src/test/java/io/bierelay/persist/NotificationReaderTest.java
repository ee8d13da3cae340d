package io.bierelay.persist;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.EventCatalog;
import io.bierelay.rabbit.RabbitDelivery;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotificationReaderTest {

  private static final String ID = "0d9c6a3e-7c1f-5b8e-9a55-b1e0c0de4a11";
  private static final String TOPIC = "TST_CONTENTION_BIE_CONTENTION_UPDATED_V02";
  private static final Settings DEFAULTS = Settings.of(new JsonObject());

  private final List<String> unknown = new ArrayList<>();
  private final NotificationReader reader = reader(DEFAULTS.get(PrivacySettings.ALLOW));

  private NotificationReader reader(List<String> allowed) {
    return new NotificationReader(
        EventCatalog.of(DEFAULTS),
        new EventPlan(DEFAULTS, new PrivacyPolicy(allowed), unknown::add));
  }

  @Test
  void aNotificationBecomesARowFieldByField() {
    EventRow row =
        row(
            body(
                """
                {"EventTime":1686598140123,"ClaimId":9007199254740993,"ContentionId":-7,
                 "ContentionClassificationName":"Asthma","DiagnosticTypeCode":"7101, 7102",
                 "Details":"PERSONAL"}
                """),
            headers());
    assertThat(row.id()).isEqualTo(UUID.fromString(ID));
    assertThat(row.eventType()).isEqualTo("contention-updated");
    assertThat(row.origin()).hasToString(TOPIC + "-3@42");
    assertThat(row.notifiedAt()).isEqualTo(Instant.ofEpochMilli(1_686_598_140_987L));
    assertThat(row.eventAt()).isEqualTo(Instant.ofEpochMilli(1_686_598_140_123L));
    assertThat(EventRow.gmt(row.eventAt()))
        .as("GMT, though this JVM is in New York")
        .isEqualTo(LocalDateTime.parse("2023-06-12T19:29:00.123"));
    assertThat(row.benefitClaimId()).isEqualTo(9_007_199_254_740_993L);
    assertThat(row.contentionId()).isEqualTo(-7L);
    assertThat(row.classification()).isEqualTo("Asthma");
    assertThat(row.codes()).containsExactly("7101", "7102");
    assertThat(row.misses()).isEmpty();
    assertThat(row.details().toString()).contains("9007199254740993").doesNotContain("PERSONAL");
    assertThat(row.toString()).doesNotContain("Asthma");
  }

  @Test
  void numbersAreCopiedDigitByDigit() {
    String numbers =
        "{\"a\":123456789012345678901234567890.1234567890123456789,\"b\":[1.10,1E400,-0.0]}";
    NotificationReader keepsAll = reader(List.of("a", "b"));
    Reading reading = keepsAll.read(delivery(ID, body(numbers), headers()));
    assertThat(((Reading.Row) reading).content().details().toString())
        .isEqualTo(
            "{\"a\":123456789012345678901234567890.1234567890123456789,\"b\":[1.10,1E+400,0.0]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"EventTime\":null,\"ClaimId\":null,\"ContentionId\":null,"
            + "\"ContentionClassificationName\":null,\"DiagnosticTypeCode\":null}",
        "{\"EventTime\":\"now\",\"ClaimId\":\"12\",\"ContentionId\":1.5,"
            + "\"ContentionClassificationName\":7,\"DiagnosticTypeCode\":true}",
        "{\"EventTime\":{\"x\":1},\"ClaimId\":[1],\"ContentionId\":{},"
            + "\"ContentionClassificationName\":[\"a\"],\"DiagnosticTypeCode\":{\"a\":\"7101\"}}",
        "{\"EventTime\":9223372036854775807,\"ClaimId\":9223372036854775808,"
            + "\"ContentionId\":-9223372036854775809}",
      })
  void whatIsMissingNullOrOfAnotherTypeLeavesTheColumnEmptyAndIsCounted(String event) {
    EventRow row = row(body(event), headers());
    assertThat(row.eventAt()).isNull();
    assertThat(row.benefitClaimId()).isNull();
    assertThat(row.contentionId()).isNull();
    assertThat(row.classification()).isNull();
    assertThat(row.codes()).isEmpty();
    assertThat(row.misses())
        .containsExactlyInAnyOrder(
            "EventTime",
            "ClaimId",
            "ContentionId",
            "ContentionClassificationName",
            "DiagnosticTypeCode");
  }

  @Test
  void columnsAreTakenFromTheConfiguredPathsTheFirstThatHasAValue() {
    Settings settings =
        Settings.of(
            new JsonObject()
                .put("persist.extract.event.at", "Meta.At,EventTime")
                .put("persist.extract.claim.id", "Claim.Id,ClaimId")
                .put("persist.extract.contention.id", "Claim.Contentions.Id")
                .put("persist.extract.classification", "Claim.Contentions.Name,Other")
                .put("persist.extract.diagnostic.codes", "Claim.Contentions.Codes,Code"));
    NotificationReader nested =
        new NotificationReader(
            EventCatalog.of(settings),
            new EventPlan(settings, PrivacyPolicy.of(settings), unknown::add));
    Reading reading =
        nested.read(
            delivery(
                ID,
                body(
                    """
                    {"Meta":{"At":null},"EventTime":1686598140123,"ClaimId":5,
                     "Claim":{"Id":"x","Contentions":[{"Id":7,"Name":"Asthma 123-45-6789",
                       "Codes":"7101"},{"Id":8,"Codes":["6847a","7101"]}]},"Code":"9999"}
                    """),
                headers()));
    EventRow row = ((Reading.Row) reading).content();
    assertThat(row.eventAt()).isEqualTo(Instant.ofEpochMilli(1_686_598_140_123L));
    assertThat(row.benefitClaimId()).isEqualTo(5L);
    assertThat(row.contentionId()).isEqualTo(7L);
    assertThat(row.classification()).isEqualTo("Asthma ***");
    assertThat(row.codes()).containsExactly("7101", "6847A");
    assertThat(row.misses()).isEmpty();
    assertThat(row.details().toString()).isEqualTo("{\"EventTime\":1686598140123,\"ClaimId\":5}");
    assertThat(unknown).containsExactly("Meta", "Claim", "Code");
  }

  @Test
  void ofAFieldThatComesTwiceTheLastCounts() {
    EventRow row =
        row(
            body(
                "{\"ClaimId\":1,\"ContentionId\":2,\"ClaimId\":3,\"ContentionId\":null,"
                    + "\"DiagnosticTypeCode\":[\"1\"],\"DiagnosticTypeCode\":\"2\"}"),
            headers());
    assertThat(row.benefitClaimId()).isEqualTo(3L);
    assertThat(row.contentionId()).isNull();
    assertThat(row.codes()).containsExactly("2");
  }

  @ParameterizedTest
  @CsvSource({
    "TST_CONTENTION_BIE_CONTENTION_ASSOCIATED_TO_CLAIM_V02,contention-associated",
    "BIA_SERVICES_BIE_CATALOG_TST_CONTENTION_ASSOCIATED_TO_CLAIM_V02,contention-associated",
    "BIA_SERVICES_BIE_CATALOG_IVV_CONTENTION_DELETED_V02,contention-deleted",
    "anything-at-all.CONTENTION_CLASSIFIED_V02,contention-classified",
  })
  void withoutAHeaderTheTopicsEndTellsTheType(String topic, String type) {
    byte[] body = text("{\"topic\":\"" + topic + "\",\"event\":{}}");
    assertThat(row(body, Map.of()).eventType()).isEqualTo(type);
    assertThat(row(body, Map.of("event-type", "no-such-type")).eventType()).isEqualTo(type);
    assertThat(row(body, Map.of("event-type", "contention-completed")).eventType())
        .as("the header comes first")
        .isEqualTo("contention-completed");
  }

  @Test
  void withoutAHeaderTheBodyTellsTheMinute() {
    byte[] body =
        text(
            "{\"topic\":\""
                + TOPIC
                + "\",\"notifiedAt\":\"2023-06-12T19:29 UTC+00:00\",\"event\":{}}");
    assertThat(row(body, Map.of()).notifiedAt()).isEqualTo(Instant.parse("2023-06-12T19:29:00Z"));
    assertThat(row(body, Map.of("notified-at", Long.MAX_VALUE)).notifiedAt())
        .isEqualTo(Instant.parse("2023-06-12T19:29:00Z"));
    EventRow without = row(text("{\"topic\":\"" + TOPIC + "\",\"event\":{}}"), Map.of());
    assertThat(without.notifiedAt()).isNull();
    assertThat(without.misses()).contains("notified-at");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  ",
        "PERSONAL",
        "{\"topic\":\"PERSONAL",
        "{\"topic\":\"t\",\"event\":{\"Details\":PERSONAL}}",
        "{} PERSONAL",
        "{}{}",
        "{\"a\":NaN}",
      })
  void whatIsNotJsonIsNamedSoWithoutBeingRepeated(String body) {
    unusable(text(body), "not-json");
  }

  @Test
  void bytesThatAreNoTextAreNotJson() {
    unusable(new byte[] {'"', (byte) 0xC3, (byte) 0x28, '"'}, "not-json");
    unusable(text("[".repeat(10_000) + "]".repeat(10_000)), "not-json");
    unusable(
        text("{\"topic\":\"" + TOPIC + "\",\"event\":{\"ClaimId\":" + "9".repeat(5_000) + "}}"),
        "not-json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[1]",
        "\"PERSONAL\"",
        "{}",
        "{\"topic\":\"T_CONTENTION_UPDATED_V02\"}",
        "{\"topic\":1,\"event\":{}}",
        "{\"topic\":\"T_CONTENTION_UPDATED_V02\",\"event\":null}",
        "{\"topic\":\"T_CONTENTION_UPDATED_V02\",\"event\":[{\"a\":\"PERSONAL\"}]}",
      })
  void anotherShapeIsNoNotification(String body) {
    unusable(text(body), "not-a-notification");
  }

  @Test
  void anUnknownTypeIsNamedByItsTopicUnlessThatIsNoTopicsName() {
    assertThat(unusable(text("{\"topic\":\"OTHER_V02\",\"event\":{}}"), "unknown-event-type"))
        .contains("OTHER_V02");
    unusable(text("{\"topic\":\"PERSONAL\\nx\",\"event\":{}}"), "unknown-event-type");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "PERSONAL", "1-1-1-1-1", " 0d9c6a3e-7c1f-5b8e-9a55-b1e0c0de4a11"})
  void anIdThatIsNoUuidIsRefused(String id) {
    Reading reading = reader.read(delivery(id, body("{}"), headers()));
    assertThat(reading)
        .isInstanceOfSatisfying(
            Reading.Unusable.class,
            unusable -> {
              assertThat(unusable.reason()).isEqualTo("no-message-id");
              assertThat(unusable.detail()).doesNotContain("PERSONAL");
            });
    assertThat(reader.read(delivery(null, body("{}"), headers())))
        .isInstanceOf(Reading.Unusable.class);
  }

  private String unusable(byte[] body, String reason) {
    Reading reading = reader.read(delivery(ID, body, Map.of()));
    assertThat(reading).isInstanceOf(Reading.Unusable.class);
    Reading.Unusable unusable = (Reading.Unusable) reading;
    assertThat(unusable.reason()).isEqualTo(reason);
    assertThat(unusable.detail()).isNotBlank().doesNotContain("PERSONAL");
    return unusable.detail();
  }

  private EventRow row(byte[] body, Map<String, Object> headers) {
    Reading reading = reader.read(delivery(ID, body, headers));
    assertThat(reading).isInstanceOf(Reading.Row.class);
    return ((Reading.Row) reading).content();
  }

  private static Map<String, Object> headers() {
    Map<String, Object> headers = new HashMap<>();
    headers.put("topic", TOPIC);
    headers.put("partition", 3);
    headers.put("offset", 42L);
    headers.put("event-type", "contention-updated");
    headers.put("notified-at", 1_686_598_140_987L);
    return headers;
  }

  private static byte[] body(String event) {
    return text(
        "{\"topic\":\"%s\",\"notifiedAt\":\"2023-06-12T19:29 UTC+00:00\",\"event\":%s}"
            .formatted(TOPIC, event));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RabbitDelivery delivery(String id, byte[] body, Map<String, Object> headers) {
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder().messageId(id).headers(headers).build();
    return new RabbitDelivery("queue", 1, false, properties, body);
  }
}
