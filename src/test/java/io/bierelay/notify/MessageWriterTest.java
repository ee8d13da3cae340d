package io.bierelay.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

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
import java.util.Map;
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

  @Test
  void aNotificationHasThePublishedPropertiesAndHeaders() {
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    Instant received = Instant.ofEpochMilli(1_686_589_740_456L);
    Instant recorded = Instant.ofEpochMilli(1_686_589_740_123L);
    Origin origin = new Origin("a-topic", 3, 1L << 40);
    byte[] key = {'k', (byte) 0xC3, (byte) 0xA9, (byte) 0xFF};
    OutboundMessage message =
        writer
            .write(
                List.of(
                    new Notification(
                        id(1), origin, "contention-updated", 7, received, recorded, key, body)),
                UNLIMITED)
            .messages()
            .get(0);
    assertThat(message.exchange()).isEqualTo("bie-events-contention-updated");
    assertThat(message.routingKey()).isEqualTo("contention-updated.a-topic.3");
    assertThat(message.body()).isSameAs(body);
    var properties = message.properties();
    assertThat(properties.getMessageId()).isEqualTo(id(1).toString());
    assertThat(properties.getContentType()).isEqualTo("application/json");
    assertThat(properties.getDeliveryMode()).isEqualTo(2);
    assertThat(properties.getTimestamp()).isEqualTo(received);
    assertThat(properties.getType()).isEqualTo("contention-updated");
    assertThat(properties.getAppId()).isEqualTo("bie-relay");
    assertThat(properties.getHeaders())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "topic",
                "a-topic",
                "partition",
                3,
                "offset",
                1L << 40,
                "event-type",
                "contention-updated",
                "notified-at",
                received.toEpochMilli(),
                "recorded-at",
                recorded.toEpochMilli(),
                "schema-id",
                7,
                "key",
                "k\u00e9\ufffd"));
  }

  @Test
  void eachGoesWhereItsOwnPartitionGoes() {
    List<Outbound> items =
        List.of(notification(1), notificationOf("contention-deleted", 4), notification(2));
    assertThat(writer.write(items, UNLIMITED).messages())
        .extracting(OutboundMessage::exchange, OutboundMessage::routingKey)
        .containsExactly(
            tuple("bie-events-contention-updated", "contention-updated.t.0"),
            tuple("bie-events-contention-deleted", "contention-deleted.t.4"),
            tuple("bie-events-contention-updated", "contention-updated.t.0"));
  }

  private static Outbound notificationOf(String type, int partition) {
    return new Notification(
        id(1),
        new Origin("t", partition, 1),
        type,
        -1,
        Instant.EPOCH,
        Instant.EPOCH,
        null,
        new byte[0]);
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
