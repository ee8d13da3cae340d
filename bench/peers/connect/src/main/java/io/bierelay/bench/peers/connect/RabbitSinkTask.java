package io.bierelay.bench.peers.connect;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.bierelay.bench.peers.Work;
import io.bierelay.bench.relay.Confirmed;
import io.bierelay.bench.relay.Order;
import java.io.IOException;
import java.util.Collection;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Publishes with at most 1,000 unconfirmed; offsets are committed once all is confirmed. */
public final class RabbitSinkTask extends SinkTask {

  private static final int WINDOW = 1_000;

  private final Confirmed confirmed = new Confirmed(WINDOW);
  private Work work;
  private Connection connection;
  private Channel channel;

  @Override
  public void start(Map<String, String> settings) {
    try {
      Order order = Order.read(settings.get("order"));
      work = new Work(order);
      ConnectionFactory factory = new ConnectionFactory();
      factory.setHost(order.rabbit("host"));
      factory.setPort(Integer.parseInt(order.rabbit("port")));
      factory.setUsername(order.rabbit("username"));
      factory.setPassword(order.rabbit("password"));
      factory.setVirtualHost(order.rabbit("vhost"));
      factory.setAutomaticRecoveryEnabled(false);
      connection = factory.newConnection("connect");
      channel = connection.createChannel();
      channel.confirmSelect();
      channel.addConfirmListener(confirmed);
    } catch (IOException | TimeoutException e) {
      throw new ConnectException(e);
    }
  }

  @Override
  public void put(Collection<SinkRecord> records) {
    try {
      for (SinkRecord record : records) {
        confirmed.awaitRoom();
        publish(record);
      }
    } catch (IOException | InterruptedException e) {
      throw new ConnectException(e);
    }
  }

  private void publish(SinkRecord record) throws IOException {
    String topic = record.topic();
    int partition = record.kafkaPartition();
    byte[] value = (byte[]) record.value();
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId(Work.messageId(topic, partition, record.kafkaOffset()))
            .contentType("application/json")
            .deliveryMode(2)
            .timestamp(new Date())
            .type(work.type(topic))
            .appId("bie-relay")
            .headers(
                work.headers(
                    topic,
                    partition,
                    record.kafkaOffset(),
                    record.timestamp(),
                    (byte[]) record.key(),
                    value))
            .build();
    channel.basicPublish(
        work.exchange(topic),
        work.routingKey(topic, partition),
        true,
        properties,
        work.body(topic, value));
  }

  @Override
  public void flush(Map<TopicPartition, OffsetAndMetadata> offsets) {
    try {
      confirmed.awaitHead(confirmed.written());
    } catch (InterruptedException e) {
      throw new ConnectException(e);
    }
  }

  @Override
  public void stop() {
    if (connection != null) {
      connection.abort();
    }
  }

  @Override
  public String version() {
    return "1";
  }
}
