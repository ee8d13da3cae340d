package io.bierelay.fuzz;

import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Puts into the topics what is no event: noise, damaged ones, schemas that nobody has registered.
 * For one thread.
 */
final class RecordFuzz {

  private final EventPublisher publisher;
  private final Map<ContentionType, Integer> ids;
  private final ContentionEvents events;
  private final Random random;
  private long published;

  RecordFuzz(EventPublisher publisher, Map<ContentionType, Integer> ids, long seed) {
    this.publisher = publisher;
    this.ids = Map.copyOf(ids);
    this.events = new ContentionEvents(seed);
    this.random = new Random(seed);
  }

  /** Publishes one thing. */
  void once() {
    ContentionType type = ContentionType.values()[random.nextInt(5)];
    byte[] whole = ContentionEvents.encode(events.next(type), ids.get(type));
    byte[] value =
        switch (random.nextInt(8)) {
          case 0 -> Damage.noise(random, 1 << 12);
          case 1 -> null;
          case 2 -> withId(whole, random.nextInt());
          case 3 -> withId(Damage.of(whole, random), ids.get(type));
          case 4 -> Damage.noise(random, 1 << 18);
          default -> Damage.of(whole, random);
        };
    String key = random.nextInt(4) == 0 ? null : String.valueOf(random.nextInt(100));
    ProducerRecord<String, byte[]> record = new ProducerRecord<>(type.topic(), key, value);
    for (int i = random.nextInt(4); i > 0; i--) {
      record.headers().add("h" + random.nextInt(3), Damage.noise(random, 1 << 10));
    }
    var unused = publisher.publish(record);
    published++;
  }

  /** How many records were published. */
  long published() {
    return published;
  }

  private static byte[] withId(byte[] wire, int id) {
    return wire.length < 5 ? wire : ByteBuffer.wrap(wire).putInt(1, id).array();
  }
}
