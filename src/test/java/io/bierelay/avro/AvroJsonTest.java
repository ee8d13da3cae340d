package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** The mapping of docs/events.md, line by line, and what hostile bytes come to. */
class AvroJsonTest {

  private static final String LIST =
      """
      {"type":"record","name":"Node","fields":[
        {"name":"value","type":"long"},{"name":"next","type":["null","Node"]}]}""";

  private interface Writing {
    void to(BinaryEncoder encoder) throws IOException;
  }

  private static byte[] avro(Writing writing) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = new EncoderFactory().directBinaryEncoder(out, null);
    try {
      writing.to(encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Schema schema(String json) {
    return new Schema.Parser().parse(json);
  }

  private static String json(String schema, byte[] avro) {
    JsonBuffer out = new JsonBuffer();
    AvroJson.compile(schema(schema)).write(avro, 0, avro.length, out);
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  private static PoisonException poison(String schema, byte[] avro) {
    return poison(AvroJson.compile(schema(schema)), avro);
  }

  private static PoisonException poison(AvroJson json, byte[] avro) {
    return catchThrowableOfType(
        PoisonException.class, () -> json.write(avro, 0, avro.length, new JsonBuffer()));
  }

  private static PoisonReason reason(String schema, String hex) {
    return poison(schema, bytes(hex)).reason();
  }

  @Test
  void integersKeepEveryDigit() {
    for (long value :
        new long[] {
          0,
          -1,
          9,
          10,
          -10,
          99,
          1L << 53,
          (1L << 53) + 1,
          999_999_999_999_999_999L,
          1_000_000_000_000_000_000L,
          Long.MAX_VALUE,
          Long.MIN_VALUE,
          Long.MIN_VALUE + 1
        }) {
      assertThat(json("\"long\"", avro(e -> e.writeLong(value)))).isEqualTo(Long.toString(value));
    }
    assertThat(json("\"int\"", avro(e -> e.writeInt(Integer.MIN_VALUE)))).isEqualTo("-2147483648");
    assertThat(json("\"int\"", avro(e -> e.writeInt(Integer.MAX_VALUE)))).isEqualTo("2147483647");
  }

  @Test
  void floatingPointNumbersAreShortestAndOddOnesAreStrings() {
    assertThat(json("\"double\"", avro(e -> e.writeDouble(2.0e-3)))).isEqualTo("0.002");
    assertThat(json("\"double\"", avro(e -> e.writeDouble(Double.parseDouble("2e23")))))
        .isEqualTo("2.0E23");
    assertThat(json("\"double\"", avro(e -> e.writeDouble(-0.0)))).isEqualTo("-0.0");
    assertThat(json("\"float\"", avro(e -> e.writeFloat(0.1f)))).isEqualTo("0.1");
    assertThat(json("\"float\"", avro(e -> e.writeFloat(Float.NaN)))).isEqualTo("\"NaN\"");
    assertThat(json("\"double\"", avro(e -> e.writeDouble(Double.POSITIVE_INFINITY))))
        .isEqualTo("\"Infinity\"");
    assertThat(json("\"double\"", avro(e -> e.writeDouble(Double.NEGATIVE_INFINITY))))
        .isEqualTo("\"-Infinity\"");
  }

  @Test
  void stringsAreEscapedAndStayUtf8() {
    String text = "a\"b\\c/\b\f\n\r\t\u0000\u001f\u007f é € 😀";
    assertThat(json("\"string\"", avro(e -> e.writeString(text))))
        .isEqualTo("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u001f\u007f é € 😀\"");
  }

  @Test
  void invalidUtf8IsPoison() {
    for (String hex :
        List.of(
            "80",
            "C080",
            "C1BF",
            "C3",
            "E08080",
            "EDA080",
            "E282",
            "F0808080",
            "F4908080",
            "F5808080",
            "FF",
            "C328",
            "E28228",
            "F09F9828")) {
      int length = hex.length() / 2;
      assertThat(reason("\"string\"", "%02x".formatted(length * 2) + hex))
          .as(hex)
          .isEqualTo(PoisonReason.INVALID_VALUE);
    }
  }

  @Test
  void bytesAndFixedAreBase64() {
    assertThat(json("\"bytes\"", bytes("00"))).isEqualTo("\"\"");
    assertThat(json("\"bytes\"", bytes("02 FF"))).isEqualTo("\"/w==\"");
    assertThat(json("\"bytes\"", bytes("04 FFFE"))).isEqualTo("\"//4=\"");
    assertThat(json("{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", bytes("010203")))
        .isEqualTo("\"AQID\"");
  }

  @Test
  void decimalsKeepTheirScale() {
    String two = "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}";
    assertThat(json(two, bytes("04 04D2"))).isEqualTo("\"12.34\"");
    assertThat(json(two, bytes("02 00"))).isEqualTo("\"0.00\"");
    assertThat(json(two, bytes("02 FF"))).isEqualTo("\"-0.01\"");
    assertThat(json(two, bytes("00"))).as("no bytes at all").isEqualTo("\"0.00\"");
    String fixed =
        """
        {"type":"fixed","name":"D","size":8,"logicalType":"decimal","precision":9,"scale":3}""";
    assertThat(json(fixed, bytes("FFFFFFFFFFFFFB2E"))).isEqualTo("\"-1.234\"");
    String big = "{\"type\":\"bytes\",\"logicalType\":\"big-decimal\"}";
    for (String value : List.of("1E+3", "-0.000000000000000000001", "12345678901234567890.50")) {
      ByteBuffer avro =
          new Conversions.BigDecimalConversion()
              .toBytes(new BigDecimal(value), schema(big), LogicalTypes.bigDecimal());
      assertThat(json(big, avro(e -> e.writeBytes(avro))))
          .isEqualTo('"' + new BigDecimal(value).toPlainString() + '"');
    }
  }

  @Test
  void absurdDecimalsArePoisonAtOnce() {
    String scaled =
        """
        {"type":"bytes","logicalType":"decimal","precision":2147483647,"scale":2147483647}""";
    assertThat(reason(scaled, "02 01")).isEqualTo(PoisonReason.TOO_LARGE);
    String big = "{\"type\":\"bytes\",\"logicalType\":\"big-decimal\"}";
    assertThat(reason(big, "0E 02 01 FFFFFFFF0F")).isEqualTo(PoisonReason.TOO_LARGE);
    assertThat(reason(big, "08 02 01 00 00")).isEqualTo(PoisonReason.INVALID_VALUE);
    byte[] digits = new byte[4 << 20];
    java.util.Arrays.fill(digits, (byte) 0x55);
    byte[] long4MiB = avro(e -> e.writeBytes(digits));
    String decimal = "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}";
    Assertions.assertTimeout(
        Duration.ofSeconds(2),
        () -> assertThat(poison(decimal, long4MiB).reason()).isEqualTo(PoisonReason.TOO_LARGE));
  }

  @Test
  void otherLogicalTypes() {
    assertThat(
            json(
                "{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}",
                bytes("6f5d1c1e0c0b5b7e9a55b1e0c0de4a11")))
        .isEqualTo("\"6f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a11\"");
    assertThat(
            json(
                "{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}",
                bytes("01000000 02000000 FFFFFFFF")))
        .isEqualTo("{\"months\":1,\"days\":2,\"millis\":4294967295}");
    assertThat(
            json(
                "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
                avro(e -> e.writeLong(1686598140000L))))
        .isEqualTo("1686598140000");
  }

  @Test
  void containersAndUnions() {
    String map = "{\"type\":\"map\",\"values\":[\"null\",\"boolean\"]}";
    assertThat(json(map, bytes("00"))).isEqualTo("{}");
    assertThat(json(map, bytes("02 02 61 00 02 02 22 02 01 00")))
        .isEqualTo("{\"a\":null,\"\\\"\":true}");
    String array = "{\"type\":\"array\",\"items\":\"int\"}";
    assertThat(json(array, bytes("04 02 04 01 02 06 00"))).as("sized").isEqualTo("[1,2,3]");
    String none = "{\"type\":\"record\",\"name\":\"None\",\"fields\":[]}";
    assertThat(json(none, new byte[0])).isEqualTo("{}");
    String symbol = "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}";
    assertThat(json(symbol, bytes("02"))).isEqualTo("\"B\"");
  }

  @Test
  void recursionGoesAsDeepAsAllowed() {
    AvroJson json = AvroJson.compile(schema(LIST), new AvroLimits(1 << 20, 64), -1);
    byte[] allowed = nodes(64);
    JsonBuffer out = new JsonBuffer();
    json.write(allowed, 0, allowed.length, out);
    assertThat(new String(out.toByteArray(), StandardCharsets.UTF_8))
        .startsWith("{\"value\":0,\"next\":{\"value\":1,")
        .endsWith("\"next\":null" + "}".repeat(64));
    PoisonException poison = poison(json, nodes(65));
    assertThat(poison.reason()).isEqualTo(PoisonReason.TOO_DEEP);
    assertThat(poison.detail()).contains("avro.max.depth").hasSizeLessThan(400);
  }

  private static byte[] nodes(int count) {
    return avro(
        e -> {
          for (int i = 0; i < count; i++) {
            e.writeLong(i);
            e.writeIndex(i == count - 1 ? 0 : 1);
          }
        });
  }

  @Test
  void recordsWithoutBytesCantRecurseForEver() {
    Schema endless = Schema.createRecord("Endless", null, null, false);
    endless.setFields(List.of(new Schema.Field("self", endless)));
    assertThat(poison(AvroJson.compile(endless), new byte[0]).reason())
        .isEqualTo(PoisonReason.TOO_DEEP);
    // Forty levels of two fields each are 2^40 values out of no bytes.
    Schema level = Schema.create(Schema.Type.NULL);
    for (int i = 0; i < 40; i++) {
      level =
          Schema.createRecord(
              "L" + i,
              null,
              null,
              false,
              List.of(new Schema.Field("a", level), new Schema.Field("b", level)));
    }
    AvroJson json = AvroJson.compile(level);
    Assertions.assertTimeout(
        Duration.ofSeconds(5),
        () -> assertThat(poison(json, new byte[0]).reason()).isEqualTo(PoisonReason.TOO_LARGE));
  }

  @Test
  void countsAndLengthsAreNotBelieved() {
    String longs = "{\"type\":\"array\",\"items\":\"long\"}";
    String nulls = "{\"type\":\"array\",\"items\":\"null\"}";
    String max = "FEFFFFFFFFFFFFFFFF01";
    String min = "FFFFFFFFFFFFFFFFFF01";
    assertThat(reason(longs, max)).isEqualTo(PoisonReason.TRUNCATED);
    assertThat(reason(nulls, max)).isEqualTo(PoisonReason.TOO_LARGE);
    assertThat(reason(nulls, min + "00")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason(longs, "01 01")).as("negative size").isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason(longs, "01 04 02 00 00"))
        .as("size of the block is wrong")
        .isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("\"string\"", max)).isEqualTo(PoisonReason.TRUNCATED);
    assertThat(reason("\"bytes\"", "01")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("{\"type\":\"fixed\",\"name\":\"F\",\"size\":2147483000}", "00"))
        .isEqualTo(PoisonReason.TRUNCATED);
  }

  @Test
  void itemsWithoutBytesAreFew() {
    String nulls = "{\"type\":\"array\",\"items\":\"null\"}";
    String none =
        """
        {"type":"array","items":{"type":"record","name":"None","fields":[]}}""";
    for (String schema : List.of(nulls, none)) {
      byte[] most = emptyItems(AvroBytes.MAX_EMPTY);
      assertThat(json(schema, most)).hasSizeGreaterThan(AvroBytes.MAX_EMPTY);
      PoisonException poison = poison(schema, emptyItems(AvroBytes.MAX_EMPTY + 1, 1));
      assertThat(poison.reason()).isEqualTo(PoisonReason.TOO_LARGE);
      assertThat(poison.detail()).contains("65536");
      // In blocks that are each within the bound.
      assertThat(poison(schema, emptyItems(AvroBytes.MAX_EMPTY, 1)).reason())
          .isEqualTo(PoisonReason.TOO_LARGE);
    }
  }

  private static byte[] emptyItems(long... blocks) {
    return avro(
        e -> {
          for (long block : blocks) {
            e.writeLong(block);
          }
          e.writeLong(0);
        });
  }

  @Test
  void valuesOutsideTheirTypeArePoison() {
    assertThat(reason("\"boolean\"", "02")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("\"int\"", "FFFFFFFF1F")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("\"int\"", "FFFFFFFFFF")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("\"long\"", "FFFFFFFFFFFFFFFFFF02")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("[\"null\",\"int\"]", "04")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("[\"null\",\"int\"]", "01")).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", "02"))
        .isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(reason("\"double\"", "00000000000000")).isEqualTo(PoisonReason.TRUNCATED);
    assertThat(reason("\"null\"", "00")).isEqualTo(PoisonReason.TRAILING_BYTES);
  }

  @Test
  void poisonNamesTheFieldAndNotItsContent() {
    String nested =
        """
        {"type":"record","name":"A","fields":[{"name":"first","type":"string"},
          {"name":"inner","type":{"type":"record","name":"B","fields":[
            {"name":"flag","type":"boolean"}]}}]}""";
    PoisonException poison = poison(nested, bytes("0C 736563726574 07"));
    assertThat(poison.reason()).isEqualTo(PoisonReason.INVALID_VALUE);
    assertThat(poison.detail()).contains("inner.flag").doesNotContain("secret");
    assertThat(poison.getMessage()).startsWith("invalid-value: ").contains("inner.flag");
  }

  @Test
  void aFailureLeavesTheBufferAsItWas() {
    JsonBuffer out = new JsonBuffer();
    out.ascii("{\"topic\":").quoted("tö\"pic").ascii(",\"event\":");
    byte[] before = out.toByteArray();
    AvroJson json = AvroJson.compile(schema(LIST), new AvroLimits(100, 64), 5);
    byte[] large = nodes(20);
    PoisonException poison =
        catchThrowableOfType(PoisonException.class, () -> json.write(large, 0, large.length, out));
    assertThat(poison.reason()).isEqualTo(PoisonReason.TOO_LARGE);
    assertThat(poison.schemaId()).isEqualTo(5);
    assertThat(out.toByteArray()).isEqualTo(before);
    out.ascii("null}".repeat(100));
    assertThat(out.size()).as("the limit is the event's only").isEqualTo(before.length + 500);
  }

  @Test
  void valuesMayStandAnywhereInTheArray() {
    JsonBuffer out = new JsonBuffer();
    AvroJson.compile(schema("\"string\"")).write(bytes("FFFF 02 41 FFFF"), 2, 2, out);
    assertThat(out.toByteArray()).asString().isEqualTo("\"A\"");
  }

  @Test
  void bytesBehindTheValueAreNoPartOfIt() {
    Map<String, String> starts =
        Map.of(
            "\"long\"", "80",
            "\"int\"", "80",
            "\"string\"", "04 41",
            "\"bytes\"", "04 41",
            "\"double\"", "00 00",
            "\"boolean\"", "",
            "[\"null\",\"long\"]", "02 80");
    starts.forEach(
        (schema, start) -> {
          int length = bytes(start).length;
          // Would be whole with what stands behind.
          byte[] array = bytes(start + "01".repeat(12));
          AvroJson json = AvroJson.compile(schema(schema));
          PoisonException poison =
              catchThrowableOfType(
                  PoisonException.class, () -> json.write(array, 0, length, new JsonBuffer()));
          assertThat(poison).as(schema).isNotNull();
          assertThat(poison.reason()).as(schema).isEqualTo(PoisonReason.TRUNCATED);
        });
  }

  @Test
  void aSchemaMayChainThousandsOfRecords() {
    int records = 5_000;
    List<Schema> chain = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      chain.add(Schema.createRecord("R" + i, null, null, false));
    }
    for (int i = 0; i < records; i++) {
      Schema next = i + 1 < records ? chain.get(i + 1) : Schema.create(Schema.Type.INT);
      chain.get(i).setFields(List.of(new Schema.Field("f", next)));
    }
    assertThat(poison(AvroJson.compile(chain.get(0)), bytes("00")).reason())
        .isEqualTo(PoisonReason.TOO_DEEP);
  }

