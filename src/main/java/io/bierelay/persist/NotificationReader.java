package io.bierelay.persist;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.rabbitmq.client.AMQP;
import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.NotificationFormat;
import io.bierelay.rabbit.RabbitDelivery;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a message into a row, or says why it is no notification.
 *
 * <p>Never throws over what a message holds, and never repeats it: exceptions of the JSON parser
 * quote the text they fail at, so only their position is passed on. Used by one thread.
 */
final class NotificationReader {

  /** Reason: the body is not JSON. */
  static final String NOT_JSON = "not-json";

  /** Reason: JSON, but of another shape. */
  static final String NOT_A_NOTIFICATION = "not-a-notification";

  /** Reason: neither header nor topic tells a configured type. */
  static final String UNKNOWN_EVENT_TYPE = "unknown-event-type";

  /** Reason: the message id, which becomes the row's key, is no UUID. */
  static final String NO_MESSAGE_ID = "no-message-id";

  /** Kafka's own rule for names: what else stands in its place is not repeated in a log. */
  private static final Pattern TOPIC_NAME = Pattern.compile("[A-Za-z0-9._-]{1,249}");

  /** There are few topics; what is remembered of a stranger's inventions is bounded. */
  private static final int MAX_TOPICS = 256;

  private static final int UUID_LENGTH = 36;
  private static final int UUID_MIDDLE = 18;

  private final EventCatalog catalog;
  private final Map<String, String> typeNames;
  private final EventPlan plan;
  private final JsonCopy copy;
  private final Map<String, String> shownTopics = new HashMap<>();

  NotificationReader(EventCatalog catalog, EventPlan plan) {
    this.catalog = catalog;
    this.typeNames =
        catalog.types().stream().map(EventType::name).collect(Collectors.toMap(n -> n, n -> n));
    this.plan = plan;
    this.copy = new JsonCopy(plan.policy().mask());
  }

  private static final class Body {
    @Nullable String topic;
    @Nullable String notifiedAt;
    @Nullable EventContent event;
  }

  /** Reads a message. */
  Reading read(RabbitDelivery delivery) {
    UUID id = idOf(delivery.properties());
    if (id == null) {
      return new Reading.Unusable(NO_MESSAGE_ID, "the message id is no UUID");
    }
    Body body = new Body();
    try (JsonParser parser = EventContent.JSON.createParser(delivery.body())) {
      if (!readBody(parser, body)) {
        return new Reading.Unusable(
            NOT_JSON, "the body is empty, or goes on after the end of its first JSON value");
      }
    } catch (JsonProcessingException e) {
      return new Reading.Unusable(NOT_JSON, "the body is not JSON that can be read" + at(e));
    } catch (IOException e) {
      return new Reading.Unusable(NOT_JSON, "the body is not text in UTF-8");
    }
    if (body.topic == null || body.event == null) {
      return new Reading.Unusable(
          NOT_A_NOTIFICATION,
          "expected an object with the text 'topic' and the object 'event'; missing: "
              + (body.topic == null ? "topic" : "event"));
    }
    return row(id, body.topic, body.notifiedAt, body.event, headers(delivery.properties()));
  }

  private Reading row(
      UUID id,
      String topic,
      @Nullable String notifiedAtText,
      EventContent event,
      Map<String, Object> headers) {
    Optional<String> type = typeOf(headers, topic);
    if (type.isEmpty()) {
      return new Reading.Unusable(
          UNKNOWN_EVENT_TYPE,
          "topic '%s' ends with none of the configured names; add its type to event.types"
              .formatted(shown(topic)));
    }
    List<String> misses = event.misses();
    Instant notifiedAt = notifiedAt(headers, notifiedAtText);
    if (notifiedAt == null) {
      misses = new ArrayList<>(misses);
      misses.add(NotificationFormat.NOTIFIED_AT);
    }
    return new Reading.Row(
        new EventRow(
            id,
            type.get(),
            new EventRow.Origin(
                shown(topic),
                headers.get(NotificationFormat.PARTITION),
                headers.get(NotificationFormat.OFFSET)),
            notifiedAt,
            event.details(),
            event.eventAt(),
            event.benefitClaimId(),
            event.contentionId(),
            event.classification(),
            event.codes(),
            misses));
  }

  /** False if there is not exactly one value. Whatever is repeated: the last one counts. */
  private boolean readBody(JsonParser parser, Body body) throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return false;
    }
    if (first != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return parser.nextToken() == null;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "topic" -> body.topic = text(parser, value);
        case "notifiedAt" -> body.notifiedAt = text(parser, value);
        case "event" ->
            body.event =
                value == JsonToken.START_OBJECT ? EventContent.read(parser, plan, copy) : null;
        default -> {}
      }
      // Harmless where the value was read already: the parser then stands on its end.
      parser.skipChildren();
    }
    return parser.nextToken() == null;
  }

  private static @Nullable String text(JsonParser parser, JsonToken value) throws IOException {
    return value == JsonToken.VALUE_STRING ? parser.getText() : null;
  }

  private Optional<String> typeOf(Map<String, Object> headers, String topic) {
    Object header = headers.get(NotificationFormat.EVENT_TYPE);
    String named = header == null ? null : typeNames.get(header.toString());
    if (named != null) {
      return Optional.of(named);
    }
    return catalog.typeOf(topic).map(EventType::name);
  }

  /** The header is exact to the millisecond; the body's text, a contract of old, to the minute. */
  private static @Nullable Instant notifiedAt(
      Map<String, Object> headers, @Nullable String fromBody) {
    if (headers.get(NotificationFormat.NOTIFIED_AT) instanceof Number ms) {
      Instant exact = EventContent.instant(ms.longValue());
      if (exact != null) {
        return exact;
      }
    }
    try {
      return fromBody == null ? null : NotificationFormat.parseNotifiedAt(fromBody);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private String shown(String topic) {
    String known = shownTopics.get(topic);
    if (known != null) {
      return known;
    }
    String shown = TOPIC_NAME.matcher(topic).matches() ? topic : "?";
    if (shownTopics.size() < MAX_TOPICS) {
      shownTopics.put(topic, shown);
    }
    return shown;
  }

  /** The id in its canonical form only: Java's own parser would take {@code 1-1-1-1-1} too. */
  static @Nullable UUID idOf(AMQP.BasicProperties properties) {
    String id = properties.getMessageId();
    if (id == null || id.length() != UUID_LENGTH) {
      return null;
    }
    long most = 0;
    long least = 0;
    for (int i = 0; i < UUID_LENGTH; i++) {
      char c = id.charAt(i);
      if (i == 8 || i == 13 || i == 18 || i == 23) {
        if (c != '-') {
          return null;
        }
        continue;
      }
      int digit = c > 'f' ? -1 : Character.digit(c, 16);
      if (digit < 0) {
        return null;
      }
      if (i < UUID_MIDDLE) {
        most = most << 4 | digit;
      } else {
        least = least << 4 | digit;
      }
    }
    return new UUID(most, least);
  }

  static Map<String, Object> headers(AMQP.BasicProperties properties) {
    Map<String, Object> headers = properties.getHeaders();
    return headers == null ? Map.of() : headers;
  }

  private static String at(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " at line %d, column %d"
            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }
}
