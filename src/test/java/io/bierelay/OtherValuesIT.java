package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.RelayServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values that are not Avro in the wire format, on their whole way from Kafka to the exchange. */
class OtherValuesIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final ContentionType TYPE = ContentionType.UPDATED;

  private final RelayServers servers = new RelayServers().start(1);
  private final AdminClient admin = new AdminClient(servers.adminUrl());
  private final LauncherRelay relay = new LauncherRelay();
  private EventPublisher publisher;
  private Connection connection;
  private Channel channel;
  private String queue;

  @BeforeEach
  void open() throws Exception {
    publisher = servers.publisher();
    connection = servers.rabbit().connect();
    channel = connection.createChannel();
    channel.exchangeDeclare(TYPE.exchange(), "topic", true);
    queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, TYPE.exchange(), "#");
  }

  @AfterEach
  void close() throws Exception {
    relay.stop();
    publisher.close();
    connection.close();
    servers.close();
  }

  @Test
  void aSkippedTombstoneIsCountedAndCommittedAndNothingIsPublished() throws Exception {
    start(Map.of("kafka.tombstones", "skip"));
    publish(null);
    RecordMetadata last = publisher.publish(TYPE, new ContentionEvents(1).next(TYPE)).get();
    assertThat(body()).contains("\"event\":{");
    assertThat(channel.messageCount(queue)).isZero();
    awaitCommitted(last);
    assertThat(admin.body("/metrics"))
        .containsPattern("bie_relay_events_skipped_total\\{[^}]*\\} 1\\.0");
  }

  @Test
  void aTombstoneAloneIsCommittedToo() throws Exception {
    start(Map.of("kafka.tombstones", "skip"));
    awaitCommitted(publish(null));
  }

  @Test
  void aRelayedTombstoneIsAnEventThatIsNull() throws Exception {
    start(Map.of("kafka.tombstones", "relay"));
    publish(null);
    assertThat(body()).endsWith("\"event\":null}");
  }

  @Test
  void aJsonValuePassesThroughAsItIs() throws Exception {
    start(Map.of("kafka.value.format", "json"));
    publish("{\"ClaimId\": 12345678901234567890, \"x\": [1.50]}");
    assertThat(body()).endsWith("\"event\":{\"ClaimId\": 12345678901234567890, \"x\": [1.50]}}");
  }

  @Test
  void aPluggedDeserializerDecidesWhatTheEventIs() throws Exception {
    start(Map.of("kafka.value.deserializer", StringDeserializer.class.getName()));
    publish("any \"text\"");
    publish("in order");
    assertThat(body()).endsWith("\"event\":\"any \\\"text\\\"\"}");
    assertThat(body()).endsWith("\"event\":\"in order\"}");
  }

  private void start(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.putAll(more);
    relay.start(List.of("svc-bie-kafka"), settings);
    await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
  }

  private RecordMetadata publish(String value) throws Exception {
    byte[] bytes = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
    return publisher.publish(new ProducerRecord<>(TYPE.topic(), "key", bytes)).get();
  }

  private String body() {
    GetResponse message =
        await().atMost(LIMIT).until(() -> channel.basicGet(queue, true), m -> m != null);
    return new String(message.getBody(), StandardCharsets.UTF_8);
  }

  private void awaitCommitted(RecordMetadata last) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(admin.subscriptions())
                    .filteredOn(s -> TYPE.topic().equals(s.getString("topic")))
                    .singleElement()
                    .satisfies(
                        s -> assertThat(s.getLong("committed")).isEqualTo(last.offset() + 1)));
  }
}
