package io.bierelay.bench.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What every peer has to do with a notification before it can be stored: the columns, the codes,
 * and the event without what is personal, by Jackson's tree, as one writes it.
 */
public record StoredRow(
    UUID id,
    LocalDateTime notifiedAt,
    String type,
    String details,
    LocalDateTime eventAt,
    Long claim,
    Long contention,
    String classification,
    List<String> codes) {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<String> PERSONAL =
      List.of("ActorUserId", "VeteranParticipantId", "Details", "Description");

  /** Of a message's id, headers and body. */
  public static StoredRow of(String messageId, Map<String, Object> headers, byte[] body)
      throws IOException {
    ObjectNode event = (ObjectNode) MAPPER.readTree(body).get("event");
    event.remove(PERSONAL);
    List<String> codes = new ArrayList<>(2);
    JsonNode code = event.get("DiagnosticTypeCode");
    if (code != null && !code.isNull()) {
      for (String one : code.asText().split(",", 0)) {
        if (!codes.contains(one.strip())) {
          codes.add(one.strip());
        }
      }
    }
    JsonNode classification = event.get("ContentionClassificationName");
    return new StoredRow(
        UUID.fromString(messageId),
        gmt(((Number) headers.get("notified-at")).longValue()),
        headers.get("event-type").toString(),
        MAPPER.writeValueAsString(event),
        event.hasNonNull("EventTime") ? gmt(event.get("EventTime").asLong()) : null,
        event.hasNonNull("ClaimId") ? event.get("ClaimId").asLong() : null,
        event.hasNonNull("ContentionId") ? event.get("ContentionId").asLong() : null,
        classification == null || classification.isNull() ? null : classification.asText(),
        codes);
  }

  private static LocalDateTime gmt(long millis) {
    return LocalDateTime.ofEpochSecond(
        Math.floorDiv(millis, 1_000), (int) Math.floorMod(millis, 1_000) * 1_000_000,
        ZoneOffset.UTC);
  }
}
