package io.bierelay.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A status comes back from the event bus as it was published. */
class VerticleStatusTest {

  @ParameterizedTest
  @EnumSource
  void comesBackEqual(State state) {
    VerticleStatus status =
        new VerticleStatus(
            "KafkaIngestVerticle",
            "id-1",
            state,
            "Kafka is away: \"x\"",
            Instant.parse("2026-11-22T04:00:00.123456789Z"),
            new JsonArray().add(new JsonObject().put("topic", "T").put("lag", 3)));
    assertThat(VerticleStatus.fromJson(new JsonObject(status.toJson().encode()))).isEqualTo(status);
  }

  @Test
  void withoutSubscriptionsThereAreNone() {
    JsonObject json =
        new VerticleStatus("A", "1", State.READY, "", Instant.EPOCH, new JsonArray()).toJson();
    json.remove("subscriptions");
    assertThat(VerticleStatus.fromJson(json).subscriptions()).isEmpty();
  }
}
