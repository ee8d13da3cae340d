package io.bierelay.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * What members of a cluster say to one another is read by members of the version before and after:
 * it is compared with what was recorded.
 *
 * <p>When this fails, the members of a rolling upgrade would not understand each other. Don't
 * record anew: add a format or a field beside the recorded one, read both, and send the new one a
 * release later. See {@code docs/upgrading.md}.
 */
class WireCompatibilityTest {

  private static final NotificationBatchCodec CODEC = new NotificationBatchCodec("bie.batch");
  private static final String WHAT_TO_DO =
      "members of the version before don't understand this: keep what is recorded in"
          + " src/test/resources/compatibility, add beside it, and send the new a release later";

  private static final Origin ORIGIN = new Origin("TST_CONTENTION_BIE_X", 3, 12_345_678_901L);
  private static final Instant RECEIVED = Instant.parse("2026-11-22T10:11:12.123456789Z");
  private static final Instant RECORDED = Instant.parse("2026-11-22T10:11:11.5Z");

  private static NotificationBatch batch() {
    return new NotificationBatch(
        ORIGIN.topic(),
        3,
        0x1122334455667788L,
        42,
        List.of(
            new Notification(
                new UUID(1, 2),
                ORIGIN,
                "contention-updated",
                77,
                RECEIVED,
                RECORDED,
                "schlüssel".getBytes(StandardCharsets.UTF_8),
                "{\"a\":1}".getBytes(StandardCharsets.UTF_8)),
            new Notification(
                new UUID(3, 4),
                ORIGIN,
                "contention-updated",
                -1,
                RECEIVED,
                RECORDED,
                null,
                new byte[0]),
            new Quarantine(
                new UUID(5, 6),
                ORIGIN,
                "contention-updated",
                "unknown-schema",
                "no schema 9",
                9,
                RECEIVED,
                RECORDED,
                null,
                new byte[] {0, -1, 127}),
            new Quarantine(
                new UUID(7, 8),
                ORIGIN,
                "contention-updated",
                "tombstone",
                "",
                -1,
                RECEIVED,
                RECORDED,
                new byte[] {1},
                null),
            new Skipped(new UUID(9, 10), ORIGIN, "contention-updated", "null-value")));
  }

  @Test
  void recordedBytesAreReadAndWrittenTheSame() throws Exception {
    byte[] recorded = HexFormat.of().parseHex(resource("batch-1.hex").replaceAll("\\s", ""));
    assertThat(CODEC.decodeFromWire(0, Buffer.buffer(recorded)))
        .as(WHAT_TO_DO)
        .usingRecursiveComparison()
        .isEqualTo(batch());
    Buffer written = Buffer.buffer();
    CODEC.encodeToWire(written, batch());
    assertThat(written.getBytes()).as(WHAT_TO_DO).isEqualTo(recorded);
    assertThat(CODEC.name()).as(WHAT_TO_DO).isEqualTo("bie.batch");
  }

  private static NotificationBatch traced() {
    List<Outbound> items = new ArrayList<>(batch().items());
    TraceContext trace =
        TraceContext.parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "congo=t61");
    items.set(1, ((Notification) items.get(1)).in(trace));
    return new NotificationBatch(ORIGIN.topic(), 3, 0x1122334455667788L, 42, items);
  }

  /** Who knows nothing of traces reads as far as the items go, which stand as they were. */
  @Test
  void tracesStandBehindWhatWasRecordedBefore() throws Exception {
    Buffer written = Buffer.buffer();
    CODEC.encodeToWire(written, traced());
    String hex = HexFormat.of().formatHex(written.getBytes());
    String before = resource("batch-1.hex").replaceAll("\\s", "");
    assertThat(hex).as(WHAT_TO_DO).startsWith(before);
    assertThat(hex.substring(before.length()))
        .as(WHAT_TO_DO)
        .isEqualTo(resource("batch-1-traces.hex").replaceAll("\\s", ""));
    assertThat(CODEC.decodeFromWire(0, written)).usingRecursiveComparison().isEqualTo(traced());
  }

  @Test
  void aSectionThatALaterVersionAddsIsSkipped() {
    Buffer written = Buffer.buffer();
    CODEC.encodeToWire(written, batch());
    written.appendByte((byte) 9).appendInt(3).appendBytes(new byte[] {1, 2, 3});
    assertThat(CODEC.decodeFromWire(0, written)).usingRecursiveComparison().isEqualTo(batch());
  }

  @Test
  void anotherFormatIsRefusedAndNotMisread() {
    Buffer written = Buffer.buffer();
    CODEC.encodeToWire(written, batch());
    written.setByte(0, (byte) 2);
    assertThatThrownBy(() -> CODEC.decodeFromWire(0, written))
        .hasMessageContaining("format 2")
        .hasMessageContaining("differ in version");
  }

  /** Each is read as what it was, and what is written has all that was recorded. */
  @Test
  void recordedMessagesAreReadAndWrittenTheSame() throws Exception {
    JsonObject recorded = new JsonObject(resource("messages.json"));
    Map<String, Function<JsonObject, JsonObject>> through = new LinkedHashMap<>();
    through.put(LaneBus.OPEN, json -> LaneBus.OpenRequest.fromJson(json).toJson());
    through.put("open reply", json -> LaneBus.OpenReply.fromJson(json).toJson());
    through.put(LaneBus.CLOSE, json -> LaneBus.CloseNotice.fromJson(json).toJson());
    through.put(LaneBus.BLOCKED, json -> LaneBus.Blocked.fromJson(json).toJson());
    through.put(LaneBus.ALIVE, json -> LaneBus.Alive.fromJson(json).toJson());
    through.put("batch reply", json -> BatchReply.fromJson(json).toJson());
    through.put("batch reply, all confirmed", json -> BatchReply.fromJson(json).toJson());
    assertThat(recorded.fieldNames()).as(WHAT_TO_DO).isEqualTo(through.keySet());
    through.forEach(
        (name, readAndWritten) -> {
          JsonObject old = recorded.getJsonObject(name);
          assertThat(new JsonObject(readAndWritten.apply(old).encode()).getMap())
              .as("%s: %s", name, WHAT_TO_DO)
              .containsAllEntriesOf(old.getMap());
        });
  }

  @Test
  void failureCodesKeepTheirMeaning() {
    assertThat(
            List.of(
                LaneBus.TRANSIENT,
                LaneBus.UNROUTABLE,
                LaneBus.STALE_SESSION,
                LaneBus.REFUSED,
                LaneBus.POISON_HELD,
                LaneBus.LOCKED))
        .as(WHAT_TO_DO)
        .containsExactly(1, 2, 3, 4, 5, 6);
    BitSet parked = new BitSet();
    parked.set(3);
    assertThat(new BatchReply(parked, new BitSet(), new BitSet()).toJson().encode())
        .as(WHAT_TO_DO)
        .isEqualTo("{\"parked\":[3],\"dropped\":[],\"oversized\":[]}");
  }

  private static String resource(String name) throws Exception {
    try (InputStream in =
        WireCompatibilityTest.class.getResourceAsStream("/compatibility/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
