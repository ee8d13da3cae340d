package io.bierelay.event;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Carries a batch by reference inside one process, and as bytes between the members of a cluster.
 *
 * <p>The bytes are what members of different versions meet in during an upgrade: {@code
 * WireCompatibilityTest} holds them against recorded ones. Whoever must change them adds a format
 * beside this one, has this class read both, and sends the new one a release later.
 *
 * <p>Behind the items stand sections that a reader may skip: a byte that names it, its length, its
 * content. Who knows none of them reads no further than the items, so a section can be added at any
 * time. There is one, and only where a notification is in a trace.
 *
 * <p>Stateless, so one instance serves all threads.
 */
final class NotificationBatchCodec implements MessageCodec<NotificationBatch, NotificationBatch> {

  /** The first byte of every batch: what follows it. */
  private static final byte FORMAT = 1;

  private static final byte NOTIFICATION = 1;
  private static final byte QUARANTINE = 2;
  private static final byte SKIPPED = 3;

  /** The section that holds what notifications carry of traces, by the index of the item. */
  private static final byte TRACES = 1;

  private static final byte[] EMPTY = {};

  private final String name;

  NotificationBatchCodec(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }

  @Override
  public NotificationBatch transform(NotificationBatch batch) {
    return batch;
  }

  @Override
  public void encodeToWire(Buffer buffer, NotificationBatch batch) {
    buffer.appendByte(FORMAT);
    putText(buffer, batch.topic());
    buffer.appendInt(batch.partition()).appendLong(batch.session()).appendLong(batch.sequence());
    buffer.appendInt(batch.items().size());
    for (Outbound item : batch.items()) {
      if (item instanceof Notification n) {
        buffer.appendByte(NOTIFICATION);
        putCommon(buffer, n);
        buffer.appendInt(n.schemaId());
        putTimes(buffer, n.receivedAt(), n.recordedAt());
        putBytes(buffer, n.key());
        putBytes(buffer, n.body());
      } else if (item instanceof Quarantine q) {
        buffer.appendByte(QUARANTINE);
        putCommon(buffer, q);
        buffer.appendInt(q.schemaId());
        putTimes(buffer, q.receivedAt(), q.recordedAt());
        putBytes(buffer, q.key());
        putText(buffer, q.reason());
        putText(buffer, q.detail());
        putBytes(buffer, q.value());
      } else if (item instanceof Skipped s) {
        buffer.appendByte(SKIPPED);
        putCommon(buffer, s);
        putText(buffer, s.reason());
      }
    }
    putTraces(buffer, batch.items());
  }

  private static void putTraces(Buffer buffer, List<Outbound> items) {
    int lengthAt = -1;
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i) instanceof Notification n && n.trace() != null) {
        if (lengthAt < 0) {
          buffer.appendByte(TRACES);
          lengthAt = buffer.length();
          buffer.appendInt(0);
        }
        buffer.appendInt(i);
        putText(buffer, n.trace().parent());
        putText(buffer, n.trace().state());
      }
    }
    if (lengthAt >= 0) {
      buffer.setInt(lengthAt, buffer.length() - lengthAt - Integer.BYTES);
    }
  }

  @Override
  public NotificationBatch decodeFromWire(int position, Buffer buffer) {
    Cursor in = new Cursor(buffer, position);
    byte format = in.oneByte();
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "a batch of format %d, and this version reads %d; the members of the cluster differ in version"
              .formatted(format, FORMAT));
    }
    String topic = in.text();
    int partition = in.integer();
    long session = in.longInteger();
    long sequence = in.longInteger();
    int count = in.integer();
    List<Outbound> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(item(in));
    }
    while (in.position < buffer.length()) {
      byte section = in.oneByte();
      int length = in.integer();
      int left = buffer.length() - in.position;
      if (length < 0 || length > left) {
        throw new IllegalArgumentException(
            "a section %d of %d bytes, where %d are left".formatted(section, length, left));
      }
      int end = in.position + length;
      while (section == TRACES && in.position < end) {
        trace(in, items);
      }
      in.position = end;
    }
    return new NotificationBatch(topic, partition, session, sequence, items);
  }

  /** What another process wrote is looked at as if a stranger had: it goes into headers. */
  private static void trace(Cursor in, List<Outbound> items) {
    int index = in.integer();
    TraceContext trace = TraceContext.parse(in.text(), in.text());
    if (trace != null && items.get(index) instanceof Notification n) {
      items.set(index, n.in(trace));
    }
  }

  private static Outbound item(Cursor in) {
    byte kind = in.oneByte();
    UUID id = new UUID(in.longInteger(), in.longInteger());
    Origin origin = new Origin(in.text(), in.integer(), in.longInteger());
    String eventType = in.text();
    if (kind == SKIPPED) {
      return new Skipped(id, origin, eventType, in.text());
    }
    int schemaId = in.integer();
    Instant received = in.instant();
    Instant recorded = in.instant();
    byte[] key = in.bytes();
    if (kind == NOTIFICATION) {
      byte[] body = in.bytes();
      return new Notification(
          id, origin, eventType, schemaId, received, recorded, key, body == null ? EMPTY : body);
    }
    if (kind != QUARANTINE) {
      throw new IllegalArgumentException(
          "an outbound of kind %d; the members of the cluster differ in version".formatted(kind));
    }
    String reason = in.text();
    String detail = in.text();
    return new Quarantine(
        id, origin, eventType, reason, detail, schemaId, received, recorded, key, in.bytes());
  }

  private static void putCommon(Buffer buffer, Outbound item) {
    UUID id = item.id();
    Origin origin = item.origin();
    buffer.appendLong(id.getMostSignificantBits()).appendLong(id.getLeastSignificantBits());
    putText(buffer, origin.topic());
    buffer.appendInt(origin.partition()).appendLong(origin.offset());
    putText(buffer, item.eventType());
  }

  private static void putTimes(Buffer buffer, Instant received, Instant recorded) {
    putInstant(buffer, received);
    putInstant(buffer, recorded);
  }

  private static void putInstant(Buffer buffer, Instant instant) {
    buffer.appendLong(instant.getEpochSecond()).appendInt(instant.getNano());
  }

  private static void putText(Buffer buffer, String text) {
    putBytes(buffer, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A length of -1 stands for null, which a tombstone's value and a missing key are. */
  private static void putBytes(Buffer buffer, byte @Nullable [] bytes) {
    if (bytes == null) {
      buffer.appendInt(-1);
    } else {
      buffer.appendInt(bytes.length).appendBytes(bytes);
    }
  }

  private static final class Cursor {

    private final Buffer buffer;
    private int position;

    Cursor(Buffer buffer, int position) {
      this.buffer = buffer;
      this.position = position;
    }

    byte oneByte() {
      return buffer.getByte(position++);
    }

    int integer() {
      position += Integer.BYTES;
      return buffer.getInt(position - Integer.BYTES);
    }

    long longInteger() {
      position += Long.BYTES;
      return buffer.getLong(position - Long.BYTES);
    }

    Instant instant() {
      return Instant.ofEpochSecond(longInteger(), integer());
    }

    byte @Nullable [] bytes() {
      int length = integer();
      if (length < 0) {
        return null;
      }
      position += length;
      return buffer.getBytes(position - length, position);
    }

    String text() {
      byte[] bytes = bytes();
      return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
