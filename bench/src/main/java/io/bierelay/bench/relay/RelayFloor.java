package io.bierelay.bench.relay;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What nothing that keeps the same promises can be much faster than: poll, publish prepared bytes
 * of the same size with at most 1,000 unconfirmed, commit what is confirmed. It looks into no
 * record and handles no failure.
 */
public final class RelayFloor {

  private static final int WINDOW = 1_000;
  private static final Duration POLL = Duration.ofMillis(25);

  private final Order order;
  private final Channel channel;
  private final boolean bare;
  private final Confirmed confirmed = new Confirmed(WINDOW);
  private final Map<String, byte[]> bodies = new HashMap<>();
  private final Map<TopicPartition, String> keys = new HashMap<>();
  private final Deque<Polled> polled = new ArrayDeque<>();

  /** What may be committed once so many messages are confirmed. */
  private record Polled(long upTo, Map<TopicPartition, OffsetAndMetadata> positions) {}

  private RelayFloor(Order order, Channel channel, boolean bare) {
    this.order = order;
    this.channel = channel;
    this.bare = bare;
    for (String topic : order.topics()) {
      byte[] body = new byte[order.size(topic)];
      Arrays.fill(body, (byte) 'x');
      bodies.put(topic, body);
    }
  }

  /** Arguments: the order's file; {@code bare} for messages without headers. */
  public static void main(String[] arguments) throws Exception {
    Order order = Order.read(arguments[0]);
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(order.rabbit("host"));
    factory.setPort(Integer.parseInt(order.rabbit("port")));
    factory.setUsername(order.rabbit("username"));
    factory.setPassword(order.rabbit("password"));
    factory.setVirtualHost(order.rabbit("vhost"));
    Channel channel = factory.newConnection("floor").createChannel();
    channel.confirmSelect();
    RelayFloor floor = new RelayFloor(order, channel, arguments.length > 1);
    channel.addConfirmListener(floor.confirmed);
    floor.run();
  }

  private void run() throws Exception {
    Properties properties = order.kafka();
    properties.put("enable.auto.commit", "false");
    properties.put("isolation.level", "read_committed");
    properties.put("fetch.max.bytes", Integer.toString(16 << 20));
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(order.topics());
      long due = System.nanoTime();
      while (true) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        if (!records.isEmpty()) {
          Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
          for (ConsumerRecord<byte[], byte[]> record : records) {
            confirmed.awaitRoom();
            publish(record);
          }
          for (TopicPartition partition : records.partitions()) {
            var own = records.records(partition);
            positions.put(partition, new OffsetAndMetadata(own.get(own.size() - 1).offset() + 1));
          }
          polled.add(new Polled(confirmed.written(), positions));
        }
        if (System.nanoTime() >= due) {
          due = System.nanoTime() + Order.COMMIT_MS * 1_000_000L;
          commit(consumer);
        }
      }
    }
  }

  private void publish(ConsumerRecord<byte[], byte[]> record) throws Exception {
    String topic = record.topic();
    TopicPartition partition = new TopicPartition(topic, record.partition());
    String key =
        keys.computeIfAbsent(
            partition, any -> order.type(topic) + '.' + topic + '.' + partition.partition());
    channel.basicPublish(
        order.exchange(topic), key, true, properties(record, order.type(topic)), bodies.get(topic));
  }

  private AMQP.BasicProperties properties(ConsumerRecord<byte[], byte[]> record, String type) {
    String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    if (bare) {
      return new AMQP.BasicProperties.Builder().messageId(key).deliveryMode(2).build();
    }
    Map<String, Object> headers = new HashMap<>();
    headers.put("topic", record.topic());
    headers.put("partition", record.partition());
    headers.put("offset", record.offset());
    headers.put("event-type", type);
    headers.put("notified-at", record.timestamp());
    headers.put("recorded-at", record.timestamp());
    headers.put("schema-id", 1);
    headers.put("key", key);
    return new AMQP.BasicProperties.Builder()
        .messageId("6f5d1c1e-0c0b-5b7e-9a55-b1e0c0de4a11")
        .contentType("application/json")
        .deliveryMode(2)
        .timestamp(new java.util.Date(record.timestamp()))
        .type(type)
        .appId("bie-relay")
        .headers(headers)
        .build();
  }

  private void commit(KafkaConsumer<byte[], byte[]> consumer) {
    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
    long upTo = confirmed.head();
    while (!polled.isEmpty() && polled.element().upTo() <= upTo) {
      positions.putAll(polled.remove().positions());
    }
    if (!positions.isEmpty()) {
      consumer.commitAsync(positions, null);
    }
  }
}
