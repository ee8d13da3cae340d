package io.bierelay.listener;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * An event that says that an entity has changed.
 *
 * @param id the event's own; empty if it has none
 * @param correlationId for the API's header; empty if there is none that fits into a header
 * @param event all of it, as it was received
 */
record EntityChange(
    Optional<String> id,
    String eventType,
    UUID entityId,
    Optional<String> correlationId,
    JsonObject event) {

  /** Java itself would take 1-1-1-1-1 as well. */
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}");

  private static final Pattern HEADER_VALUE = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final int MAX_TYPE = 100;

  /**
   * The event in a message's body, as SNS delivers it: raw, or as text within its envelope.
   *
   * @throws ChangeFailedException if it is no JSON object, or has no event type
   */
  static JsonObject event(String body) {
    JsonObject object = object(body, "the message's body");
    if ("Notification".equals(object.getValue("Type"))
        && object.getValue("Message") instanceof String message
        && !object.containsKey("eventType")) {
      return object(message, "the message in SNS's envelope");
    }
    return object;
  }

  /**
   * Its type, fit for a log: of one that nobody asked for, anything may stand there.
   *
   * @throws ChangeFailedException if there is none
   */
  static String typeOf(JsonObject event) {
    if (event.getValue("eventType") instanceof String type && !type.isBlank()) {
      String line = type.replaceAll("[^\\x21-\\x7e]", "?");
      return line.length() > MAX_TYPE ? line.substring(0, MAX_TYPE) : line;
    }
    throw bad("the event has no text eventType");
  }

  /**
   * Reads the event of a type that is relayed.
   *
   * @throws ChangeFailedException if its entity's id is missing or no UUID
   */
  static EntityChange of(JsonObject event) {
    Object id = event.getValue("entityId");
    if (!(id instanceof String text)) {
      throw bad("the event has no text entityId");
    }
    if (!UUID_TEXT.matcher(text).matches()) {
      throw bad("the event's entityId is no UUID");
    }
    return new EntityChange(
        header(event, "id"),
        typeOf(event),
        UUID.fromString(text),
        header(event, "correlationId"),
        event);
  }

  /** The event's own id, fit for a log; {@code -} if it has none. */
  static String idOf(JsonObject event) {
    return header(event, "id").orElse("-");
  }

  private static Optional<String> header(JsonObject event, String name) {
    return event.getValue(name) instanceof String text && HEADER_VALUE.matcher(text).matches()
        ? Optional.of(text)
        : Optional.empty();
  }

  private static JsonObject object(String text, String what) {
    try {
      return new JsonObject(text);
    } catch (DecodeException | ClassCastException e) {
      throw bad(what + " is no JSON object");
    }
  }

  private static ChangeFailedException bad(String what) {
    return new ChangeFailedException(FailureReason.BAD_MESSAGE, what);
  }
}
