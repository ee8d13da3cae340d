package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.Notification;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.event.Skipped;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is skipped leaves no message; the others keep their order. */
class MessageWriterTest {

  private final MessageWriter writer =
      new MessageWriter(EventCatalog.of(Settings.of(new JsonObject())));

  @Test
  void whatIsSkippedLeavesNoMessageAndTheOthersKeepTheirOrder() {
    List<Outbound> items = List.of(skipped(0), notification(1), skipped(2), notification(3));
    assertThat(writer.write(items))
        .extracting(message -> message.properties().getMessageId())
        .containsExactly(id(1).toString(), id(3).toString());
    assertThat(writer.write(List.of(skipped(0), skipped(1)))).isEmpty();
  }

  private static UUID id(long offset) {
    return new UUID(0, offset);
  }

  private static Outbound skipped(long offset) {
    return new Skipped(id(offset), new Origin("t", 0, offset), "contention-updated", "null-value");
  }

  private static Outbound notification(long offset) {
    return new Notification(
        id(offset),
        new Origin("t", 0, offset),
        "contention-updated",
        1,
        Instant.EPOCH,
        Instant.EPOCH,
        null,
        new byte[0]);
  }
}
