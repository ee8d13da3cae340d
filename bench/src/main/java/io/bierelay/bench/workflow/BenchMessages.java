package io.bierelay.bench.workflow;

import com.rabbitmq.client.AMQP;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The notifications that are drained, and the rows that they have to become.
 *
 * <p>Both follow from a number, so that the floor can write the rows without looking into a
 * message. Everything is invented.
 */
final class BenchMessages {

  static final List<String> TYPES =
      List.of(
          "contention-associated",
          "contention-updated",
          "contention-classified",
          "contention-completed",
          "contention-deleted");

  static final String NUMBER = "offset";

  private static final Map<String, String> TOPICS =
      Map.of(
          "contention-associated", "TST_CONTENTION_BIE_CONTENTION_ASSOCIATED_TO_CLAIM_V02",
          "contention-updated", "TST_CONTENTION_BIE_CONTENTION_UPDATED_V02",
          "contention-classified", "TST_CONTENTION_BIE_CONTENTION_CLASSIFIED_V02",
          "contention-completed", "TST_CONTENTION_BIE_CONTENTION_COMPLETED_V02",
          "contention-deleted", "TST_CONTENTION_BIE_CONTENTION_DELETED_V02");

  private static final long EPOCH = 1_686_589_740_456L;

  /** What of an event is not personal; the numbers are put in. */
  private static final String KEPT =
      """
      "ActionName":"Contention Associated To Claim","ActionResultName":"Success",\
      "ActorApplicationId":"VBMS-UI","ActorStation":"281","AutomationIndicator":false,\
      "BenefitClaimTypeCode":"010LCOMP","ClaimId":%d,"ContentionClassificationName":"%s",\
      "ContentionId":%d,"ContentionStatusTypeCode":"A","ContentionTypeCode":"NEW",\
      "CurrentLifecycleStatus":"Open","DateAdded":1686589740123,"DiagnosticTypeCode":"%s",\
      "EventTime":%d,"BieTs":1686589741001,"SourceTs":1686589740789,\
      "ConnectorTs":1686589740955""";

  private static final String PERSONAL =
      """
      ,"ActorUserId":"281RATER07","VeteranParticipantId":32397412,\
      "Details":"The veteran states: \\"pain in the left knee since 1998, tr\\u00e8s forte\\"." """;

  /** So many different details are made once for the floor, which makes none by itself. */
  private static final int DETAILS = 1024;

  private static final String[] PREPARED = new String[DETAILS];

  static {
    for (int i = 0; i < DETAILS; i++) {
      PREPARED[i] = "{" + kept(i) + "}";
    }
  }

  private BenchMessages() {}

  static String exchange(String type) {
    return "bie-events-" + type;
  }

  static String queue(String type) {
    return exchange(type) + ".workflow";
  }

  static String type(int number) {
    return TYPES.get(number % TYPES.size());
  }

  /** Spread like the name-based ids that the relay makes. */
  static UUID id(int number) {
    return UUID.nameUUIDFromBytes(("bench " + number).getBytes(StandardCharsets.US_ASCII));
  }

  static long claim(int number) {
    return 600_000_000L + (number * 7919L) % 10_000_000L;
  }

  static long contention(int number) {
    return 1_200_000L + number;
  }

  static String classification(int number) {
    return "Musculoskeletal - Joint " + number % 40;
  }

  /** One of ten events has two. */
  static List<String> codes(int number) {
    String first = Integer.toString(5000 + number % 800);
    return number % 10 == 0
        ? List.of(first, Integer.toString(7000 + number % 300))
        : List.of(first);
  }

  static Instant eventAt(int number) {
    return Instant.ofEpochMilli(EPOCH + number);
  }

  static Instant notifiedAt(int number) {
    return Instant.ofEpochMilli(EPOCH + 1_000 + number);
  }

  /** As long as what is to be stored, and ready. */
  static String details(int number) {
    return PREPARED[number % DETAILS];
  }

  private static String kept(int number) {
    return KEPT.formatted(
        claim(number),
        classification(number),
        contention(number),
        String.join(", ", codes(number)),
        EPOCH + number);
  }

  static byte[] body(int number) {
    String text =
        "{\"topic\":\"%s\",\"notifiedAt\":\"2023-06-12T19:29 UTC+00:00\",\"event\":{%s%s}}"
            .formatted(TOPICS.get(type(number)), kept(number), PERSONAL);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Properties and headers as svc-bie-kafka writes them. */
  static AMQP.BasicProperties properties(int number, long notifiedAt) {
    String type = type(number);
    Map<String, Object> headers = new HashMap<>();
    headers.put("topic", TOPICS.get(type));
    headers.put("partition", number % 3);
    headers.put(NUMBER, (long) number);
    headers.put("event-type", type);
    headers.put("notified-at", notifiedAt);
    headers.put("recorded-at", EPOCH);
    headers.put("schema-id", 7);
    headers.put("key", Long.toString(claim(number)));
    return new AMQP.BasicProperties.Builder()
        .messageId(id(number).toString())
        .contentType("application/json")
        .deliveryMode(2)
        .type(type)
        .appId("bie-relay")
        .headers(headers)
        .build();
  }

  static List<UUID> ids(List<Integer> numbers) {
    List<UUID> ids = new ArrayList<>();
    numbers.forEach(number -> ids.add(id(number)));
    return ids;
  }
}
