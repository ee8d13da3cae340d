package io.bierelay.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bierelay.avro.AvroJson;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.avro.JsonToAvro;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonDecoder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One event's JSON in UTF-8 to Avro binary: the relay's way, and the way of Avro's JsonDecoder. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class EncoderBenchmark {

  private Schema schema;

  private byte[] json;
  private JsonToAvro relay;

  /** The same, but each value of a union inside its branch's name, as Avro's decoder needs it. */
  private byte[] branched;

  private GenericDatumReader<GenericRecord> reader;
  private GenericDatumWriter<GenericRecord> writer;
  private GenericRecord record;
  private JsonDecoder decoder;
  private BinaryEncoder encoder;
  private ByteArrayOutputStream out;

  /** Builds both ways and refuses to measure them if they don't write the same. */
  @Setup
  public void setUp() throws IOException {
    schema = ContentionEvents.schema();
    byte[] avro = ContentionEvents.avro(ContentionEvents.event(schema));
    JsonBuffer buffer = new JsonBuffer();
    AvroJson.compile(schema).write(avro, 0, avro.length, buffer);
    json = buffer.toByteArray();
    branched = branched(json);
    relay = JsonToAvro.compile(schema);
    reader = new GenericDatumReader<>(schema);
    writer = new GenericDatumWriter<>(schema);
    out = new ByteArrayOutputStream();
    if (!Arrays.equals(relay(), avro) || !Arrays.equals(jsonDecoder(), avro)) {
      throw new IllegalStateException("not the same");
    }
  }

  private byte[] branched(byte[] plain) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode tree = (ObjectNode) mapper.readTree(plain);
    for (Schema.Field field : schema.getFields()) {
      if (field.schema().isUnion() && !tree.get(field.name()).isNull()) {
        String branch = field.schema().getTypes().get(1).getName();
        tree.set(field.name(), mapper.createObjectNode().set(branch, tree.get(field.name())));
      }
    }
    return mapper.writeValueAsBytes(tree);
  }

  /** Text to Avro, the parsing included, because Avro's decoder parses too. */
  @Benchmark
  public byte[] relay() {
    return relay.encode(new JsonObject(Buffer.buffer(json)));
  }

  /** As one writes it with Avro alone; everything that can be used again is. */
  @Benchmark
  public byte[] jsonDecoder() throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(branched);
    decoder =
        decoder == null ? DecoderFactory.get().jsonDecoder(schema, in) : decoder.configure(in);
    record = reader.read(record, decoder);
    out.reset();
    encoder = EncoderFactory.get().binaryEncoder(out, encoder);
    writer.write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }
}
