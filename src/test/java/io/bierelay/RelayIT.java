package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.RelayServers;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The specification's integration test: both roles by the production launcher; Avro events into
 * Kafka; notifications at the exchanges and rows in the database, field by field.
 */
class RelayIT {

  private static final Set<String> PERSONAL =
      Set.of("ActorUserId", "VeteranParticipantId", "Description", "Details");
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final ContentionEvents EVENTS = new ContentionEvents(20230612);
  private static RelayServers servers;
  private static LauncherRelay relay;
  private static EventPublisher publisher;
  private static Connection connection;
  private static Channel channel;
  private static final Map<ContentionType, String> QUEUES = new EnumMap<>(ContentionType.class);

  @BeforeAll
  static void start() throws Exception {
    servers = new RelayServers().start(2);
    connection = servers.rabbit().connect();
    channel = connection.createChannel();
    for (ContentionType type : ContentionType.values()) {
      channel.exchangeDeclare(type.exchange(), "topic", true);
      String queue = channel.queueDeclare().getQueue();
      channel.queueBind(queue, type.exchange(), "#");
      QUEUES.put(type, queue);
    }
    relay = new LauncherRelay();
    relay.start(List.of("svc-bie-kafka", "workflow"), servers.settings());
    publisher = servers.publisher();
    await().atMost(LIMIT).until(() -> get("/health/ready").statusCode() == 200);
  }

  @AfterAll
  static void stop() throws Exception {
    try (RelayServers all = servers;
        EventPublisher p = publisher;
        Connection c = connection) {
      relay.stop();
    }
  }

  @Test
  void eachTypeOfEventIsNotifiedAndStoredFieldByField() throws Exception {
    for (ContentionType type : ContentionType.values()) {
      GenericRecord event = EVENTS.next(type);
      Instant before = Instant.now();
      RecordMetadata kafka = publisher.publish(type, event).get();
      GetResponse message = notification(type);
      Instant after = Instant.now();
      checkNotification(type, event, kafka, message, before, after);
      checkRow(type, event, UUID.fromString(message.getProps().getMessageId()), before);
    }
  }

  private void checkNotification(
      ContentionType type,
      GenericRecord event,
      RecordMetadata kafka,
      GetResponse message,
      Instant before,
      Instant after) {
    JsonObject body = new JsonObject(Buffer.buffer(message.getBody()));
    assertThat(body.fieldNames()).containsExactly("topic", "notifiedAt", "event");
    assertThat(body.getString("topic")).isEqualTo(type.topic());
    assertThat(body.getString("notifiedAt")).isIn(minute(before), minute(after));
    assertThat(body.getJsonObject("event")).isEqualTo(expected(event, Set.of()));

    var properties = message.getProps();
    assertThat(message.getEnvelope().getRoutingKey())
        .isEqualTo(type.eventType() + "." + type.topic() + "." + kafka.partition());
    assertThat(properties.getContentType()).isEqualTo("application/json");
    assertThat(properties.getDeliveryMode()).isEqualTo(2);
    assertThat(UUID.fromString(properties.getMessageId()).version()).isEqualTo(5);
    Map<String, Object> headers = properties.getHeaders();
    assertThat(headers)
        .containsEntry("partition", kafka.partition())
        .containsEntry("offset", kafka.offset())
        .containsEntry("schema-id", servers.schemaIds().get(type));
    assertThat(headers.get("topic")).hasToString(type.topic());
    assertThat(headers.get("event-type")).hasToString(type.eventType());
    assertThat(headers.get("key")).hasToString(String.valueOf(event.get("ClaimId")));
    assertThat((Long) headers.get("notified-at"))
        .isBetween(before.toEpochMilli(), after.toEpochMilli());
  }

