package io.bierelay.guarantee;

import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.SandboxRegistry;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/**
 * Values of records, encoded beforehand: contention events of about 200 bytes to 1 KiB, large ones,
 * ones of a new schema, and poison.
 */
final class EventPool {

  private static final int KINDS = 64;
  private static final String STUFFED = "ActionResultName";

  private final SandboxRegistry registry;
  private final Map<ContentionType, Integer> ids;
  private final Map<ContentionType, List<byte[]>> values = new EnumMap<>(ContentionType.class);
  private final Random random;

  EventPool(long seed, SandboxRegistry registry) {
    this.registry = registry;
    this.random = new Random(seed);
    this.ids = registry.registerContentionSchemas();
    ContentionEvents events = new ContentionEvents(seed);
    for (ContentionType type : ContentionType.values()) {
      values.put(
          type,
          IntStream.range(0, KINDS)
              .mapToObj(
                  i -> {
                    GenericRecord event = events.next(type);
                    event.put(STUFFED, "x".repeat(random.nextInt(750)));
                    return ContentionEvents.encode(event, ids.get(type));
                  })
              .toList());
    }
  }

  /** One of the small ones. */
  byte[] small(ContentionType type, long number) {
    return values.get(type).get((int) (number % KINDS));
  }

  /** An event with so many characters in one field. */
  byte[] large(ContentionType type, int length) {
    GenericRecord event = new ContentionEvents(length).next(type);
    event.put(STUFFED, "x".repeat(length));
    return ContentionEvents.encode(event, ids.get(type));
  }

  /** An event of a schema that is registered only now, under an id that nobody has seen. */
  byte[] ofNewSchema(ContentionType type, String recordName) {
    Schema schema =
        SchemaBuilder.record(recordName)
            .namespace("guarantee")
            .fields()
            .requiredLong("ClaimId")
            .optionalString("News")
            .endRecord();
    GenericRecord event = new GenericData.Record(schema);
    event.put("ClaimId", 1L);
    event.put("News", "none");
    return ContentionEvents.encode(event, registry.register(type.subject(), schema.toString()));
  }

  /** A value that can never be decoded, of one of four kinds in turn. */
  byte[] poison(ContentionType type, int number) {
    byte[] good = small(type, number);
    return switch (number % 4) {
      case 0 -> new byte[] {7, 7, 7, 7, 7, 7, 7, 7};
      case 1 -> Arrays.copyOf(good, good.length / 2);
      case 2 -> ByteBuffer.allocate(good.length).put(good).putInt(1, 1_000_000).array();
      default -> new byte[] {0, 0};
    };
  }
}
