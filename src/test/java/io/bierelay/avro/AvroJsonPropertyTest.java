package io.bierelay.avro;

import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.Test;

/** Whatever Avro's own writer writes becomes JSON that stands for the same value. */
class AvroJsonPropertyTest {

  private static final int SCHEMAS = Integer.getInteger("property.schemas", 200);
  private static final int RECORDS = Integer.getInteger("property.records", 200);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Test
  void jsonStandsForTheValueThatAvroWrote() throws Exception {
    AvroSamples samples = new AvroSamples(AvroSamples.seed(getClass()));
    JsonBuffer out = new JsonBuffer();
    for (int s = 0; s < SCHEMAS; s++) {
      // Through its JSON form, as it comes from a registry: that is what sets logical types.
      Schema schema = new Schema.Parser().parse(samples.schema().toString());
      AvroJson json = AvroJson.compile(schema);
      for (int r = 0; r < RECORDS; r++) {
        Object datum = samples.datum(schema, 0);
        byte[] avro = AvroSamples.encode(schema, datum, r % 2 == 0);
        out.reset();
        try {
          json.write(avro, 0, avro.length, out);
          compare(schema, datum, MAPPER.readTree(out.toByteArray()));
        } catch (PoisonException | AssertionError e) {
          throw new AssertionError("schema " + s + ", record " + r + ": " + schema, e);
        }
      }
    }
  }

  private static void compare(Schema schema, Object datum, JsonNode json) {
    switch (schema.getType()) {
      case NULL -> same(json.isNull(), true);
      case BOOLEAN -> same(json.booleanValue(), datum);
      case INT -> {
        same(json.isInt(), true);
        same(json.intValue(), datum);
      }
      case LONG -> {
        same(json.isIntegralNumber(), true);
        same(json.longValue(), datum);
      }
      case FLOAT -> {
        Float value = (Float) datum;
        same(json.isNumber(), Float.isFinite(value));
        same(Float.valueOf(json.asText()), value);
      }
      case DOUBLE -> {
        Double value = (Double) datum;
        same(json.isNumber(), Double.isFinite(value));
        same(Double.valueOf(json.asText()), value);
      }
      case STRING, ENUM -> same(json.textValue(), datum.toString());
      case BYTES -> compareBytes(schema, ((ByteBuffer) datum).array(), json);
      case FIXED -> compareBytes(schema, ((GenericFixed) datum).bytes(), json);
      case ARRAY -> {
        List<?> items = (List<?>) datum;
        same(json.isArray(), true);
        same(json.size(), items.size());
        for (int i = 0; i < items.size(); i++) {
          compare(schema.getElementType(), items.get(i), json.get(i));
        }
      }
      case MAP -> {
        Map<?, ?> entries = (Map<?, ?>) datum;
        same(json.isObject(), true);
        same(json.size(), entries.size());
        entries.forEach(
            (key, value) -> compare(schema.getValueType(), value, json.get(key.toString())));
      }
      case UNION ->
          compare(
              schema.getTypes().get(new GenericData().resolveUnion(schema, datum)), datum, json);
      case RECORD -> {
        same(json.isObject(), true);
        same(json.size(), schema.getFields().size());
        IndexedRecord record = (IndexedRecord) datum;
        schema
            .getFields()
            .forEach(f -> compare(f.schema(), record.get(f.pos()), json.get(f.name())));
      }
      default -> fail("no such type");
    }
  }

  /** Plain, because it is called millions of times. */
  private static void same(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) {
      fail("expected %s, got %s".formatted(expected, actual));
    }
  }

  private static void compareBytes(Schema schema, byte[] bytes, JsonNode json) {
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      same(
          json.textValue(),
          new BigDecimal(new BigInteger(bytes), decimal.getScale()).toPlainString());
    } else if (schema.getLogicalType() instanceof LogicalTypes.BigDecimal big) {
      BigDecimal value =
          new Conversions.BigDecimalConversion().fromBytes(ByteBuffer.wrap(bytes), schema, big);
      same(json.textValue(), value.toPlainString());
    } else if (schema.getLogicalType() instanceof LogicalTypes.Uuid) {
      ByteBuffer uuid = ByteBuffer.wrap(bytes);
      same(json.textValue(), new UUID(uuid.getLong(), uuid.getLong()).toString());
    } else if (schema.getLogicalType() instanceof LogicalTypes.Duration) {
      ByteBuffer parts = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      same(json.size(), 3);
      for (String name : List.of("months", "days", "millis")) {
        same(json.get(name).longValue(), Integer.toUnsignedLong(parts.getInt()));
      }
    } else {
      same(json.textValue(), Base64.getEncoder().encodeToString(bytes));
    }
  }
}
