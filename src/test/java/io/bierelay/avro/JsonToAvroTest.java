package io.bierelay.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of docs/events.md, "JSON to Avro", row by row. */
class JsonToAvroTest {

  private static final String E = "{'type':'enum','name':'E','symbols':['A','B']}";
  private static final String ED = "{'type':'enum','name':'E','symbols':['A','B'],'default':'B'}";

  private static Schema schema(String json) {
    return new Schema.Parser().parse(json.replace('\'', '"'));
  }

  private static byte[] avro(String schema, Object value) {
    AvroBuffer out = new AvroBuffer();
    JsonToAvro.compile(schema(schema)).writeValue(value, out, path -> {});
    return out.toByteArray();
  }

  private static Object read(Schema schema, byte[] avro) {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(avro, null);
    try {
      Object value = new GenericDatumReader<>(schema).read(null, decoder);
      assertThat(decoder.isEnd()).isTrue();
      return value;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** There and back, as JSON: what Avro's own reader takes for this value. */
  private static String become(String schema, Object value) {
    byte[] avro = avro(schema, value);
    read(schema(schema), avro);
    JsonBuffer out = new JsonBuffer();
    AvroJson.compile(schema(schema)).write(avro, 0, avro.length, out);
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  private static RecordMismatchException mismatch(String schema, Object value) {
    return catchThrowableOfType(RecordMismatchException.class, () -> avro(schema, value));
  }

  private static Object json(String text) {
    return Json.decodeValue(text.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'string' | 'x é 😀' | 'x é 😀'",
        "'string' | 12 | '12'",
        "'string' | 1.5 | '1.5'",
        "'string' | true | 'true'",
        "{'type':'string','logicalType':'uuid'} | 'any' | 'any'",
        "'boolean' | false | false",
        "'boolean' | 'true' | true",
        "'int' | 3.0 | 3",
        "'int' | -2147483648 | -2147483648",
        "'int' | '12' | 12",
        "'int' | '1970-01-02' | 86400",
        "'int' | '1970-01-02T00:00:00Z' | 86400",
        "'int' | '1970-01-02T00:00:00' | 86400",
        "'int' | '1970-01-02T01:30:00+01:30' | 86400",
        "'int' | '1970-01-01T19:00-0500' | 86400",
        "'int' | '1970-01-01T23:59:59.9999999Z' | 86399",
        "'int' | '1969-12-31T23:59:59.5Z' | -1",
        "'int' | '2038-01-19T03:14:07Z' | 2147483647",
        "'int' | '1901-12-13T20:45:52Z' | -2147483648",
        "'int' | '2000-02-29' | 951782400",
        "'long' | 9223372036854775807 | 9223372036854775807",
        "'long' | -9223372036854775808 | -9223372036854775808",
        "'long' | '1970-01-02T00:00:00.123Z' | 86400123",
        "'long' | '9007199254740993' | 9007199254740993",
        "'float' | 0.1 | 0.1",
        "'float' | 5 | 5.0",
        "'float' | 'NaN' | 'NaN'",
        "'double' | '-Infinity' | '-Infinity'",
        "'double' | '0.25' | 0.25",
        "'double' | 9007199254740992 | 9.007199254740992E15",
        "'bytes' | 'AQID' | 'AQID'",
        "'bytes' | '' | ''",
        "{'type':'fixed','name':'F','size':2} | 'AQI=' | 'AQI='",
        "{'type':'int','logicalType':'date'} | '1969-12-31' | -1",
        "{'type':'int','logicalType':'date'} | '1962-10-11T00:00:00+01:00' | -2639",
        "{'type':'int','logicalType':'date'} | 19520 | 19520",
        "{'type':'int','logicalType':'time-millis'} | '01:02:03.004' | 3723004",
        "{'type':'int','logicalType':'time-millis'} | '2020-01-01T00:00:01Z' | 1000",
        "{'type':'long','logicalType':'time-micros'} | '00:01' | 60000000",
        "{'type':'long','logicalType':'timestamp-millis'} | '1969-12-31T23:59:59.999Z' | -1",
        "{'type':'long','logicalType':'timestamp-micros'} | '1970-01-01T01:00:00.000001+01' | 1",
        "{'type':'long','logicalType':'timestamp-nanos'} | '1970-01-01T00:00:00.000000001Z' | 1",
        "{'type':'long','logicalType':'timestamp-nanos'} | '1677-09-21T00:12:43.145224192Z' |"
            + " -9223372036854775808",
        "{'type':'long','logicalType':'timestamp-nanos'} | '2262-04-11T23:47:16.854775807Z' |"
            + " 9223372036854775807",
        "{'type':'long','logicalType':'local-timestamp-millis'} | '1970-01-01T00:00:01+09:00' |"
            + " 1000",
        "{'type':'long','logicalType':'local-timestamp-micros'} | '1970-01-01 00:00:01' | 1000000",
        "{'type':'long','logicalType':'local-timestamp-nanos'} | '1970-01-01t00:00:01' |"
            + " 1000000000",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | 12.3 | '12.30'",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | '-999.9900' |"
            + " '-999.99'",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | 0 | '0.00'",
        "{'type':'fixed','name':'F','size':4,'logicalType':'decimal','precision':9,'scale':3} |"
            + " '-1.234' | '-1.234'",
        "{'type':'bytes','logicalType':'big-decimal'} | '12345678901234567890.50' |"
            + " '12345678901234567890.50'",
        "{'type':'fixed','name':'F','size':16,'logicalType':'uuid'} |"
            + " '6F5D1C1E-0C0B-5B7E-9A55-B1E0C0DE4A11' | '6f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a11'",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} |"
            + " {'months':4294967295,'millis':3} | {'months':4294967295,'days':0,'millis':3}",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | 'P1Y2M1W3DT4H5M6.789S' |"
            + " {'months':14,'days':10,'millis':14706789}",
        "{'type':'array','items':{'type':'array','items':'int'}} | [[1],[],['2']] | [[1],[],[2]]",
        "{'type':'map','values':'int'} | {'a':1,'b':2.0} | {'a':1,'b':2}",
        "{'type':'map','values':['int','null']} | {'a':null} | {'a':null}",
        "['null','int'] | null | null",
        "['int','null'] | null | null",
        "['int','null'] | 7 | 7",
        "['int','null','string'] | null | null",
        "['int','null','string'] | '7' | '7'",
        "['int','null','string'] | 7 | 7",
        "['int','long','double'] | 2147483648 | 2147483648",
        "['int','long','double'] | 1.0 | 1.0",
        "['float','double'] | 0.10000000149011612 | 0.10000000149011612",
        "[{'type':'bytes','logicalType':'big-decimal'},'float'] | 0.1 | 0.1",
        "['int','bytes'] | '1970-01-02' | 86400",
        "['boolean','string'] | 'true' | 'true'",
        "[{'type':'map','values':'int'},{'type':'record','name':'R','fields':[{'name':'a',"
            + "'type':'string'}]}] | {'a':'x'} | {'a':'x'}",
        "[{'type':'record','name':'P','fields':[{'name':'a','type':'int'}]},{'type':'record',"
            + "'name':'Q','fields':[{'name':'a','type':'int'},{'name':'b','type':'int'}]}] |"
            + " {'a':1,'b':2} | {'a':1,'b':2}",
      })
  void becomes(String schema, String given, String expected) {
    assertThat(become(schema, json(given))).isEqualTo(expected.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "'string' | {}",
        "'string' | []",
        "'string' | null",
        "'boolean' | 1",
        "'boolean' | 'True'",
        "'int' | 1.5",
        "'int' | 2147483648",
        "'int' | 1e300",
        "'int' | '1.5'",
        "'int' | ''",
        "'int' | '0x10'",
        "'int' | '1e999999999'",
        "'int' | true",
        "'int' | '2038-01-19T03:14:08Z'",
        "'int' | '1901-12-13T20:45:51Z'",
        "'int' | '2021-02-29'",
        "'int' | '2021-13-01'",
        "'int' | '2021-01-01T24:00:00'",
        "'int' | '2021-01-01T10:00:00+19:00'",
        "'int' | '2021-01-01T10:00:00.'",
        "'int' | '2021-01-01Tnoon'",
        "'int' | '2021-01-01Z'",
        "'long' | 9223372036854775808",
        "'long' | 1e19",
        "'float' | 1e39",
        "'float' | 1e-60",
        "'float' | 16777217",
        "'float' | 'nan'",
        "'double' | 9007199254740993",
        "'double' | '1e400'",
        "'bytes' | 'AQI'",
        "'bytes' | 'AR=='",
        "'bytes' | 'no base64!'",
        "'bytes' | 1",
        "{'type':'fixed','name':'F','size':2} | 'AQID'",
        "{'type':'int','logicalType':'date'} | '20200131'",
        "{'type':'int','logicalType':'time-millis'} | '01:02:03Z'",
        "{'type':'int','logicalType':'time-millis'} | '1:02'",
        "{'type':'long','logicalType':'timestamp-nanos'} | '2262-04-11T23:47:16.854775808Z'",
        "{'type':'long','logicalType':'timestamp-nanos'} | '1677-09-21T00:12:43.145224191Z'",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | 1.234",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | 1000",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | '1e999999999'",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | '1e-999999999'",
        "{'type':'bytes','logicalType':'decimal','precision':5,'scale':2} | 'NaN'",
        "{'type':'bytes','logicalType':'big-decimal'} | '1e20000'",
        "{'type':'fixed','name':'F','size':16,'logicalType':'uuid'} | '6f5d1c1e'",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | {'weeks':1}",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | {'days':4294967296}",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | {'days':null}",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | 'PT0.0001S'",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | 'P'",
        "{'type':'fixed','name':'F','size':12,'logicalType':'duration'} | 'P-1D'",
        "{'type':'array','items':'int'} | {}",
        "{'type':'map','values':'int'} | []",
        "'null' | 0",
        "['int','string'] | null",
        "['int','string'] | []",
      })
  void isRefused(String schema, String given) {
    RecordMismatchException e = mismatch(schema, json(given));
    assertThat(e).isNotNull();
    assertThat(e.getStackTrace()).isEmpty();
  }

  @Test
  void anEnumsUnknownSymbolIsItsDefaultOrRefused() {
    assertThat(become(E, "B")).isEqualTo("\"B\"");
    assertThat(become(ED, "C")).isEqualTo("\"B\"");
    assertThat(become("[" + ED + ",'string']", "C")).isEqualTo("\"C\"");
    RecordMismatchException e = mismatch(record("[{'name':'Kind','type':" + E + "}]"), object("C"));
    assertThat(e.getMessage())
        .isEqualTo("Kind: expected a symbol of the enum E [A, B], found text that is none");
    assertThat(e.value()).isEqualTo("C");
    assertThat(e.messageWithValue()).isEqualTo(e.getMessage() + ": 'C'");
    assertThat(mismatch(ED, 5)).isNotNull();
  }

  private static JsonObject object(Object kind) {
    return new JsonObject().put("kind", kind);
  }

  private static String record(String fields) {
    return "{'type':'record','name':'R','fields':" + fields + "}";
  }

  @Test
  void namesAreSoughtExactThenLowerThenByAlias() {
    String schema =
        record(
            "[{'name':'Id','type':['null','int'],'aliases':['Key']},{'name':'Name','type':"
                + "['null','int']},{'name':'name','type':['null','int']}]");
    assertThat(become(schema, json("{'id':2,'Id':1,'Key':3}"))).startsWith("{\"Id\":1");
    assertThat(become(schema, json("{'id':2,'Key':3}"))).startsWith("{\"Id\":2");
    assertThat(become(schema, json("{'Key':3}"))).startsWith("{\"Id\":3");
    assertThat(become(schema, json("{'key':3}"))).startsWith("{\"Id\":3");
    assertThat(become(schema, json("{'Id':null,'id':2}"))).startsWith("{\"Id\":2");
    assertThat(become(schema, json("{'name':5}")))
        .as("what is another field's by its name")
        .isEqualTo("{\"Id\":null,\"Name\":null,\"name\":5}");
  }

  @Test
  void whatIsLackingIsToldThenDefaultThenNullThenRefused() {
    String schema =
        record(
            "[{'name':'Nullable','type':['null','int']},{'name':'Defaulted','type':['int','null'],"
                + "'default':7},{'name':'Plain','type':'string','default':'x'},{'name':'Inner',"
                + "'type':{'type':'array','items':{'type':'record','name':'I','fields':["
                + "{'name':'Flag','type':'boolean','default':true}]}}}]");
    List<String> told = new ArrayList<>();
    JsonToAvro toAvro = JsonToAvro.compile(schema(schema));
    byte[] avro =
        toAvro.encode((JsonObject) json("{'inner':[{'flag':false},{}],'more':1}"), told::add);
    assertThat(read(schema(schema), avro))
        .hasToString(
            "{\"Nullable\": null, \"Defaulted\": 7, \"Plain\": \"x\","
                + " \"Inner\": [{\"Flag\": false}, {\"Flag\": true}]}");
    assertThat(told).containsExactly("Nullable", "Defaulted", "Plain", "Inner[1].Flag");
    told.clear();
    avro =
        toAvro.encode(
            (JsonObject) json("{'nullable':null,'defaulted':null,'plain':null,'inner':[]}"),
            told::add);
    assertThat(read(schema(schema), avro))
        .hasToString("{\"Nullable\": null, \"Defaulted\": null, \"Plain\": \"x\", \"Inner\": []}");
    assertThat(told).containsExactly("Plain");
    assertThat(mismatch(schema, json("{}")).getMessage())
        .isEqualTo(
            "Inner: expected an array, which the schema requires, found nothing: the object lacks"
                + " it");
  }

  @Test
  void aMismatchNamesThePlaceAndNotTheValue() {
    String schema =
        record(
            "[{'name':'Tenure','type':{'type':'record','name':'T','fields':[{'name':"
                + "'HouseholdMembers','type':{'type':'array','items':['null',{'type':'record',"
                + "'name':'M','fields':[{'name':'DateOfBirth','type':['null','int']},"
                + "{'name':'Notes','type':{'type':'map','values':'int'},'default':{}}]}]}}]}}]");
    RecordMismatchException e =
        mismatch(
            schema, json("{'tenure':{'householdMembers':[null,{},{'dateOfBirth':'4 May 1970'}]}}"));
    assertThat(e.path()).isEqualTo("Tenure.HouseholdMembers[2].DateOfBirth");
    assertThat(e.getMessage())
        .startsWith("Tenure.HouseholdMembers[2].DateOfBirth: expected an int, or date-time text")
        .endsWith("found text of another form");
    assertThat(e.toString()).doesNotContain("1970");
    assertThat(e.value()).isEqualTo("4 May 1970");
    RecordMismatchException inMap =
        mismatch(schema, json("{'tenure':{'householdMembers':[{'notes':{'Ann':1,'Bob':'x'}}]}}"));
    assertThat(inMap.path()).isEqualTo("Tenure.HouseholdMembers[0].Notes{1}");
    assertThat(mismatch("'int'", true).getMessage()).endsWith("found a boolean");
    assertThat(mismatch("'int'", 1.5).getMessage())
        .endsWith("found a number with a fraction or exponent");
    assertThat(mismatch("'string'", new JsonArray()).getMessage()).endsWith("found an array");
    assertThat(mismatch("'string'", Map.of()).getMessage())
        .startsWith("(root): ")
        .endsWith("found an object");
  }

  @Test
  void aUnionThatNothingFitsNamesThePartOfTheBranchOfItsKind() {
    RecordMismatchException e =
        mismatch("['string',{'type':'array','items':'boolean'}]", json("[true,3]"));
    assertThat(e.path()).isEqualTo("[1]");
    assertThat(mismatch("['int','boolean']", "x").getMessage())
        .contains("expected an int, ")
        .contains(", or a boolean");
  }

  @Test
  void aDoubleIsNotMadeAFloatWhereADoubleMayStand() {
    assertThat(read(schema("['float','double']"), avro("['float','double']", 0.1))).isEqualTo(0.1);
    assertThat(read(schema("['float','double']"), avro("['float','double']", 0.5))).isEqualTo(0.5f);
  }

  @Test
  void otherJavaValuesCount() {
    assertThat(become("'int'", new BigDecimal("3.00"))).isEqualTo("3");
    assertThat(become("'long'", BigInteger.TEN)).isEqualTo("10");
    assertThat(become("'bytes'", Buffer.buffer(new byte[] {1, 2, 3}))).isEqualTo("\"AQID\"");
    assertThat(become("'bytes'", new byte[] {1, 2, 3})).isEqualTo("\"AQID\"");
    assertThat(become("'int'", Instant.ofEpochSecond(86_400))).isEqualTo("86400");
    assertThat(become("'string'", Instant.EPOCH)).isEqualTo("\"1970-01-01T00:00:00Z\"");
    assertThat(become(E, PoisonSymbol.A)).isEqualTo("\"A\"");
    assertThat(become("{'type':'array','items':'int'}", List.of(1))).isEqualTo("[1]");
    assertThat(mismatch("'double'", new BigDecimal("1e400"))).isNotNull();
    assertThat(mismatch("'string'", "\uD800")).isNotNull();
    assertThat(mismatch("'string'", "a\uDC00b")).isNotNull();
    assertThat(mismatch("'string'", new Object())).isNotNull();
  }

  private enum PoisonSymbol {
    A
  }

  @Test
  void recursionGoesAsDeepAsAllowed() {
    String list = record("[{'name':'next','type':['null','R']}]");
    JsonObject object = new JsonObject();
    for (int i = 1; i < 64; i++) {
      object = new JsonObject().put("next", object);
    }
    assertThat(become(list, object)).endsWith("{\"next\":null" + "}".repeat(64));
    RecordMismatchException e = mismatch(list, new JsonObject().put("next", object));
    assertThat(e.getMessage()).contains("avro.max.depth, 64");
  }

  @Test
  void branchesOfBranchesTakeBoundedTime() {
    String two =
        "[{'type':'record','name':'A','fields':[{'name':'n','type':['null','A',{'type':'record',"
            + "'name':'B','fields':[{'name':'n','type':['null','A','B']},{'name':'x','type':'int',"
            + "'default':1}]}]},{'name':'x','type':'int','default':1}]},'B']";
    JsonObject object = new JsonObject().put("n", "bad");
    for (int i = 1; i < 60; i++) {
      object = new JsonObject().put("n", object).put("x", 1);
    }
    JsonObject deep = object;
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> assertThat(mismatch(two, deep)).isNotNull());
  }

  @Test
  void theWireFormatsHeaderStandsInFront() {
    JsonToAvro toAvro = JsonToAvro.compile(schema(record("[{'name':'A','type':'int'}]")));
    byte[] framed = toAvro.encodeFramed(0x01020304, new JsonObject().put("a", 1), p -> {});
    assertThat(framed).containsExactly(0, 1, 2, 3, 4, 2);
    assertThat(WireFormat.schemaId(framed)).isEqualTo(0x01020304);
    assertThatThrownBy(() -> toAvro.encodeFramed(-1, new JsonObject(), p -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aFailureLeavesTheBufferAsItWas() {
    JsonToAvro toAvro =
        JsonToAvro.compile(
            schema(record("[{'name':'A','type':'string'},{'name':'B','type':'int'}]")));
    AvroBuffer out = new AvroBuffer();
    toAvro.write(Map.of("a", "x", "b", 1), out, p -> {});
    byte[] before = out.toByteArray();
    assertThatThrownBy(() -> toAvro.write(Map.of("a", "x", "b", "y"), out, p -> {}))
        .isInstanceOf(RecordMismatchException.class);
    assertThat(out.toByteArray()).isEqualTo(before);
    String large = "é".repeat(100_000);
    assertThat(become("'string'", large)).isEqualTo('"' + large + '"');
  }

  @Test
  void aDefaultThatIsNoneIsAnInvalidSchema() {
    Schema.Parser lenient = new Schema.Parser();
    lenient.setValidateDefaults(false);
    Schema wrong =
        lenient.parse(record("[{'name':'a','type':'int','default':'x'}]").replace('\'', '"'));
    assertThat(
            catchThrowableOfType(PoisonException.class, () -> JsonToAvro.compile(wrong)).reason())
        .isEqualTo(PoisonReason.INVALID_SCHEMA);
  }

  @Test
  void theTenureOfTheReportingListenerIsEncoded() throws IOException {
    Schema schema = schema(resource("TenureEvent.avsc"));
    JsonObject event = new JsonObject(resource("TenureEvent.json"));
    List<String> told = new ArrayList<>();
    byte[] framed = JsonToAvro.compile(schema).encodeFramed(42, event, told::add);
    byte[] avro = Arrays.copyOfRange(framed, 5, framed.length);
    assertThat(read(schema, avro)).isInstanceOf(GenericRecord.class);
    JsonBuffer json = new JsonBuffer();
    AvroJson.compile(schema).write(avro, 0, avro.length, json);
    assertThat(new JsonObject(Buffer.buffer(json.toByteArray())))
        .isEqualTo(new JsonObject(resource("TenureEvent.expected.json")));
    assertThat(told)
        .containsExactly(
            "Tenure.HouseholdMembers[1].DateOfBirth",
            "Tenure.Charges.OtherCharges",
            "Tenure.SuccessionDate");
  }

  private static String resource(String name) throws IOException {
    try (var in = JsonToAvroTest.class.getResourceAsStream("/avro/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
