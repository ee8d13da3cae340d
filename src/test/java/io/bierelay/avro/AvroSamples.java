package io.bierelay.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Random schemas of all types, and random data for them, from one seed. */
final class AvroSamples {

  private static final int DEEPEST = 4;

  private final Random random;
  private int names;

  AvroSamples(long seed) {
    this.random = new Random(seed);
  }

  /** A seed from -Dseed=, or a new one; printed, so that a failure can be repeated. */
  static long seed(Class<?> test) {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println(test.getSimpleName() + ": repeat with -Dseed=" + seed);
    return seed;
  }

  Random random() {
    return random;
  }

  Schema schema() {
    return random.nextInt(4) == 0
        ? type(0, new ArrayList<>(), EnumSet.allOf(Schema.Type.class))
        : record(0, new ArrayList<>());
  }

  private Schema type(int depth, List<Schema> enclosing, Set<Schema.Type> allowed) {
    List<Schema.Type> types = new ArrayList<>(allowed);
    if (depth >= DEEPEST) {
      types.removeAll(
          EnumSet.of(Schema.Type.RECORD, Schema.Type.ARRAY, Schema.Type.MAP, Schema.Type.UNION));
    }
    if (types.isEmpty()) {
      types.add(Schema.Type.NULL);
    }
    Schema.Type type = types.get(random.nextInt(types.size()));
    Set<Schema.Type> all = EnumSet.allOf(Schema.Type.class);
    return switch (type) {
      case RECORD -> record(depth + 1, enclosing);
      case ARRAY -> Schema.createArray(type(depth + 1, enclosing, all));
      case MAP -> Schema.createMap(type(depth + 1, enclosing, all));
      case UNION -> union(depth + 1, enclosing);
      case ENUM -> Schema.createEnum(name(), null, null, List.of("A", "B_2", "LONGER_SYMBOL"));
      case FIXED -> fixed();
      case BYTES -> bytes();
      default -> scalar(type);
    };
  }

  private Schema union(int depth, List<Schema> enclosing) {
    Set<Schema.Type> left = EnumSet.complementOf(EnumSet.of(Schema.Type.UNION));
    List<Schema> branches = new ArrayList<>();
    for (int i = random.nextInt(5) + 1; i > 0; i--) {
      Schema branch = type(depth, enclosing, left);
      if (left.remove(branch.getType())) {
        branches.add(branch);
      }
    }
    if (!enclosing.isEmpty() && left.contains(Schema.Type.RECORD) && random.nextBoolean()) {
      branches.add(enclosing.get(random.nextInt(enclosing.size())));
    }
    if (left.contains(Schema.Type.NULL)) {
      branches.add(random.nextInt(branches.size() + 1), Schema.create(Schema.Type.NULL));
    }
    return Schema.createUnion(branches);
  }

  private Schema record(int depth, List<Schema> enclosing) {
    Schema record = Schema.createRecord(name(), null, "io.bierelay.sample", false);
    List<Schema> inside = new ArrayList<>(enclosing);
    inside.add(record);
    List<Schema.Field> fields = new ArrayList<>();
    for (int i = random.nextInt(depth == 0 ? 12 : 4); i >= 0; i--) {
      if (depth > 0 && random.nextInt(12) == 0) {
        break; // A record may have no field at all.
      }
      Schema type = type(depth, inside, EnumSet.allOf(Schema.Type.class));
      fields.add(new Schema.Field("f" + i + "_" + name(), type));
    }
    record.setFields(fields);
    return record;
  }

  private Schema scalar(Schema.Type type) {
    Schema schema = Schema.create(type);
    if (type == Schema.Type.INT) {
      return switch (random.nextInt(4)) {
        case 0 -> LogicalTypes.date().addToSchema(schema);
        case 1 -> LogicalTypes.timeMillis().addToSchema(schema);
        default -> schema;
      };
    }
    if (type == Schema.Type.STRING && random.nextInt(4) == 0) {
      return LogicalTypes.uuid().addToSchema(schema);
    }
    if (type != Schema.Type.LONG) {
      return schema;
    }
    return switch (random.nextInt(9)) {
      case 0 -> LogicalTypes.timeMicros().addToSchema(schema);
      case 1 -> LogicalTypes.timestampMillis().addToSchema(schema);
      case 2 -> LogicalTypes.timestampMicros().addToSchema(schema);
      case 3 -> LogicalTypes.timestampNanos().addToSchema(schema);
      case 4 -> LogicalTypes.localTimestampMillis().addToSchema(schema);
      case 5 -> LogicalTypes.localTimestampMicros().addToSchema(schema);
      case 6 -> LogicalTypes.localTimestampNanos().addToSchema(schema);
      default -> schema;
    };
  }

