package io.bierelay.persist;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.bierelay.persist.EventPlan.Column;
import io.bierelay.persist.EventPlan.Field;
import io.bierelay.persist.EventPlan.Place;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is taken from an event's JSON in one pass: the columns' values, and the copy without
 * personal data.
 *
 * <p>Numbers are copied as they are written, so that none loses a digit. An event's own fields are
 * streamed; only a nested value of which something may be needed is built up as a tree.
 */
final class EventContent {

  /** Parses bodies; safe for all threads. */
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

  private static final long FIRST_MS = Instant.parse("0001-01-01T00:00:00Z").toEpochMilli();
  private static final long LAST_MS = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
  private static final Column[] COLUMNS = Column.values();
  private static final Buffer NOTHING = Buffer.buffer();

  private final EventPlan plan;
  private final @Nullable Object[] found;
  private Buffer details = NOTHING;

  private record Codes(List<String> codes, boolean clean) {}

  private EventContent(EventPlan plan) {
    this.plan = plan;
    this.found = new @Nullable Object[plan.slots()];
  }

  /**
   * Reads the object that the parser stands at the start of; leaves the parser at its end.
   *
   * @param copy written anew
   * @throws IOException if the text is not JSON
   */
  static EventContent read(JsonParser parser, EventPlan plan, JsonCopy copy) throws IOException {
    EventContent content = new EventContent(plan);
    copy.begin();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      Field field = plan.of(name);
      JsonToken value = parser.nextToken();
      if (field == null) {
        content.takeUnknown(parser, name, copy);
      } else if (value == JsonToken.START_OBJECT || value == JsonToken.START_ARRAY) {
        content.takeNested(parser, name, field, copy);
      } else {
        content.takeScalar(parser, name, value, field, copy);
      }
    }
    content.details = copy.end();
    return content;
  }

  private void takeScalar(
      JsonParser parser, String name, JsonToken value, Field field, JsonCopy copy)
      throws IOException {
    // By number: most fields fill no column, and an iterator for each of them is garbage.
    for (int i = 0; i < field.places.size(); i++) {
      Place place = field.places.get(i);
      found[place.slot()] = place.rest().length == 0 ? scalar(place.column(), parser, value) : null;
    }
    if (field.rule == null || !field.rule.keepsScalar()) {
      if (field.rule == null || !field.rule.isDropped()) {
        takeUnknown(parser, name, copy);
      }
      return;
    }
    copy.name(field.quotedName);
    if (value == JsonToken.VALUE_STRING) {
      copy.text(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
    } else if (value.isNumeric()) {
      copy.number(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
    } else {
      copy.raw(value.asString());
    }
  }

  private void takeNested(JsonParser parser, String name, Field field, JsonCopy copy)
      throws IOException {
    if (field.rule == null) {
      plan.unknown(name);
    }
    if (!field.needsTree()) {
      parser.skipChildren();
      return;
    }
    JsonNode tree = TREES.readTree(parser);
    for (Place place : field.places) {
      List<JsonNode> values = new ArrayList<>();
      collect(tree, place.rest(), 0, values);
      found[place.slot()] = node(place, values);
    }
    write(field.quotedName, plan.policy().keep(field.rule, tree), copy);
  }

  private void takeUnknown(JsonParser parser, String name, JsonCopy copy) throws IOException {
    plan.unknown(name);
    if (plan.policy().dropsUnknown()) {
      parser.skipChildren();
    } else {
      JsonNode value = TREES.readTree(parser);
      String shown = JsonCopy.quoted(plan.policy().mask().apply(name));
      write(shown.getBytes(StandardCharsets.UTF_8), plan.policy().keep(null, value), copy);
    }
  }

  private static void write(byte[] quotedName, @Nullable JsonNode kept, JsonCopy copy)
      throws IOException {
    if (kept != null) {
      copy.name(quotedName);
      copy.raw(TREES.writeValueAsString(kept));
    }
  }

  /** An array's elements stand at the array's own place, as they do for the policy. */
  private static void collect(JsonNode node, String[] rest, int depth, Collection<JsonNode> into) {
    if (depth == rest.length) {
      into.add(node);
    } else if (node instanceof ArrayNode array) {
      array.forEach(element -> collect(element, rest, depth, into));
    } else {
      JsonNode inner = node.get(rest[depth]);
      if (inner != null) {
        collect(inner, rest, depth + 1, into);
      }
    }
  }

  private @Nullable Object scalar(Column column, JsonParser parser, JsonToken value)
      throws IOException {
    return switch (column) {
      case EVENT_AT -> value == JsonToken.VALUE_NUMBER_INT ? instantOf(integer(parser)) : null;
      case BENEFIT_CLAIM_ID, CONTENTION_ID ->
          value == JsonToken.VALUE_NUMBER_INT ? integer(parser) : null;
      case CLASSIFICATION ->
          value == JsonToken.VALUE_STRING ? plan.policy().mask().apply(parser.getText()) : null;
      case DIAGNOSTIC_CODES ->
          value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NUMBER_INT
              ? codes(parser.getText())
              : null;
    };
  }

  /** Of an array's values the first counts, but all codes do. */
  private @Nullable Object node(Place place, List<JsonNode> values) {
    if (place.column() == Column.DIAGNOSTIC_CODES) {
      ArrayNode all = TREES.createArrayNode();
      for (JsonNode value : values) {
        if (value instanceof ArrayNode array) {
          all.addAll(array);
        } else {
          all.add(value);
        }
      }
      LinkedHashSet<String> codes = new LinkedHashSet<>();
      boolean clean = plan.codes().addFrom(all, codes);
      return codes.isEmpty() ? null : new Codes(List.copyOf(codes), clean);
    }
    if (values.isEmpty()) {
      return null;
    }
    JsonNode value = values.get(0);
    return switch (place.column()) {
      case EVENT_AT -> instantOf(integer(value));
      case CLASSIFICATION ->
          value.isTextual() ? plan.policy().mask().apply(value.textValue()) : null;
      default -> integer(value);
    };
  }

  private @Nullable Codes codes(String text) {
    LinkedHashSet<String> codes = new LinkedHashSet<>(4);
    boolean clean = plan.codes().addFrom(text, codes);
    return codes.isEmpty() ? null : new Codes(List.copyOf(codes), clean);
  }

  /** A whole number that fits a bigint; null otherwise. */
  private static @Nullable Long integer(JsonParser parser) throws IOException {
    return switch (parser.getNumberType()) {
      case INT, LONG -> parser.getLongValue();
      default -> null;
    };
  }

  private static @Nullable Long integer(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : null;
  }

  private static @Nullable Instant instantOf(@Nullable Long epochMs) {
    return epochMs == null ? null : instant(epochMs);
  }

  /**
   * Epoch milliseconds as an instant; null if they are outside of the years 1 to 9999, which is no
   * event's time, and beyond what every client of the table can read.
   */
  static @Nullable Instant instant(long epochMs) {
    return epochMs < FIRST_MS || epochMs > LAST_MS ? null : Instant.ofEpochMilli(epochMs);
  }

  /** The event as JSON, with what may be kept only. */
  Buffer details() {
    return details;
  }

  @Nullable Instant eventAt() {
    return (Instant) plan.valueOf(Column.EVENT_AT, found);
  }

  @Nullable Long benefitClaimId() {
    return (Long) plan.valueOf(Column.BENEFIT_CLAIM_ID, found);
  }

  @Nullable Long contentionId() {
    return (Long) plan.valueOf(Column.CONTENTION_ID, found);
  }

  @Nullable String classification() {
    return (String) plan.valueOf(Column.CLASSIFICATION, found);
  }

  List<String> codes() {
    return plan.valueOf(Column.DIAGNOSTIC_CODES, found) instanceof Codes codes
        ? codes.codes()
        : List.of();
  }

  /** What was missing, null or of another type, by the columns' first paths. */
  List<String> misses() {
    List<String> misses = List.of();
    for (Column column : COLUMNS) {
      Object value = plan.valueOf(column, found);
      if (value == null || (value instanceof Codes codes && !codes.clean())) {
        if (misses.isEmpty()) {
          misses = new ArrayList<>();
        }
        misses.add(plan.label(column));
      }
    }
    return misses;
  }
}
