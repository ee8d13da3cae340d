package io.bierelay.sandbox;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the notifications that reach each exchange, as one more subscriber with queues of its own.
 *
 * <p>It leaves nothing out: a notification that comes twice counts twice, so that it shows.
 */
public final class NotificationCounter implements AutoCloseable {
  private final Map<ContentionType, AtomicLong> counts = new EnumMap<>(ContentionType.class);
  private final Connection connection;

  /** Subscribes at once; what was published to the exchanges before is not counted. */
  public NotificationCounter(RabbitAddress broker) {
    for (ContentionType type : ContentionType.values()) {
      counts.put(type, new AtomicLong());
    }
    try {
      connection = broker.connect();
      Channel channel = connection.createChannel();
      for (ContentionType type : ContentionType.values()) {
        subscribe(channel, type);
      }
    } catch (IOException | TimeoutException e) {
      throw new IllegalStateException("cannot subscribe at " + broker, e);
    }
  }

  /** How many notifications of each type came so far. */
  public Map<ContentionType, Long> notified() {
    Map<ContentionType, Long> result = new EnumMap<>(ContentionType.class);
    counts.forEach((type, count) -> result.put(type, count.get()));
    return result;
  }

  @Override
  public void close() {
    connection.abort();
  }

  private void subscribe(Channel channel, ContentionType type) throws IOException {
    // As the relay declares it, for whoever comes first has to.
    channel.exchangeDeclare(type.exchange(), BuiltinExchangeType.TOPIC, true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, type.exchange(), "#");
    channel.basicConsume(
        queue, true, (tag, delivery) -> counts.get(type).incrementAndGet(), tag -> {});
  }
}
