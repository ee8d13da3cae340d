package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

/**
 * What Avro becomes in JSON becomes the same Avro again.
 *
 * <p>The JSON is the same for every schema. The Avro is the same wherever the mapping is one to
 * one, which it is not for a union of several branches beside null, since JSON does not say which
 * it was, and a big-decimal of negative scale, since its zeros are written out.
 */
class JsonToAvroPropertyTest {

  private static final int SCHEMAS = Integer.getInteger("property.schemas", 200);
  private static final int RECORDS = Integer.getInteger("property.records", 50);

  @Test
  void avroToJsonToAvroToJsonIsTheIdentity() throws Exception {
    AvroSamples samples = new AvroSamples(AvroSamples.seed(getClass()));
    AvroBuffer out = new AvroBuffer();
    int oneToOne = 0;
    for (int s = 0; s < SCHEMAS; s++) {
      Schema schema = new Schema.Parser().parse(samples.schema().toString());
      AvroJson toJson = AvroJson.compile(schema);
      JsonToAvro toAvro = JsonToAvro.compile(schema);
      boolean unambiguous = isOneToOne(schema, Collections.newSetFromMap(new IdentityHashMap<>()));
      oneToOne += unambiguous ? 1 : 0;
      for (int r = 0; r < RECORDS; r++) {
        byte[] avro = AvroSamples.encode(schema, samples.datum(schema, 0), r % 2 == 0);
        String json = json(toJson, avro);
        try {
          out.reset();
          toAvro.writeValue(
              Json.decodeValue(json),
              out,
              path -> {
                throw new AssertionError("told to lack " + path);
              });
          byte[] again = out.toByteArray();
          Object read = read(schema, again);
          same(json(toJson, again), json);
          if (unambiguous) {
            same(read, read(schema, avro));
          }
        } catch (RuntimeException | IOException | AssertionError e) {
          throw new AssertionError("schema %d, record %d: %s%n%s".formatted(s, r, schema, json), e);
        }
      }
    }
    System.out.println(
        getClass().getSimpleName() + ": one to one " + oneToOne + " of " + SCHEMAS + " schemas");
    assertThat(oneToOne).isGreaterThan(SCHEMAS / 20);
  }

  private static void same(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError("expected %s, got %s".formatted(expected, actual));
    }
  }

  private static String json(AvroJson toJson, byte[] avro) {
    JsonBuffer out = new JsonBuffer();
    toJson.write(avro, 0, avro.length, out);
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  /** By Avro's own reader, to the last byte. */
  private static Object read(Schema schema, byte[] avro) throws IOException {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(avro, null);
    Object value = new GenericDatumReader<>(schema, schema, new GenericData()).read(null, decoder);
    if (!decoder.isEnd()) {
      throw new AssertionError("bytes are left");
    }
    return value;
  }

  private static boolean isOneToOne(Schema schema, Set<Schema> seen) {
    return switch (schema.getType()) {
      case UNION ->
          schema.getTypes().stream().filter(b -> b.getType() != Schema.Type.NULL).count() <= 1
              && schema.getTypes().stream().allMatch(branch -> isOneToOne(branch, seen));
      case RECORD ->
          !seen.add(schema)
              || schema.getFields().stream().allMatch(f -> isOneToOne(f.schema(), seen));
      case ARRAY -> isOneToOne(schema.getElementType(), seen);
      case MAP -> isOneToOne(schema.getValueType(), seen);
      case BYTES -> !(schema.getLogicalType() instanceof LogicalTypes.BigDecimal);
      default -> true;
    };
  }
}
