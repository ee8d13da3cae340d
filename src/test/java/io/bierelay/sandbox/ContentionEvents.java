package io.bierelay.sandbox;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Makes up contention events that look like real ones, the same ones again for the same seed.
 *
 * <p>What is personal in them is marked, so that a test can search logs, metrics and tables for it:
 * see {@link #holdsPersonalData}.
 */
public final class ContentionEvents {
  /** In every personal text. */
  public static final String PERSONAL_MARK = "PERSONAL";

  private static final long PERSONAL_NUMBERS = 555_000_555_00000L;
  private static final Pattern PERSONAL =
      Pattern.compile(PERSONAL_MARK + "|(?<!\\d)555000555\\d{5}(?!\\d)");
  private static final Instant DEFAULT_START = Instant.parse("2023-06-12T19:29:00Z");
  private static final int WIRE_HEADER = 5;

  private static final List<String> CODES =
      List.of("7101", "7101, 7102", "6847", "5237", "9411", "6260,6100", "5260", "8045");
  private static final List<String> CLASSIFICATIONS =
      List.of(
          "Hypertension", "Asthma", "Musculoskeletal - Knee", "Hearing Loss", "Mental Disorders");

  private final long seed;
  private final Random random;
  private long clock;

  /** Events from a given summer's day on. */
  public ContentionEvents(long seed) {
    this(seed, DEFAULT_START);
  }

  /** Events from that moment on, each a little after the one before. */
  public ContentionEvents(long seed, Instant start) {
    this.seed = seed;
    this.random = new Random(seed);
    this.clock = start.toEpochMilli();
  }

  /** What to pass to get the same events again. */
  public long seed() {
    return seed;
  }

  /** The next event of that kind. */
  public GenericRecord next(ContentionType type) {
    clock += 1 + random.nextInt(40);
    Schema schema = ContentionSchemas.of(type);
    GenericRecord event = new GenericData.Record(schema);
    for (Schema.Field field : schema.getFields()) {
      boolean nullable = field.schema().isUnion();
      event.put(field.pos(), nullable && random.nextInt(8) == 0 ? null : value(field.name(), type));
    }
    return event;
  }

  /** The registry's wire format: a zero, the schema's id, Avro binary. */
  public static byte[] encode(GenericRecord event, int schemaId) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    out.writeBytes(ByteBuffer.allocate(WIRE_HEADER).put((byte) 0).putInt(schemaId).array());
    try {
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The event in such bytes, read with the schema it was written with. */
  public static GenericRecord decode(byte[] wire, Schema schema) {
    var decoder =
        DecoderFactory.get().binaryDecoder(wire, WIRE_HEADER, wire.length - WIRE_HEADER, null);
    try {
      return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a text (a log, a page, a column) holds any event's personal data. */
  public static boolean holdsPersonalData(CharSequence text) {
    return PERSONAL.matcher(text).find();
  }

  private Object value(String field, ContentionType type) {
    return switch (field) {
      case "ActionName" -> type.recordName();
      case "ActionResultName" -> one("Success", "Accepted", "No change");
      case "ActorApplicationId" -> one("VBMS-R", "EP MERGE", "VRO", "eVSS");
      case "ActorStation" -> one("101", "281", "317", "335");
      case "ActorUserId" -> PERSONAL_MARK + "-USER-" + random.nextInt(10_000);
      case "AutomationIndicator" -> random.nextBoolean();
      case "BenefitClaimTypeCode" -> one("010LCOMP", "020NEW", "110LCOMP7", "400CORRC");
      case "ClaimId" -> 600_000_000L + random.nextInt(1_000_000);
      case "ContentionId" -> 700_000_000L + random.nextInt(10_000_000);
      case "ContentionClassificationName" ->
          CLASSIFICATIONS.get(random.nextInt(CLASSIFICATIONS.size()));
      case "ContentionStatusTypeCode" -> one("C", "O", "P");
      case "ContentionTypeCode" -> one("NEW", "INC", "SEC", "REO");
      case "CurrentLifecycleStatus" -> one("Open", "Ready for Decision", "Closed");
      case "DiagnosticTypeCode" -> CODES.get(random.nextInt(CODES.size()));
      case "Description" ->
          PERSONAL_MARK + " left knee, after the accident of " + random.nextInt(60);
      case "Details" ->
          PERSONAL_MARK + " “says: it's worse at night” – \\ \t café " + random.nextInt(100);
      case "JournalStatusTypeCode" -> one("A", "D");
      case "VeteranParticipantId" -> PERSONAL_NUMBERS + random.nextInt(100_000);
      case "DateAdded", "DateCompleted", "DateUpdated" -> clock - random.nextInt(86_400_000);
      case "SourceTs" -> clock + 5;
      case "ConnectorTs" -> clock + 20;
      case "BieTs" -> clock + 35;
      case "EventTime" -> clock;
      default -> throw new IllegalArgumentException("what would be in " + field + "?");
    };
  }

  private String one(String... values) {
    return values[random.nextInt(values.length)];
  }
}