  private Schema bytes() {
    Schema schema = Schema.create(Schema.Type.BYTES);
    return switch (random.nextInt(4)) {
      case 0 -> LogicalTypes.decimal(30, random.nextInt(31)).addToSchema(schema);
      case 1 -> LogicalTypes.bigDecimal().addToSchema(schema);
      default -> schema;
    };
  }

  private Schema fixed() {
    return switch (random.nextInt(4)) {
      case 0 -> LogicalTypes.uuid().addToSchema(fixed(16));
      case 1 -> LogicalTypes.duration().addToSchema(fixed(12));
      case 2 -> LogicalTypes.decimal(47, random.nextInt(21)).addToSchema(fixed(20));
      default -> fixed(random.nextInt(20));
    };
  }

  private Schema fixed(int size) {
    return Schema.createFixed(name(), null, "io.bierelay.sample", size);
  }

  private String name() {
    return "N" + names++;
  }

  Object datum(Schema schema, int depth) {
    return switch (schema.getType()) {
      case NULL -> null;
      case BOOLEAN -> random.nextBoolean();
      case INT -> (int) integer();
      case LONG -> integer();
      case FLOAT -> random.nextInt(8) == 0 ? oddFloat() : Float.intBitsToFloat(random.nextInt());
      case DOUBLE ->
          random.nextInt(8) == 0 ? (double) oddFloat() : Double.longBitsToDouble(random.nextLong());
      case STRING -> text();
      case BYTES -> ByteBuffer.wrap(bytesOf(schema));
      case FIXED -> new GenericData.Fixed(schema, fixedOf(schema));
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        for (int i = count(depth); i > 0; i--) {
          items.add(datum(schema.getElementType(), depth + 1));
        }
        yield items;
      }
      case MAP -> {
        Map<String, Object> entries = new HashMap<>();
        for (int i = count(depth); i > 0; i--) {
          entries.put(text(), datum(schema.getValueType(), depth + 1));
        }
        yield entries;
      }
      case UNION -> {
        List<Schema> branches = schema.getTypes();
        Schema chosen = branches.get(random.nextInt(branches.size()));
        boolean ends = depth > 8 && chosen.getType() == Schema.Type.RECORD;
        yield ends && hasNull(schema) ? null : datum(chosen, depth + 1);
      }
      case RECORD -> {
        GenericData.Record record = new GenericData.Record(schema);
        schema.getFields().forEach(f -> record.put(f.pos(), datum(f.schema(), depth + 1)));
        yield record;
      }
    };
  }

  private static boolean hasNull(Schema union) {
    return union.getTypes().stream().anyMatch(type -> type.getType() == Schema.Type.NULL);
  }

  private int count(int depth) {
    return depth > 6 ? 0 : random.nextInt(4);
  }

  /** Of all magnitudes, the extremes included. */
  private long integer() {
    return switch (random.nextInt(8)) {
      case 0 -> Long.MIN_VALUE;
      case 1 -> Long.MAX_VALUE;
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  private float oddFloat() {
    float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, 0f, 1e10f};
    return odd[random.nextInt(odd.length)];
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      switch (random.nextInt(6)) {
        case 0 -> text.append((char) random.nextInt(0x20));
        case 1 -> text.append("\"\\/\u007f\u2028".charAt(random.nextInt(5)));
        case 2 -> text.append((char) (0x80 + random.nextInt(0xD800 - 0x80)));
        case 3 -> text.appendCodePoint(0x10000 + random.nextInt(0x100000));
        default -> text.append((char) (0x20 + random.nextInt(0x5F)));
      }
    }
    return text.toString();
  }

  private byte[] bytesOf(Schema schema) {
    if (schema.getLogicalType() instanceof LogicalTypes.BigDecimal) {
      BigDecimal value =
          new BigDecimal(new BigInteger(random.nextInt(100), random), random.nextInt(60) - 30);
      return new Conversions.BigDecimalConversion()
          .toBytes(value, schema, schema.getLogicalType())
          .array();
    }
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal) {
      return new BigInteger(random.nextInt(90), random)
          .multiply(BigInteger.valueOf(random.nextBoolean() ? 1 : -1))
          .toByteArray();
    }
    return some(random.nextInt(20));
  }

  private byte[] fixedOf(Schema schema) {
    byte[] bytes = some(schema.getFixedSize());
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal) {
      // One byte of sign at least keeps it within the 47 digits that the schema allows.
      int sign = random.nextBoolean() ? 15 : 1;
      java.util.Arrays.fill(bytes, 0, sign, (byte) (random.nextBoolean() ? 0 : -1));
    }
    return bytes;
  }

  private byte[] some(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** By Avro's own writer. */
  static byte[] encode(Schema schema, Object datum, boolean sizedBlocks) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EncoderFactory factory = new EncoderFactory().configureBlockSize(64);
    BinaryEncoder encoder =
        sizedBlocks ? factory.blockingBinaryEncoder(out, null) : factory.binaryEncoder(out, null);
    try {
      new GenericDatumWriter<>(schema, new GenericData()).write(datum, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