  private void checkRow(ContentionType type, GenericRecord event, UUID id, Instant before)
      throws Exception {
    await().atMost(LIMIT).until(() -> count("bie_event where uuid = '" + id + "'") == 1);
    try (var db = servers.postgres().connect();
        var statement = db.createStatement();
        ResultSet row =
            statement.executeQuery("select * from bie_event where uuid = '" + id + "'")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString("event_type")).isEqualTo(type.eventType());
      assertThat(new JsonObject(row.getString("event_details")))
          .isEqualTo(expected(event, PERSONAL));
      assertThat(row.getObject("event_at", LocalDateTime.class))
          .isEqualTo(gmt((Long) field(event, "EventTime")));
      assertThat(row.getObject("benefit_claim_id")).isEqualTo(event.get("ClaimId"));
      assertThat(row.getObject("contention_id")).isEqualTo(event.get("ContentionId"));
      assertThat(row.getString("classification"))
          .isEqualTo(field(event, "ContentionClassificationName"));
      LocalDateTime from = LocalDateTime.ofInstant(before, ZoneOffset.UTC).minusSeconds(1);
      LocalDateTime to = LocalDateTime.now(ZoneOffset.UTC).plusSeconds(1);
      assertThat(row.getObject("notified_at", LocalDateTime.class)).isBetween(from, to);
      assertThat(row.getObject("created_at", LocalDateTime.class)).isBetween(from, to);
    }
    assertThat(codesOf(id)).isEqualTo(expectedCodes(event));
  }

  @Test
  void whatCanNotBeDecodedIsQuarantinedWithItsBytesAndTheReason() throws Exception {
    channel.queueDeclare("dead", false, true, true, null);
    channel.queueBind("dead", "bie-events-dead-letter", "#");
    String topic = ContentionType.UPDATED.topic();
    byte[] noWireFormat = "{\"ClaimId\":1}".getBytes(StandardCharsets.UTF_8);
    byte[] unknownSchema = {0, 0, 15, 66, 63, 1, 2, 3};
    int before = count("bie_event");

    publisher.publish(new ProducerRecord<>(topic, 0, "1", noWireFormat)).get();
    publisher.publish(new ProducerRecord<>(topic, 0, "2", unknownSchema)).get();
    publisher.publish(new ProducerRecord<>(topic, 0, "3", null)).get();
    GenericRecord good = EVENTS.next(ContentionType.UPDATED);
    publisher.publish(ContentionType.UPDATED, good).get();

    checkDeadLetter(noWireFormat, "not-wire-format", "1");
    checkDeadLetter(unknownSchema, "unknown-schema", "2");
    checkDeadLetter(new byte[0], "null-value", "3");
    // And the lane goes on behind them.
    await().atMost(LIMIT).until(() -> count("bie_event") == before + 1);
    notification(ContentionType.UPDATED);
  }

  private void checkDeadLetter(byte[] raw, String reason, String key) {
    GetResponse letter = take("dead");
    assertThat(letter.getBody()).isEqualTo(raw);
    Map<String, Object> headers = letter.getProps().getHeaders();
    assertThat(headers.get("reason")).hasToString(reason);
    assertThat(headers.get("detail")).isNotNull();
    assertThat(headers.get("stage")).hasToString("decode");
    assertThat(headers.get("key")).hasToString(key);
    assertThat(headers.get("topic")).hasToString(ContentionType.UPDATED.topic());
  }

  @Test
  void theSubscriptionsShowWhereEachPartitionStands() throws Exception {
    RecordMetadata last =
        publisher.publish(ContentionType.DELETED, EVENTS.next(ContentionType.DELETED)).get();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              JsonArray all =
                  new JsonObject(get("/api/subscriptions").body()).getJsonArray("subscriptions");
              List<JsonObject> partitions =
                  all.stream()
                      .map(JsonObject.class::cast)
                      .filter(s -> s.containsKey("partition"))
                      .toList();
              assertThat(partitions).hasSize(10);
              assertThat(partitions)
                  .filteredOn(s -> s.getString("topic").equals(last.topic()))
                  .filteredOn(s -> s.getInteger("partition") == last.partition())
                  .singleElement()
                  .satisfies(
                      s -> {
                        assertThat(s.getString("state")).isEqualTo("running");
                        assertThat(s.getLong("position")).isEqualTo(last.offset() + 1);
                        assertThat(s.getLong("committed")).isEqualTo(last.offset() + 1);
                        assertThat(s.getLong("lag")).isZero();
                      });
            });
    assertThat(get("/metrics").body()).contains("bie_relay_events_confirmed_total");
  }

  private static GetResponse notification(ContentionType type) {
    return take(QUEUES.get(type));
  }

  private static GetResponse take(String queue) {
    return await().atMost(LIMIT).until(() -> channel.basicGet(queue, true), r -> r != null);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(servers.adminUrl() + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static int count(String from) throws Exception {
    try (var db = servers.postgres().connect();
        var statement = db.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from " + from)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static Set<String> codesOf(UUID id) throws Exception {
    Set<String> codes = new TreeSet<>();
    try (var db = servers.postgres().connect();
        var statement = db.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select diagnostic_code from bie_event_to_diagnostic_code"
                    + " join diagnostic_code on code = diagnostic_code where bie_event_uuid = '"
                    + id
                    + "'")) {
      while (rows.next()) {
        codes.add(rows.getString(1));
      }
    }
    return codes;
  }

  private static Set<String> expectedCodes(GenericRecord event) {
    Object codes = field(event, "DiagnosticTypeCode");
    return codes == null ? Set.of() : new TreeSet<>(Arrays.asList(codes.toString().split("[, ]+")));
  }

  /** By hand and by Avro's own reader, so that nothing of the product checks itself. */
  private static JsonObject expected(GenericRecord event, Set<String> without) {
    JsonObject json = new JsonObject();
    for (Schema.Field field : event.getSchema().getFields()) {
      if (!without.contains(field.name())) {
        Object value = event.get(field.pos());
        json.put(field.name(), value instanceof CharSequence text ? text.toString() : value);
      }
    }
    return json;
  }

  private static Object field(GenericRecord event, String name) {
    return event.hasField(name) ? event.get(name) : null;
  }

  private static String minute(Instant instant) {
    LocalDateTime utc = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    return "%04d-%02d-%02dT%02d:%02d UTC+00:00"
        .formatted(
            utc.getYear(),
            utc.getMonthValue(),
            utc.getDayOfMonth(),
            utc.getHour(),
            utc.getMinute());
  }

  private static LocalDateTime gmt(Long millis) {
    return millis == null
        ? null
        : LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC);
  }
}
