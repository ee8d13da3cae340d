package io.bierelay.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bierelay.avro.AvroJson;
import io.bierelay.avro.JsonBuffer;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
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

/** One event's Avro binary to JSON in UTF-8: the relay's way, and the way through objects. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
public class DecoderBenchmark {

  private byte[] avro;

  private AvroJson relay;
  private JsonBuffer buffer;

  private GenericDatumReader<GenericRecord> reader;
  private GenericRecord record;
  private BinaryDecoder decoder;
  private ObjectMapper mapper;

  /** Builds both ways and refuses to measure them if they don't say the same. */
  @Setup
  public void setUp() throws IOException {
    Schema schema = ContentionEvents.schema();
    avro = ContentionEvents.avro(ContentionEvents.event(schema));
    relay = AvroJson.compile(schema);
    buffer = new JsonBuffer();
    reader = new GenericDatumReader<>(schema);
    mapper = new ObjectMapper();
    JsonNode ours = mapper.readTree(relay());
    JsonNode theirs = mapper.readTree(genericRecord());
    if (!ours.equals(theirs) || ours.size() != 21) {
      throw new IllegalStateException("not the same: " + ours + " and " + theirs);
    }
  }

  /** As an ingest lane does it. */
  @Benchmark
  public byte[] relay() {
    buffer.reset();
    relay.write(avro, 0, avro.length, buffer);
    return buffer.toByteArray();
  }

  /** As one writes it with Avro and Jackson; reader, decoder and record are used again. */
  @Benchmark
  public byte[] genericRecord() throws IOException {
    decoder = DecoderFactory.get().binaryDecoder(avro, decoder);
    record = reader.read(record, decoder);
    return mapper.writeValueAsBytes(tree(record));
  }

  /** What the event's types need and no more, so that generality costs the comparison nothing. */
  private static ObjectNode tree(GenericRecord record) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    for (Schema.Field field : record.getSchema().getFields()) {
      Object value = record.get(field.pos());
      if (value == null) {
        tree.putNull(field.name());
      } else if (value instanceof CharSequence text) {
        tree.put(field.name(), text.toString());
      } else if (value instanceof Long number) {
        tree.put(field.name(), number.longValue());
      } else if (value instanceof Boolean flag) {
        tree.put(field.name(), flag.booleanValue());
      } else {
        throw new IllegalStateException(field.name() + " is a " + value.getClass());
      }
    }
    return tree;
  }
}
