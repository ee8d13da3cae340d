package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.Notification;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.event.Skipped;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.OutboundMessage;
import io.bierelay.settings.Settings;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** What becomes of each kind of outbound, in the order of the batch. */
class MessageWriterTest {

  private static final long UNLIMITED = Long.MAX_VALUE;

  private final MessageWriter writer =
      new MessageWriter(EventCatalog.of(Settings.of(new JsonObject())));

  @Test
  void whatIsSkippedLeavesNoMessageAndTheOthersKeepTheirOrder() {
    List<Outbound> items = List.of(skipped(0), notification(1), skipped(2), notification(3));
    MessageWriter.Written written = writer.write(items, UNLIMITED);
    assertThat(written.messages())
        .extracting(message -> message.properties().getMessageId())
        .containsExactly(id(1).toString(), id(3).toString());
    assertThat(written.items()).startsWith(1, 3);
    assertThat(writer.write(List.of(skipped(0), skipped(1)), UNLIMITED).messages()).isEmpty();
  }

  @Test
  void whatIsLargerThanTheBrokerTakesBecomesACompressedDeadLetterInItsPlace() throws Exception {
    byte[] large = "a".repeat(5_000).getBytes(StandardCharsets.UTF_8);
    MessageWriter.Written written =
        writer.write(List.of(notification(1), notification(2, large), notification(3)), 1_000);
    assertThat(written.messages())
        .extracting(OutboundMessage::exchange)
        .containsExactly(
            "bie-events-contention-updated", DeadLetters.NAME, "bie-events-contention-updated");
    assertThat(written.oversized().stream()).containsExactly(1);
    OutboundMessage letter = written.messages().get(1);
    assertThat(letter.properties().getContentEncoding()).isEqualTo("gzip");
    assertThat(letter.properties().getHeaders())
        .containsEntry("reason", "too-large-for-rabbitmq")
        .containsEntry("original-bytes", 5_000L)
        .containsEntry("offset", 2L)
        .doesNotContainKey("truncated");
    try (var in = new GZIPInputStream(new ByteArrayInputStream(letter.body()))) {
      assertThat(in.readAllBytes()).isEqualTo(large);
    }
  }

  @Test
  void whatIsTooLargeEvenCompressedIsCutAndSaysSo() {
    byte[] noise = new byte[5_000];
    new Random(7).nextBytes(noise);
    OutboundMessage letter = writer.write(List.of(notification(1, noise)), 1_000).messages().get(0);
    assertThat(letter.body()).hasSize(1_000).isEqualTo(Arrays.copyOf(noise, 1_000));
    assertThat(letter.properties().getContentEncoding()).isNull();
    assertThat(letter.properties().getHeaders())
        .containsEntry("truncated", true)
        .containsEntry("original-bytes", 5_000L);
  }

  private static UUID id(long offset) {
    return new UUID(0, offset);
  }

  private static Outbound skipped(long offset) {
    return new Skipped(id(offset), new Origin("t", 0, offset), "contention-updated", "null-value");
  }

  private static Outbound notification(long offset) {
    return notification(offset, new byte[0]);
  }

  private static Outbound notification(long offset, byte[] body) {
    return new Notification(
        id(offset),
        new Origin("t", 0, offset),
        "contention-updated",
        1,
        Instant.EPOCH,
        Instant.EPOCH,
        null,
        body);
  }
}
