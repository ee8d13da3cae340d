package io.bierelay.persist;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.bierelay.persist.PrivacyPolicy.Rule;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is taken from an event's JSON in one pass: the columns' values, and the copy without
 * personal data.
 *
 * <p>Numbers are copied as they are written, so that none loses a digit. An event's own fields are
 * streamed; only a nested value of which something may be kept is built up as a tree.
 */
final class EventContent {

  /** Parses bodies and writes copies; safe for all threads. */
  static final JsonFactory JSON;

  private static final ObjectMapper TREES;

  static {
    // Names come from outside: interned, they would stay for as long as the process lives.
    JSON = JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();
    TREES =
        JsonMapper.builder(JSON)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    JSON.setCodec(TREES);
  }

  static final String EVENT_TIME = "EventTime";
  static final String CLAIM_ID = "ClaimId";
  static final String CONTENTION_ID = "ContentionId";
  static final String CLASSIFICATION = "ContentionClassificationName";
  static final String DIAGNOSTIC_CODE = "DiagnosticTypeCode";

  private static final long FIRST_MS = Instant.parse("0001-01-01T00:00:00Z").toEpochMilli();
  private static final long LAST_MS = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

  private String details = "";
  private @Nullable Instant eventAt;
  private @Nullable Long benefitClaimId;
  private @Nullable Long contentionId;
  private @Nullable String classification;
  private final Set<String> codes = new LinkedHashSet<>();
  private boolean cleanCodes;

  private EventContent() {}

  /**
   * Reads the object that the parser stands at the start of; leaves the parser at its end.
   *
   * @throws IOException if the text is not JSON
   */
  static EventContent read(JsonParser parser, PrivacyPolicy policy) throws IOException {
    EventContent content = new EventContent();
    StringWriter text = new StringWriter(512);
    try (JsonGenerator copy = JSON.createGenerator(text)) {
      copy.writeStartObject();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (value == JsonToken.START_OBJECT || value == JsonToken.START_ARRAY) {
          content.takeNested(parser, name, policy.of(name), copy);
        } else {
          content.take(parser, name, value);
          Rule rule = policy.of(name);
          if (rule != null && rule.keepsScalar()) {
            copy.writeFieldName(name);
            copyScalar(parser, value, copy);
          }
        }
      }
      copy.writeEndObject();
    }
    content.details = text.toString();
    return content;
  }

  private void take(JsonParser parser, String name, JsonToken value) throws IOException {
    switch (name) {
      case EVENT_TIME -> {
        Long ms = integer(parser, value);
        eventAt = ms == null ? null : instant(ms);
      }
      case CLAIM_ID -> benefitClaimId = integer(parser, value);
      case CONTENTION_ID -> contentionId = integer(parser, value);
      case CLASSIFICATION ->
          classification = value == JsonToken.VALUE_STRING ? parser.getText() : null;
      case DIAGNOSTIC_CODE -> {
        codes.clear();
        cleanCodes =
            (value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NUMBER_INT)
                && DiagnosticCodes.addFrom(parser.getText(), codes);
      }
      default -> {}
    }
  }

  private void takeNested(JsonParser parser, String name, @Nullable Rule rule, JsonGenerator copy)
      throws IOException {
    boolean isCodes = name.equals(DIAGNOSTIC_CODE);
    if (rule == null && !isCodes) {
      parser.skipChildren();
      return;
    }
    JsonNode tree = TREES.readTree(parser);
    if (isCodes) {
      codes.clear();
      cleanCodes = tree instanceof ArrayNode array && DiagnosticCodes.addFrom(array, codes);
    }
    JsonNode kept = rule == null ? null : PrivacyPolicy.keep(rule, tree);
    if (kept != null) {
      copy.writeFieldName(name);
      copy.writeTree(kept);
    }
  }

  private static void copyScalar(JsonParser parser, JsonToken value, JsonGenerator copy)
      throws IOException {
    if (value.isNumeric()) {
      copy.writeNumber(parser.getText());
    } else {
      copy.copyCurrentEvent(parser);
    }
  }

  /** A whole number that fits a bigint; null otherwise. */
  private static @Nullable Long integer(JsonParser parser, JsonToken value) throws IOException {
    if (value != JsonToken.VALUE_NUMBER_INT) {
      return null;
    }
    return switch (parser.getNumberType()) {
      case INT, LONG -> parser.getLongValue();
      default -> null;
    };
  }

  /**
   * Epoch milliseconds as an instant; null if they are outside of the years 1 to 9999, which is no
   * event's time, and beyond what every client of the table can read.
   */
  static @Nullable Instant instant(long epochMs) {
    return epochMs < FIRST_MS || epochMs > LAST_MS ? null : Instant.ofEpochMilli(epochMs);
  }

  /** The event as JSON, with the allowed fields only. */
  String details() {
    return details;
  }

  @Nullable Instant eventAt() {
    return eventAt;
  }

  @Nullable Long benefitClaimId() {
    return benefitClaimId;
  }

  @Nullable Long contentionId() {
    return contentionId;
  }

  @Nullable String classification() {
    return classification;
  }

  List<String> codes() {
    return List.copyOf(codes);
  }

  /** The fields whose value was missing, null or of another type. */
  List<String> misses() {
    List<String> misses = new ArrayList<>();
    if (eventAt == null) {
      misses.add(EVENT_TIME);
    }
    if (benefitClaimId == null) {
      misses.add(CLAIM_ID);
    }
    if (contentionId == null) {
      misses.add(CONTENTION_ID);
    }
    if (classification == null) {
      misses.add(CLASSIFICATION);
    }
    if (!cleanCodes) {
      misses.add(DIAGNOSTIC_CODE);
    }
    return misses;
  }
}
