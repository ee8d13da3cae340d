package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An id that is the same for ever, and no other record's. */
class EventIdTest {

  private static final UUID ID = EventId.of("AbCdEfGhIjKlMnOpQrStUv", "TOPIC", 3, 42);

  @Test
  void isVersion5OfTheVariantOfRfc9562() {
    Random random = new Random(7);
    for (int i = 0; i < 1_000; i++) {
      UUID id = EventId.of("id" + random.nextInt(), "t", random.nextInt(100), random.nextLong());
      assertThat(id.version()).isEqualTo(5);
      assertThat(id.variant()).isEqualTo(2);
    }
  }

  /** Computed with another implementation (Python's uuid5): rows that are stored have these ids. */
  @Test
  void neverChanges() {
    assertThat(ID).hasToString("1c7749c3-731e-508e-88e8-2a57b7d8d79b");
    assertThat(EventId.of("", "", 0, 0)).hasToString("b624ffc1-afe7-535a-a610-c96258db631a");
    assertThat(EventId.of("x", "Ä_€", 2147483647, 9223372036854775807L))
        .hasToString("6a93a3ff-4d94-53aa-b100-2226e8f4af52");
    assertThat(EventId.of("x", "t", 3, -1)).hasToString("4f9a18d8-bd76-50e2-9d42-cd56d0ec93f4");
    assertThat(EventId.of("x", "t", 3, Long.MIN_VALUE))
        .hasToString("02c72f9e-d060-5aba-874f-e53a39a683c4");
    assertThat(EventId.of("x", "t", 3, 10)).hasToString("130c473d-6b20-5eda-9b39-637873bcbc04");
    assertThat(EventId.of("x", "t", 0, 100)).hasToString("17c2a5b7-d92c-57f7-b137-ebce3daae85b");
  }

  @Test
  void differsByEachOfItsParts() {
    Set<UUID> ids = new HashSet<>();
    ids.add(ID);
    ids.add(EventId.of("AbCdEfGhIjKlMnOpQrStUw", "TOPIC", 3, 42));
    ids.add(EventId.of("AbCdEfGhIjKlMnOpQrStUv", "TOPIC2", 3, 42));
    ids.add(EventId.of("AbCdEfGhIjKlMnOpQrStUv", "TOPIC", 4, 42));
    ids.add(EventId.of("AbCdEfGhIjKlMnOpQrStUv", "TOPIC", 3, 43));
    ids.add(EventId.of("AbCdEfGhIjKlMnOpQrStUv", "TOPIC", 34, 2));
    assertThat(ids).hasSize(6);
    assertThat(EventId.of("AbCdEfGhIjKlMnOpQrStUv", "TOPIC", 3, 42)).isEqualTo(ID);
  }
}
