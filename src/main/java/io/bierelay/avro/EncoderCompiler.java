package io.bierelay.avro;

import io.bierelay.avro.ContainerEncoders.Fields;
import io.bierelay.avro.ContainerEncoders.Member;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * Turns a schema into a tree of encoders, once; records from a queue and the rest to a bounded
 * depth, for the reasons that {@link SchemaCompiler} has.
 */
final class EncoderCompiler {

  private static final int MAX_NESTING = 500;

  /** By identity, because hashing a schema walks all of it. */
  private final IdentityHashMap<Schema, Fields> records = new IdentityHashMap<>();

  private final Deque<Schema> unfilled = new ArrayDeque<>();

  private final GenericData data = new GenericData();

  private EncoderCompiler() {}

  /**
   * @throws PoisonException {@code invalid-schema} if anonymous types are nested absurdly deep, or
   *     a default is no value of its type
   */
  static ValueEncoder compile(Schema schema) {
    EncoderCompiler compiler = new EncoderCompiler();
    ValueEncoder root = compiler.encoderOf(schema, 0);
    for (Schema next = compiler.unfilled.poll(); next != null; next = compiler.unfilled.poll()) {
      compiler.fill(next);
    }
    return root;
  }

  private ValueEncoder encoderOf(Schema schema, int nesting) {
    if (nesting > MAX_NESTING) {
      throw new PoisonException(
          PoisonReason.INVALID_SCHEMA,
          "the schema nests arrays, maps and unions deeper than " + MAX_NESTING);
    }
    return switch (schema.getType()) {
      case NULL -> ScalarEncoders.NULL;
      case BOOLEAN -> ScalarEncoders.BOOLEAN;
      case INT -> ints(schema.getLogicalType());
      case LONG -> longs(schema.getLogicalType());
      case FLOAT -> ScalarEncoders.FLOAT;
      case DOUBLE -> ScalarEncoders.DOUBLE;
      case STRING -> ScalarEncoders.STRING;
      case BYTES -> bytes(schema.getLogicalType());
      case FIXED -> fixed(schema);
      case ENUM -> new ScalarEncoders.Symbols(schema);
      case ARRAY -> new ContainerEncoders.Items(encoderOf(schema.getElementType(), nesting + 1));
      case MAP -> new ContainerEncoders.Entries(encoderOf(schema.getValueType(), nesting + 1));
      case UNION ->
          new ContainerEncoders.Branches(
              schema.getTypes().stream()
                  .map(branch -> encoderOf(branch, nesting + 1))
                  .toArray(ValueEncoder[]::new));
      case RECORD -> record(schema);
    };
  }

  private static ValueEncoder ints(@Nullable LogicalType logical) {
    if (logical instanceof LogicalTypes.Date) {
      return TimeEncoders.DATE;
    }
    return logical instanceof LogicalTypes.TimeMillis
        ? TimeEncoders.TIME_MILLIS
        : TimeEncoders.UNIX_SECONDS;
  }

  private static ValueEncoder longs(@Nullable LogicalType logical) {
    return switch (logical == null ? "" : logical.getName()) {
      case "time-micros" -> TimeEncoders.TIME_MICROS;
      case "timestamp-millis" -> TimeEncoders.TIMESTAMP_MILLIS;
      case "timestamp-micros" -> TimeEncoders.TIMESTAMP_MICROS;
      case "timestamp-nanos" -> TimeEncoders.TIMESTAMP_NANOS;
      case "local-timestamp-millis" -> TimeEncoders.LOCAL_MILLIS;
      case "local-timestamp-micros" -> TimeEncoders.LOCAL_MICROS;
      case "local-timestamp-nanos" -> TimeEncoders.LOCAL_NANOS;
      default -> TimeEncoders.UNIX_MILLIS;
    };
  }

  private static ValueEncoder bytes(@Nullable LogicalType logical) {
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return new DecimalEncoders.Scaled(decimal.getPrecision(), decimal.getScale(), -1);
    }
    return logical instanceof LogicalTypes.BigDecimal ? DecimalEncoders.BIG : BytesEncoders.bytes();
  }

  private static ValueEncoder fixed(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    int size = schema.getFixedSize();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return new DecimalEncoders.Scaled(decimal.getPrecision(), decimal.getScale(), size);
    }
    if (logical instanceof LogicalTypes.Uuid) {
      return BytesEncoders.UUID;
    }
    return logical instanceof LogicalTypes.Duration
        ? new DurationEncoder()
        : BytesEncoders.fixed(size);
  }

  private ValueEncoder record(Schema schema) {
    Fields known = records.get(schema);
    if (known != null) {
      return known;
    }
    Fields fresh = new Fields(schema.getName());
    records.put(schema, fresh);
    unfilled.add(schema);
    return fresh;
  }

  private void fill(Schema schema) {
    List<Schema.Field> fields = schema.getFields();
    Member[] members = new Member[fields.size()];
    for (int i = 0; i < members.length; i++) {
      Schema.Field field = fields.get(i);
      members[i] =
          new Member(
              field.name(),
              otherNames(field, schema),
              encoderOf(field.schema(), 0),
              field.hasDefaultValue() ? fallback(field) : null);
    }
    ((Fields) record(schema)).fill(members);
  }

  /** What another field is called is never taken from it. */
  private static String[] otherNames(Schema.Field field, Schema record) {
    Set<String> names = new LinkedHashSet<>();
    names.add(decapitalized(field.name()));
    for (String alias : field.aliases()) {
      names.add(alias);
      names.add(decapitalized(alias));
    }
    names.removeIf(name -> record.getField(name) != null);
    return names.toArray(String[]::new);
  }

  private static String decapitalized(String name) {
    return name.isEmpty() ? name : Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  /** By Avro's own writer: it is done once. */
  private byte[] fallback(Schema.Field field) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      Object value = data.getDefaultValue(field);
      new GenericDatumWriter<>(field.schema(), data).write(value, encoder);
      encoder.flush();
    } catch (IOException | RuntimeException e) {
      // Avro throws whatever comes up; all of it means the same here.
      throw new PoisonException(
          PoisonReason.INVALID_SCHEMA,
          "the default of field '%s' is no value of its type".formatted(field.name()));
    }
    return out.toByteArray();
  }
}
