package io.bierelay.avro;

import io.bierelay.avro.ContainerWriters.Blocks;
import io.bierelay.avro.ContainerWriters.Branches;
import io.bierelay.avro.ContainerWriters.Field;
import io.bierelay.avro.ContainerWriters.Fields;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Turns a schema into a tree of writers, once.
 *
 * <p>Records are filled from a queue and not recursively: a schema may chain thousands of them, and
 * must not be able to exhaust the stack. What remains, arrays and maps and unions without a name,
 * is nested as deeply as its JSON and bounded here.
 */
final class SchemaCompiler {

  private static final int MAX_NESTING = 500;

  /** By identity, because hashing a schema walks all of it. */
  private final IdentityHashMap<Schema, Fields> records = new IdentityHashMap<>();

  private final Deque<Schema> unfilled = new ArrayDeque<>();

  private SchemaCompiler() {}

  /**
   * @throws PoisonException {@code invalid-schema} if anonymous types are nested absurdly deep
   */
  static ValueWriter compile(Schema schema) {
    SchemaCompiler compiler = new SchemaCompiler();
    ValueWriter root = compiler.writerOf(schema, 0);
    for (Schema next = compiler.unfilled.poll(); next != null; next = compiler.unfilled.poll()) {
      compiler.fill(next);
    }
    return root;
  }

  private ValueWriter writerOf(Schema schema, int nesting) {
    if (nesting > MAX_NESTING) {
      throw new PoisonException(
          PoisonReason.INVALID_SCHEMA,
          "the schema nests arrays, maps and unions deeper than " + MAX_NESTING);
    }
    return switch (schema.getType()) {
      case NULL -> ScalarWriters.NULL;
      case BOOLEAN -> ScalarWriters.BOOLEAN;
      case INT -> ScalarWriters.INT;
      case LONG -> ScalarWriters.LONG;
      case FLOAT -> ScalarWriters.FLOAT;
      case DOUBLE -> ScalarWriters.DOUBLE;
      case STRING -> ScalarWriters.STRING;
      case BYTES -> bytes(schema);
      case FIXED -> fixed(schema);
      case ENUM -> ScalarWriters.symbols(schema.getEnumSymbols());
      case ARRAY -> blocks(null, schema.getElementType(), nesting);
      case MAP -> blocks(ScalarWriters.STRING, schema.getValueType(), nesting);
      case UNION -> union(schema, nesting);
      case RECORD -> record(schema);
    };
  }

  private static ValueWriter bytes(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return DecimalWriters.inBytes(decimal.getScale());
    }
    return logical instanceof LogicalTypes.BigDecimal ? DecimalWriters.BIG : ScalarWriters.BYTES;
  }

  private static ValueWriter fixed(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      return DecimalWriters.inFixed(schema.getFixedSize(), decimal.getScale());
    }
    if (logical instanceof LogicalTypes.Uuid) {
      return ScalarWriters.UUID;
    }
    return logical instanceof LogicalTypes.Duration
        ? ScalarWriters.DURATION
        : ScalarWriters.fixed(schema.getFixedSize());
  }

  private ValueWriter blocks(@Nullable ValueWriter keys, Schema items, int nesting) {
    int least =
        switch (items.getType()) {
          // A record's fields may not be known yet, and may have no bytes.
          case NULL, RECORD -> 0;
          case FIXED -> items.getFixedSize();
          case FLOAT -> 4;
          case DOUBLE -> 8;
          default -> 1;
        };
    int key = keys == null ? 0 : 1;
    return new Blocks(keys, writerOf(items, nesting + 1), Math.max(least, key));
  }

  private ValueWriter union(Schema schema, int nesting) {
    return new Branches(
        schema.getTypes().stream()
            .map(branch -> writerOf(branch, nesting + 1))
            .toArray(ValueWriter[]::new));
  }

  private ValueWriter record(Schema schema) {
    Fields known = records.get(schema);
    if (known != null) {
      return known;
    }
    Fields fresh = new Fields();
    records.put(schema, fresh);
    unfilled.add(schema);
    return fresh;
  }

  private void fill(Schema schema) {
    List<Schema.Field> fields = schema.getFields();
    JsonBuffer json = new JsonBuffer();
    Field[] filled = new Field[fields.size()];
    for (int i = 0; i < filled.length; i++) {
      Schema.Field field = fields.get(i);
      filled[i] = new Field(field.name(), i == 0, writerOf(field.schema(), 0), json);
    }
    ((Fields) record(schema)).fill(filled);
  }
}
