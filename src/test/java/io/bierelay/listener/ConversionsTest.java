package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bierelay.avro.JsonToAvro;
import io.bierelay.avro.RecordMismatchException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The specification's table of conversions, row by row, as a consumer with Avro's own reader and
 * its logical types sees it: alone, and within a union with null in both orders.
 */
class ConversionsTest {

  private static final GenericData READER = new GenericData();

  static {
    READER.addLogicalTypeConversion(new Conversions.DecimalConversion());
    READER.addLogicalTypeConversion(new TimeConversions.DateConversion());
    READER.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    READER.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    READER.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
  }

  /** The value of a record's only field, as it is read. */
  private static Object read(String type, String json) {
    Schema schema = schema(type);
    JsonObject object = new JsonObject(json.replace('\'', '"'));
    byte[] avro = JsonToAvro.compile(schema).encodeFramed(7, object, path -> {});
    try {
      BinaryDecoder decoder =
          DecoderFactory.get().binaryDecoder(Arrays.copyOfRange(avro, 5, avro.length), null);
      GenericRecord record =
          new GenericDatumReader<GenericRecord>(schema, schema, READER).read(null, decoder);
      assertThat(decoder.isEnd()).isTrue();
      return record.get("Value");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Schema schema(String type) {
    return new Schema.Parser()
        .parse(
            ("{'type':'record','name':'Root','fields':[{'name':'Value','type':" + type + "}]}")
                .replace('\'', '"'));
  }

  private static List<String> alsoInUnions(String type) {
    return List.of(type, "['null'," + type + "]", "[" + type + ",'null']");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'string' | 'text' | text",
        "'string' | 12 | 12",
        "'string' | 1.5 | 1.5",
        "'string' | true | true",
        "{'type':'string','logicalType':'uuid'} | '0f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a12' |"
            + " 0f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a12",
        "{'type':'enum','name':'E','symbols':['Person','Organisation']} | 'Organisation' |"
            + " Organisation",
        "{'type':'enum','name':'E','symbols':['A','B'],'default':'B'} | 'Robot' | B",
        "'int' | '1970-01-02' | 86400",
        "'int' | '1970-01-02T00:00:00Z' | 86400",
        "'int' | '1970-01-02T00:00:00.1234567Z' | 86400",
        "'int' | '1970-01-02T01:00:00+01:00' | 86400",
        "'int' | '2038-01-19T03:14:07Z' | 2147483647",
        "'int' | 12 | 12",
        "'long' | '1970-01-02T00:00:00.123Z' | 86400123",
        "'long' | 9007199254740993 | 9007199254740993",
        "{'type':'int','logicalType':'date'} | '2022-05-13T10:15:30Z' | 2022-05-13",
        "{'type':'long','logicalType':'timestamp-millis'} | '2022-05-13T10:15:30.5Z' |"
            + " 2022-05-13T10:15:30.500Z",
        "{'type':'long','logicalType':'timestamp-micros'} | '2022-05-13T10:15:30.1234567Z' |"
            + " 2022-05-13T10:15:30.123456Z",
        "{'type':'int','logicalType':'time-millis'} | '10:15:30.5' | 10:15:30.500",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | 9.5 | 9.50",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | '-12.34' | -12.34",
        "'float' | 100.5 | 100.5",
        "'double' | -12.34 | -12.34",
        "'boolean' | true | true",
        "{'type':'array','items':'int'} | [1,2] | [1, 2]",
        "{'type':'array','items':{'type':'array','items':'string'}} | [['a'],[]] | [[a], []]",
        "{'type':'array','items':{'type':'enum','name':'E','symbols':['A','B']}} | ['B','A'] |"
            + " [B, A]",
        "{'type':'array','items':['null','int']} | [null,1] | [null, 1]",
        "{'type':'array','items':{'type':'record','name':'R','fields':[{'name':'DateOfBirth',"
            + "'type':['null','int']}]}} | [{'dateOfBirth':'1970-01-02'},{}] |"
            + " [{\"DateOfBirth\": 86400}, {\"DateOfBirth\": null}]",
        "{'type':'map','values':'int'} | {'a':'1970-01-02'} | {a=86400}",
        "{'type':'record','name':'R','fields':[{'name':'IsActive','type':'boolean'}]} |"
            + " {'isActive':true} | {\"IsActive\": true}",
        "{'type':'fixed','name':'F','size':3} | 'AQID' | [1, 2, 3]",
      })
  void becomes(String type, String value, String expected) {
    for (String each : alsoInUnions(type)) {
      assertThat(read(each, "{'value':" + value + "}")).as(each).hasToString(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'int' | 1.5",
        "'int' | 2147483648",
        "'int' | '2038-01-19T03:14:08Z'",
        "'int' | '0001-01-01T00:00:00'",
        "'long' | 1e30",
        "'float' | 16777217",
        "'double' | 9007199254740993",
        "'boolean' | 'yes'",
        "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2} | 1.234",
        "{'type':'enum','name':'E','symbols':['Person','Organisation']} | 'Robot'",
        "'string' | {}",
        "{'type':'array','items':'int'} | 'x'",
      })
  void isRefusedAndNeverTruncated(String type, String value) {
    for (String each : alsoInUnions(type)) {
      RecordMismatchException e =
          catchThrowableOfType(
              RecordMismatchException.class, () -> read(each, "{'value':" + value + "}"));
      assertThat(e).as(each).isNotNull();
      assertThat(e.path()).startsWith("Value");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {"['null','string']", "['string','null']", "['int','null','string']"})
  void nullOrNothingIsTheUnionsNullWhereverItStands(String type) {
    assertThat(read(type, "{'value':null}")).isNull();
    assertThat(read(type, "{}")).isNull();
  }

  @Test
  void ofMoreThanTwoBranchesTheOneThatFitsIsTaken() {
    for (String type :
        List.of("['null','int','string']", "['string','null','int']", "['int','string','null']")) {
      assertThat(read(type, "{'value':7}")).as(type).isEqualTo(7);
      assertThat(read(type, "{'value':'x'}")).as(type).hasToString("x");
    }
  }

  @Test
  void anUnknownSymbolNamesFieldAndSymbolsAndItsCallerGetsTheValue() {
    RecordMismatchException e =
        catchThrowableOfType(
            RecordMismatchException.class,
            () -> read("{'type':'enum','name':'E','symbols':['A','B']}", "{'value':'Robot'}"));
    assertThat(e.messageWithValue()).contains("Value").contains("[A, B]").contains("'Robot'");
  }

  @Test
  void aFieldThatLacksIsToldThenItsDefaultOrNullStandsIn() {
    List<String> told = new ArrayList<>();
    Schema schema =
        new Schema.Parser()
            .parse(
                """
                {"type":"record","name":"Root","fields":[
                  {"name":"Defaulted","type":"int","default":3},
                  {"name":"Nullable","type":["null","string"]},
                  {"name":"Amount","type":{"type":"bytes","logicalType":"decimal","precision":4,
                    "scale":1}}]}""");
    JsonToAvro.compile(schema)
        .encode(new JsonObject().put("amount", new BigDecimal("1.5")), told::add);
    assertThat(told).containsExactly("Defaulted", "Nullable");
    RecordMismatchException e =
        catchThrowableOfType(
            RecordMismatchException.class,
            () -> JsonToAvro.compile(schema).encode(new JsonObject(), told::add));
    assertThat(e.path()).isEqualTo("Amount");
  }
}
