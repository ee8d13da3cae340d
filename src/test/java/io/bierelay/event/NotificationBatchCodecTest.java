package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes onto the wire comes off it. */
class NotificationBatchCodecTest {

  private static final NotificationBatchCodec CODEC = new NotificationBatchCodec("batch");

  @RepeatedTest(20)
  void aRandomBatchComesBackEqual() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    NotificationBatch batch =
        new NotificationBatch(
            text(random),
            random.nextInt(),
            random.nextLong(),
            random.nextLong(),
            items(random, random.nextInt(30)));
    int before = random.nextInt(20);
    Buffer buffer = Buffer.buffer(new byte[before]);
    CODEC.encodeToWire(buffer, batch);
    // A section that only a later version knows.
    buffer.appendByte((byte) 99).appendInt(3).appendBytes(new byte[] {1, 2, 3});
    NotificationBatch back = CODEC.decodeFromWire(before, buffer);
    assertThat(back).as("seed %d", seed).usingRecursiveComparison().isEqualTo(batch);
  }

  @ParameterizedTest
  @ValueSource(ints = {-8, -5, Integer.MIN_VALUE, 1, Integer.MAX_VALUE})
  @Timeout(10)
  void aSectionThatIsLongerThanTheRestOrRunsBackwardsIsRefused(int length) {
    Buffer buffer = Buffer.buffer();
    CODEC.encodeToWire(buffer, new NotificationBatch("t", 0, 0, 0, List.of()));
    buffer.appendByte((byte) 99).appendInt(length);
    assertThatThrownBy(() -> CODEC.decodeFromWire(0, buffer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Integer.toString(length));
  }

  @Test
  void nullAndEmptyStayApart() {
    Origin origin = new Origin("t", 0, 1);
    List<Outbound> items =
        List.of(
            new Notification(
                new UUID(1, 2), origin, "e", -1, Instant.MIN, Instant.MAX, null, new byte[0]),
            new Notification(
                new UUID(1, 3),
                origin,
                "e",
                0,
                Instant.EPOCH,
                Instant.EPOCH.minusNanos(1),
                new byte[0],
                new byte[] {0}),
            new Quarantine(
                new UUID(1, 4),
                origin,
                "e",
                "tombstone",
                "",
                -1,
                Instant.EPOCH,
                Instant.EPOCH,
                null,
                null),
            new Quarantine(
                new UUID(1, 5),
                origin,
                "e",
                "empty",
                "",
                -1,
                Instant.EPOCH,
                Instant.EPOCH,
                new byte[0],
                new byte[0]));
    Buffer buffer = Buffer.buffer();
    CODEC.encodeToWire(buffer, new NotificationBatch("t", 0, 1, 0, items));
    NotificationBatch back = CODEC.decodeFromWire(0, buffer);
    assertThat(back.items()).usingRecursiveComparison().isEqualTo(items);
    assertThat(((Notification) back.items().get(0)).key()).isNull();
    assertThat(((Notification) back.items().get(1)).key()).isEmpty();
    assertThat(((Quarantine) back.items().get(2)).value()).isNull();
    assertThat(((Quarantine) back.items().get(3)).value()).isEmpty();
  }

  @Test
  void insideAProcessItTravelsByReference() {
    NotificationBatch batch = new NotificationBatch("t", 0, 1, 0, List.of());
    assertThat(CODEC.transform(batch)).isSameAs(batch);
    assertThat(CODEC.systemCodecID()).isEqualTo((byte) -1);
  }

  private static List<Outbound> items(Random random, int count) {
    List<Outbound> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      UUID id = new UUID(random.nextLong(), random.nextLong());
      Origin origin = new Origin(text(random), random.nextInt(), random.nextLong());
      Instant one = Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
      Instant two = Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
      byte[] key = random.nextBoolean() ? null : bytes(random);
      if (random.nextInt(3) == 0) {
        items.add(new Skipped(id, origin, text(random), text(random)));
        continue;
      }
      if (random.nextInt(3) == 0) {
        items.add(new Skipped(id, origin, text(random), text(random)));
        continue;
      }
      items.add(
          random.nextBoolean()
              ? new Notification(
                  id, origin, text(random), random.nextInt(), one, two, key, bytes(random))
              : new Quarantine(
                  id,
                  origin,
                  text(random),
                  text(random),
                  text(random),
                  random.nextInt(),
                  one,
                  two,
                  key,
                  random.nextBoolean() ? null : bytes(random)));
    }
    return items;
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 2_000 : 50)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static String text(Random random) {
    return random
        .ints(random.nextInt(20), 1, Character.MAX_CODE_POINT)
        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
