package io.bierelay.bench.workflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The usual way, at its best: one listener, one row, one commit and one acknowledgement per
 * message. Its one statement stores the codes as well, where an object-relational mapper would send
 * several.
 */
public final class InsertPerMessage {

  private static final String INSERT =
      """
      WITH stored AS (
        INSERT INTO bie_event (uuid, notified_at, event_type, event_details, event_at,
                               benefit_claim_id, contention_id, classification)
        VALUES (?, ?, ?::bie_event_type, ?::jsonb, ?, ?, ?, ?)
        ON CONFLICT (uuid) DO NOTHING
      ), codes AS (
        INSERT INTO diagnostic_code (code) SELECT unnest(?::text[]) ON CONFLICT (code) DO NOTHING
      )
      INSERT INTO bie_event_to_diagnostic_code (bie_event_uuid, diagnostic_code)
      SELECT ?, unnest(?::text[]) ON CONFLICT (bie_event_uuid, diagnostic_code) DO NOTHING
      """;

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<String> PERSONAL =
      List.of("ActorUserId", "VeteranParticipantId", "Details", "Description");

  private InsertPerMessage() {}

  /** Arguments: AMQP URI, JDBC URL, user, password. */
  public static void main(String[] a) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(a[0]);
    Channel channel = factory.newConnection("insert-per-message").createChannel();
    channel.basicQos(250);
    Connection database = DriverManager.getConnection(a[1], a[2], a[3]);
    PreparedStatement insert = database.prepareStatement(INSERT);
    for (String type : BenchMessages.TYPES) {
      channel.basicConsume(
          BenchMessages.queue(type),
          false,
          new DefaultConsumer(channel) {
            @Override
            public void handleDelivery(
                String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body)
                throws IOException {
              try {
                store(database, insert, properties, body);
                channel.basicAck(envelope.getDeliveryTag(), false);
              } catch (SQLException e) {
                e.printStackTrace();
                System.exit(1);
              }
            }
          });
    }
    System.out.println("ready");
  }

  private static void store(
      Connection database, PreparedStatement insert, AMQP.BasicProperties properties, byte[] body)
      throws IOException, SQLException {
    ObjectNode event = (ObjectNode) MAPPER.readTree(body).get("event");
    event.remove(PERSONAL);
    UUID id = UUID.fromString(properties.getMessageId());
    long notified = ((Number) properties.getHeaders().get("notified-at")).longValue();
    JsonNode codes = event.get("DiagnosticTypeCode");
    Object[] each = codes.asText().split(", ");
    insert.setObject(1, id);
    insert.setTimestamp(2, Floor.gmt(Instant.ofEpochMilli(notified)));
    insert.setString(3, properties.getHeaders().get("event-type").toString());
    insert.setString(4, MAPPER.writeValueAsString(event));
    insert.setTimestamp(5, Floor.gmt(Instant.ofEpochMilli(event.get("EventTime").asLong())));
    insert.setLong(6, event.get("ClaimId").asLong());
    insert.setLong(7, event.get("ContentionId").asLong());
    insert.setString(8, event.get("ContentionClassificationName").asText());
    insert.setArray(9, database.createArrayOf("text", each));
    insert.setObject(10, id);
    insert.setArray(11, database.createArrayOf("text", each));
    insert.executeUpdate();
  }
}
