package io.bierelay.notify;

import com.rabbitmq.client.AMQP;
import io.bierelay.event.BatchReply;
import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.Notification;
import io.bierelay.event.NotificationFormat;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.event.Quarantine;
import io.bierelay.event.TraceContext;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.OutboundMessage;
import io.bierelay.rabbit.PropertiesWriter;
import io.bierelay.rabbit.PropertiesWriter.Name;
import io.bierelay.rabbit.PropertiesWriter.Text;
import io.bierelay.trace.EventSpan;
import io.bierelay.trace.Tracing;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes outbounds as AMQP messages: properties and headers as the published contract says. Used on
 * one event loop: the buffer is shared by all calls.
 */
final class MessageWriter {

  private static final String JSON = "application/json";
  private static final String RAW = "application/octet-stream";
  static final String APP = "bie-relay";
  private static final byte[] EMPTY = {};

  /**
   * A key is a header, and all headers must fit into one frame, 128 KiB at most by default. A
   * longer key is left out and only its length told: refusing the event would be worse.
   */
  private static final int MAX_KEY_BYTES = 32 << 10;

  private static final Text JSON_TEXT = PropertiesWriter.text(JSON);
  private static final Text APP_TEXT = PropertiesWriter.text(APP);
  private static final Name TOPIC = PropertiesWriter.name(NotificationFormat.TOPIC);
  private static final Name PARTITION = PropertiesWriter.name(NotificationFormat.PARTITION);
  private static final Name OFFSET = PropertiesWriter.name(NotificationFormat.OFFSET);
  private static final Name EVENT_TYPE = PropertiesWriter.name(NotificationFormat.EVENT_TYPE);
  private static final Name NOTIFIED_AT = PropertiesWriter.name(NotificationFormat.NOTIFIED_AT);
  private static final Name RECORDED_AT = PropertiesWriter.name(NotificationFormat.RECORDED_AT);
  private static final Name SCHEMA_ID = PropertiesWriter.name(NotificationFormat.SCHEMA_ID);
  private static final Name KEY = PropertiesWriter.name(NotificationFormat.KEY);
  private static final Name KEY_LENGTH = PropertiesWriter.name(NotificationFormat.KEY_LENGTH);
  private static final Name TRACE_PARENT = PropertiesWriter.name(TraceContext.PARENT);
  private static final Name TRACE_STATE = PropertiesWriter.name(TraceContext.STATE);

  private final Map<String, String> exchanges;
  private final PropertiesWriter out = new PropertiesWriter();
  private final Tracing tracing;

  /** A batch is of one partition: where its first goes, the others go. */
  private @Nullable Route last;

  /** Without spans; what notifications bring of traces is passed on all the same. */
  MessageWriter(EventCatalog catalog) {
    this(catalog, Tracing.off());
  }

  MessageWriter(EventCatalog catalog, Tracing tracing) {
    this.tracing = tracing;
    this.exchanges =
        catalog.types().stream().collect(Collectors.toMap(EventType::name, EventType::exchange));
  }

  /** What the messages of one partition have in common. */
  private record Route(
      String eventType,
      String topicName,
      int partition,
      String exchange,
      String key,
      Text type,
      Text topic) {

    boolean isOf(String wanted, Origin origin) {
      return partition == origin.partition()
          && topicName.equals(origin.topic())
          && eventType.equals(wanted);
    }
  }

