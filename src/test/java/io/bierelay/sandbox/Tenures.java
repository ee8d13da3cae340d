package io.bierelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;

/** Tenures, what is said when they change, and the schema under which that goes to Kafka. */
public final class Tenures {

  /** The topic, which is also the schema's name. */
  public static final String TOPIC = "TenureAPI";

  private static final String[] KINDS = {"Secure", "Introductory", "Freehold", "Leasehold (RTB)"};

  /** Read once: how long the API takes for an answer should be nothing to speak of. */
  private static final JsonObject TENURE =
      new JsonObject(resource("TenureEvent.json")).getJsonObject("tenure");

  private Tenures() {}

  /** The schema: nested records, enums, arrays, unions, dates, a decimal. */
  public static String schema() {
    return resource("TenureEvent.avsc");
  }

  /** A tenure as the API has it; the same for the same id. */
  public static JsonObject tenure(UUID id) {
    int n = Math.abs((int) id.getLeastSignificantBits() % 1_000);
    return TENURE
        .copy()
        .put("id", id.toString())
        .put("paymentReference", String.valueOf(10_000 + n))
        .put("isActive", n % 3 != 0)
        .put(
            "tenureType",
            new JsonObject()
                .put("code", KINDS[n % KINDS.length].substring(0, 3).toUpperCase(Locale.ROOT))
                .put("description", KINDS[n % KINDS.length]))
        .put("legacyReferences", new JsonArray());
  }

  /** An event of that type. */
  public static JsonObject event(String type, UUID eventId, UUID tenureId) {
    return new JsonObject()
        .put("id", eventId.toString())
        .put("eventType", type)
        .put("sourceDomain", "Tenure")
        .put("sourceSystem", "TenureAPI")
        .put("version", "v1")
        .put("correlationId", UUID.randomUUID().toString())
        .put("dateTime", Instant.now().toString())
        .put("user", new JsonObject().put("name", "Test User").put("email", "test@example.org"))
        .put("entityId", tenureId.toString())
        .put(
            "eventData",
            new JsonObject().put("oldData", (Object) null).put("newData", new JsonObject()));
  }

  /** An update with ids of its own. */
  public static JsonObject updated(UUID tenureId) {
    return event("TenureUpdatedEvent", UUID.randomUUID(), tenureId);
  }

  /** In the envelope that SNS puts around it without raw delivery. */
  public static String enveloped(JsonObject event) {
    return new JsonObject()
        .put("Type", "Notification")
        .put("MessageId", UUID.randomUUID().toString())
        .put("TopicArn", "arn:aws:sns:eu-west-2:000000000000:tenure")
        .put("Message", event.encode())
        .put("Timestamp", Instant.now().toString())
        .encode();
  }

  private static String resource(String name) {
    try (InputStream in = Tenures.class.getResourceAsStream("/avro/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