  @Test
  void hostileSchemasArePoison() {
    String deepArrays = "{\"type\":\"array\",\"items\":".repeat(900) + "\"int\"" + "}".repeat(900);
    String bomb = "[".repeat(100_000);
    StringBuilder forward = new StringBuilder("[");
    for (int i = 0; i < 12_000; i++) {
      forward.append(
          "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"f\",\"type\":\"R%d\"}]},"
              .formatted(i, i + 1));
    }
    forward.append("{\"type\":\"record\",\"name\":\"R12000\",\"fields\":[]}]");
    for (String hostile :
        List.of(deepArrays, bomb, "", "null", "{}", "{\"type\":\"x\"}", "<html>")) {
      PoisonException poison =
          catchThrowableOfType(
              PoisonException.class,
              () -> AvroJson.compile(List.of(hostile), AvroLimits.DEFAULT, 3));
      assertThat(poison).as(hostile.substring(0, Math.min(40, hostile.length()))).isNotNull();
      assertThat(poison.reason()).isEqualTo(PoisonReason.INVALID_SCHEMA);
      assertThat(poison.schemaId()).isEqualTo(3);
      assertThat(poison.detail()).hasSizeLessThan(400);
    }
    Assertions.assertTimeout(
        Duration.ofSeconds(20),
        () -> {
          try {
            AvroJson.compile(List.of(forward.toString()), AvroLimits.DEFAULT, 3);
          } catch (PoisonException e) {
            assertThat(e.reason()).isEqualTo(PoisonReason.INVALID_SCHEMA);
          }
        });
  }

  @Test
  void oddNamesThatARegistryTookAreReadable() {
    String odd =
        """
        {"type":"record","name":"my-record","namespace":"my-team.x","fields":[
          {"name":"a \\"b\\"","type":"int","default":"not an int"}]}""";
    AvroJson json = AvroJson.compile(List.of(odd), AvroLimits.DEFAULT, 1);
    JsonBuffer out = new JsonBuffer();
    json.write(bytes("02"), 0, 1, out);
    assertThat(out.toByteArray()).asString().isEqualTo("{\"a \\\"b\\\"\":1}");
  }

  @Test
  void mapsOfAvrosOwnWriterWithSizedBlocks() {
    Schema schema = schema("{\"type\":\"map\",\"values\":\"string\"}");
    byte[] avro = AvroSamples.encode(schema, Map.of("k", "v".repeat(1_000)), true);
    assertThat(json(schema.toString(), avro)).isEqualTo("{\"k\":\"" + "v".repeat(1_000) + "\"}");
  }
}