  /**
   * A batch as messages.
   *
   * @param messages in the order of the items
   * @param items for each message the index of its item; those that are skipped have no message
   * @param oversized the items that are dead letters because the broker takes no message as large
   * @param spans of those that are being published; empty where there are none
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
  record Written(
      List<OutboundMessage> messages, int[] items, BitSet oversized, List<EventSpan> spans) {

    /** The answer is there, or an error. */
    void settled(@Nullable Throwable error) {
      for (EventSpan span : spans) {
        if (error != null) {
          span.fail("not-confirmed");
        }
        span.end();
      }
    }
  }

  /**
   * In their order, for their types' exchanges or for the dead-letter exchange; nothing for what is
   * skipped.
   *
   * @param maxBytes the largest body that the broker takes
   */
  Written write(List<Outbound> items, long maxBytes) {
    List<OutboundMessage> messages = new ArrayList<>(items.size());
    int[] indexes = new int[items.size()];
    BitSet oversized = new BitSet();
    List<EventSpan> spans = tracing.makesSpans() ? new ArrayList<>(items.size()) : List.of();
    for (int i = 0; i < items.size(); i++) {
      OutboundMessage message = null;
      if (items.get(i) instanceof Notification notification) {
        boolean fits = notification.body().length <= maxBytes;
        oversized.set(i, !fits);
        message = fits ? write(notification, spans) : oversized(notification, maxBytes);
      } else if (items.get(i) instanceof Quarantine quarantine) {
        message = DeadLetters.within(maxBytes, write(quarantine));
      }
      if (message != null) {
        indexes[messages.size()] = i;
        messages.add(message);
      }
    }
    return new Written(messages, indexes, oversized, spans);
  }

  /** What is dead is the notification itself: the record could be decoded. */
  private static OutboundMessage oversized(Notification n, long maxBytes) {
    Map<String, Object> headers =
        headers(n.origin(), n.eventType(), n.schemaId(), n.receivedAt(), n.recordedAt(), n.key());
    headers.put(NotificationFormat.REASON, BatchReply.OVERSIZED_REASON);
    headers.put(
        NotificationFormat.DETAIL,
        "the notification has %d bytes, RabbitMQ's max_message_size is %d"
            .formatted(n.body().length, maxBytes));
    headers.put(NotificationFormat.STAGE, "notify");
    headers.put(NotificationFormat.FIRST_FAILED_AT, n.receivedAt().toEpochMilli());
    headers.put(NotificationFormat.FAILED_AT, Instant.now().toEpochMilli());
    TraceContext trace = n.trace();
    if (trace != null) {
      headers.put(TraceContext.PARENT, trace.parent());
    }
    if (trace != null && !trace.state().isEmpty()) {
      headers.put(TraceContext.STATE, trace.state());
    }
    return DeadLetters.within(
        maxBytes, DeadLetters.message(n.id().toString(), n.eventType(), JSON, headers, n.body()));
  }

  private OutboundMessage write(Notification n, List<EventSpan> spans) {
    Origin origin = n.origin();
    Route route = route(n.eventType(), origin);
    out.begin(JSON_TEXT)
        .header(TOPIC, route.topic())
        .header(PARTITION, origin.partition())
        .header(OFFSET, origin.offset())
        .header(EVENT_TYPE, route.type())
        .header(NOTIFIED_AT, n.receivedAt().toEpochMilli())
        .header(RECORDED_AT, n.recordedAt().toEpochMilli());
    if (n.schemaId() >= 0) {
      out.header(SCHEMA_ID, n.schemaId());
    }
    byte[] key = n.key();
    if (key != null && key.length <= MAX_KEY_BYTES) {
      out.header(KEY, isAscii(key) ? key : validUtf8(key));
    } else if (key != null) {
      out.header(KEY_LENGTH, key.length);
    }
    TraceContext trace = n.trace();
    EventSpan span = tracing.publishing(n, route.exchange(), route.key());
    if (span != null) {
      spans.add(span);
      trace = span.context();
    }
    if (trace != null) {
      write(trace);
    }
    AMQP.BasicProperties properties =
        out.end(n.id(), n.receivedAt(), route.type(), APP_TEXT, n.body().length);
    return new OutboundMessage(route.exchange(), route.key(), properties, n.body());
  }

  private void write(TraceContext trace) {
    out.header(TRACE_PARENT, trace.parent().getBytes(StandardCharsets.US_ASCII));
    if (!trace.state().isEmpty()) {
      out.header(TRACE_STATE, trace.state().getBytes(StandardCharsets.US_ASCII));
    }
  }

  private Route route(String eventType, Origin origin) {
    Route last = this.last;
    if (last == null || !last.isOf(eventType, origin)) {
      String exchange = exchanges.get(eventType);
      if (exchange == null) {
        throw new IllegalArgumentException(
            "event type '%s' is in no catalogue of this process; set event.types alike everywhere"
                .formatted(eventType));
      }
      last =
          new Route(
              eventType,
              origin.topic(),
              origin.partition(),
              exchange,
              NotificationFormat.routingKey(eventType, origin.topic(), origin.partition()),
              PropertiesWriter.text(eventType),
              PropertiesWriter.text(origin.topic()));
      this.last = last;
    }
    return last;
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte one : bytes) {
      if (one < 0) {
        return false;
      }
    }
    return true;
  }

  /** What is no UTF-8 becomes replacement characters, as in each text that is made of bytes. */
  private static byte[] validUtf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
  }

  private static OutboundMessage write(Quarantine q) {
    Map<String, Object> headers =
        headers(q.origin(), q.eventType(), q.schemaId(), q.receivedAt(), q.recordedAt(), q.key());
    headers.put(NotificationFormat.REASON, q.reason());
    headers.put(NotificationFormat.DETAIL, q.detail());
    headers.put(NotificationFormat.STAGE, "decode");
    // It is decoded as it is received, and what can't be decoded once never can.
    headers.put(NotificationFormat.FIRST_FAILED_AT, q.receivedAt().toEpochMilli());
    headers.put(NotificationFormat.FAILED_AT, Instant.now().toEpochMilli());
    if (q.value() == null) {
      headers.put(NotificationFormat.NULL_VALUE, true);
    }
    return DeadLetters.message(
        q.id().toString(), q.eventType(), RAW, headers, q.value() == null ? EMPTY : q.value());
  }

  private static Map<String, Object> headers(
      Origin origin,
      String eventType,
      int schemaId,
      Instant receivedAt,
      Instant recordedAt,
      byte @Nullable [] key) {
    Map<String, Object> headers = new HashMap<>();
    headers.put(NotificationFormat.TOPIC, origin.topic());
    headers.put(NotificationFormat.PARTITION, origin.partition());
    headers.put(NotificationFormat.OFFSET, origin.offset());
    headers.put(NotificationFormat.EVENT_TYPE, eventType);
    headers.put(NotificationFormat.NOTIFIED_AT, receivedAt.toEpochMilli());
    headers.put(NotificationFormat.RECORDED_AT, recordedAt.toEpochMilli());
    if (schemaId >= 0) {
      headers.put(NotificationFormat.SCHEMA_ID, schemaId);
    }
    if (key != null && key.length <= MAX_KEY_BYTES) {
      headers.put(NotificationFormat.KEY, new String(key, StandardCharsets.UTF_8));
    } else if (key != null) {
      headers.put(NotificationFormat.KEY_LENGTH, key.length);
    }
    return headers;
  }
}
