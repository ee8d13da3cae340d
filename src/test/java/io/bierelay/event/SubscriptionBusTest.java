package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bierelay.event.SubscriptionBus.Elsewhere;
import io.bierelay.event.SubscriptionBus.Move;
import io.bierelay.event.SubscriptionBus.Partition;
import io.bierelay.event.SubscriptionBus.PauseReply;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.bierelay.event.SubscriptionBus.Position;
import io.bierelay.event.SubscriptionBus.SeekReply;
import io.bierelay.event.SubscriptionBus.SeekRequest;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What travels arrives as it was, and what is missing or wrong is named. */
class SubscriptionBusTest {

  @Test
  void everythingArrivesAsItWas() {
    PauseRequest pause = new PauseRequest("t", 3, "anna", "why");
    assertThat(PauseRequest.fromJson(pause.toJson())).isEqualTo(pause);
    PauseReply paused = new PauseReply(List.of(new Partition("t", 3)), true, "note");
    assertThat(PauseReply.fromJson(paused.toJson())).isEqualTo(paused);
    SeekRequest seek =
        new SeekRequest("t", 1, Position.TIMESTAMP, -1, Instant.EPOCH, true, "anna", "why");
    assertThat(SeekRequest.fromJson(seek.toJson())).isEqualTo(seek);
    SeekReply sought =
        new SeekReply(
            false,
            "x",
            List.of(new Move("t", 1, 90, 50), new Move("t", 2, 5, 25)),
            List.of(new Elsewhere("t", 3, "host-b")));
    assertThat(SeekReply.fromJson(sought.toJson())).isEqualTo(sought);
    assertThat(sought.toJson().getLong("events")).isEqualTo(40);
    assertThat(sought.toJson().getLong("skipped")).isEqualTo(20);
    PauseRule rule = new PauseRule("*", -1, true, "anna", "", 7);
    assertThat(PauseRule.fromJson(rule.toJson())).isEqualTo(rule);
  }

  @Test
  void allPartitionsAreMeantWhereNoneIsNamed() {
    assertThat(PauseRequest.fromJson(new JsonObject().put("topic", "*")))
        .isEqualTo(new PauseRequest("*", SubscriptionBus.ALL_PARTITIONS, "", ""));
  }

  @Test
  void whatIsMissingOrWrongIsNamed() {
    assertThatThrownBy(() -> PauseRequest.fromJson(new JsonObject())).hasMessageContaining("topic");
    JsonObject request = new JsonObject().put("topic", "t");
    assertThatThrownBy(() -> SeekRequest.fromJson(request))
        .hasMessageContaining("earliest, latest");
    assertThatThrownBy(() -> SeekRequest.fromJson(request.put("to", "offset")))
        .hasMessageContaining("'offset' must be given");
    assertThatThrownBy(() -> SeekRequest.fromJson(request.put("to", "timestamp")))
        .hasMessageContaining("an instant such as");
    assertThatThrownBy(
            () -> PauseRequest.fromJson(new JsonObject().put("topic", "t").put("partition", -2)))
        .hasMessageContaining("'partition' is -2");
  }
}
