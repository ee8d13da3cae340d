package io.bierelay.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Conversion;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.jspecify.annotations.Nullable;

/**
 * Writes values that somebody else's deserializer made as JSON, by the mapping of {@link AvroJson}.
 *
 * <p>What has an Avro schema is written as Avro binary first and from there as all events are: so
 * there is one mapping, whether a logical type comes raw or as a Java object. It costs a second
 * pass, and a plugged deserializer is slow anyway. Not safe for several threads.
 */
public final class ObjectJson {

  private static final int MAX_SCHEMAS = 1_000;

  /** All that Avro knows: a generated class may have been made with any of them. */
  private static final List<Conversion<?>> CONVERSIONS =
      List.of(
          new Conversions.DecimalConversion(),
          new Conversions.BigDecimalConversion(),
          new Conversions.UUIDConversion(),
          new Conversions.DurationConversion(),
          new TimeConversions.DateConversion(),
          new TimeConversions.TimeMillisConversion(),
          new TimeConversions.TimeMicrosConversion(),
          new TimeConversions.TimestampMillisConversion(),
          new TimeConversions.TimestampMicrosConversion(),
          new TimeConversions.TimestampNanosConversion(),
          new TimeConversions.LocalTimestampMillisConversion(),
          new TimeConversions.LocalTimestampMicrosConversion(),
          new TimeConversions.LocalTimestampNanosConversion());

  private final AvroLimits limits;
  private final SpecificData model = new SpecificData();
  private final IdentityHashMap<Schema, AvroJson> writers = new IdentityHashMap<>();
  private int depth;

  /** With the same bounds as events read by ourselves. */
  public ObjectJson(AvroLimits limits) {
    this.limits = limits;
    CONVERSIONS.forEach(model::addLogicalTypeConversion);
  }

  /**
   * Appends the value as JSON.
   *
   * @param value of Avro's generic or generated classes, text, bytes, a number, a boolean, a map
   *     with texts as keys, a collection, or null
   * @param out undefined after a failure
   * @throws PoisonException {@code deserializer-failed} if there is no JSON for it; {@code
   *     too-deep} and {@code too-large} beyond the limits
   */
  public void write(@Nullable Object value, JsonBuffer out) {
    depth = 0;
    out.allow(limits.maxJsonSize());
    try {
      append(value, out);
    } catch (StackOverflowError e) {
      throw tooDeep();
    } finally {
      out.unlimited();
    }
  }

  private void append(@Nullable Object value, JsonBuffer out) {
    if (value == null) {
      out.ascii("null");
    } else if (value instanceof GenericContainer container) {
      out.raw(avro(container));
    } else if (value instanceof CharSequence text) {
      out.quoted(text.toString());
    } else if (value instanceof byte[] bytes) {
      out.quotedBase64(bytes, 0, bytes.length);
    } else if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      out.quotedBase64(bytes, 0, bytes.length);
    } else if (value instanceof Boolean flag) {
      out.ascii(flag ? "true" : "false");
    } else if (value instanceof Number number) {
      append(number, out);
    } else if (value instanceof Map<?, ?> map) {
      object(map, out);
    } else if (value instanceof Collection<?> items) {
      array(items, out);
    } else {
      throw unknown(value);
    }
  }

  private static void append(Number number, JsonBuffer out) {
    if (number instanceof Double value) {
      out.number(value.doubleValue());
    } else if (number instanceof Float value) {
      out.number(value.floatValue());
    } else if (number instanceof BigDecimal || number instanceof BigInteger) {
      // As Avro's decimals: text, and bounded, for its plain form may be endless.
      BigDecimal value =
          number instanceof BigDecimal decimal ? decimal : new BigDecimal((BigInteger) number);
      DecimalWriters.write(value, out);
    } else if (number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte) {
      out.number(number.longValue());
    } else {
      throw unknown(number);
    }
  }

  private void object(Map<?, ?> map, JsonBuffer out) {
    enter();
    char before = '{';
    for (Map.Entry<?, ?> member : map.entrySet()) {
      if (!(member.getKey() instanceof CharSequence name)) {
        throw new PoisonException(
            PoisonReason.DESERIALIZER_FAILED, "it returned a map with keys that are no text");
      }
      out.ascii(before).quoted(name.toString()).ascii(':');
      append(member.getValue(), out);
      before = ',';
    }
    out.ascii(map.isEmpty() ? "{}" : "}");
    depth--;
  }

  private void array(Collection<?> items, JsonBuffer out) {
    enter();
    char before = '[';
    for (Object item : items) {
      out.ascii(before);
      append(item, out);
      before = ',';
    }
    out.ascii(items.isEmpty() ? "[]" : "]");
    depth--;
  }

  private byte[] avro(GenericContainer value) {
    Schema schema = value.getSchema();
    ByteArrayOutputStream binary = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(binary, null);
    try {
      new SpecificDatumWriter<Object>(schema, model).write(value, encoder);
    } catch (IOException | RuntimeException e) {
      // Avro throws whatever comes up, and its messages quote values.
      throw new PoisonException(
          PoisonReason.DESERIALIZER_FAILED,
          "it returned a value that does not fit its own schema (%s)"
              .formatted(e.getClass().getName()));
    }
    JsonBuffer json = new JsonBuffer();
    writerOf(schema).write(binary.toByteArray(), 0, binary.size(), json);
    return json.toByteArray();
  }

  /** By identity, because hashing a schema walks all of it. */
  private AvroJson writerOf(Schema schema) {
    AvroJson known = writers.get(schema);
    if (known == null) {
      if (writers.size() >= MAX_SCHEMAS) {
        writers.clear();
      }
      known = AvroJson.compile(schema, limits, -1);
      writers.put(schema, known);
    }
    return known;
  }

  private void enter() {
    if (++depth > limits.maxDepth()) {
      throw tooDeep();
    }
  }

  private PoisonException tooDeep() {
    return new PoisonException(
        PoisonReason.TOO_DEEP,
        "records, arrays and maps are nested deeper than avro.max.depth, " + limits.maxDepth());
  }

  private static PoisonException unknown(Object value) {
    return new PoisonException(
        PoisonReason.DESERIALIZER_FAILED,
        "it returned a %s, for which there is no JSON".formatted(value.getClass().getName()));
  }
}
