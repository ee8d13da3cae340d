package io.bierelay.sandbox;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Every notification that reaches an exchange, in the order of its coming, as one more subscriber
 * with queues of its own sees it: one that comes twice is there twice. Any thread.
 */
public final class SeenNotifications implements AutoCloseable {

  /**
   * One notification.
   *
   * @param lane topic and partition, as {@code topic-0}
   * @param atNanos when it came, by {@link System#nanoTime}
   */
  public record Seen(String messageId, String lane, long offset, long atNanos) {}

  private final List<Seen> seen = new ArrayList<>();
  private final Connection connection;

  /** Subscribes at once; what was published to the exchanges before is not seen. */
  public SeenNotifications(RabbitAddress broker) {
    try {
      connection = broker.connect();
      Channel channel = connection.createChannel();
      for (ContentionType type : ContentionType.values()) {
        // As the relay declares it, for whoever comes first has to.
        channel.exchangeDeclare(type.exchange(), BuiltinExchangeType.TOPIC, true);
        String queue = channel.queueDeclare().getQueue();
        channel.queueBind(queue, type.exchange(), "#");
        channel.basicConsume(queue, true, (tag, delivery) -> note(delivery), tag -> {});
      }
    } catch (IOException | TimeoutException e) {
      throw new IllegalStateException("cannot subscribe at " + broker, e);
    }
  }

  /** All so far. */
  public List<Seen> all() {
    synchronized (seen) {
      return List.copyOf(seen);
    }
  }

  /** How many so far, with those that came again. */
  public int count() {
    synchronized (seen) {
      return seen.size();
    }
  }

  /** How often each message id came. */
  public Map<String, Long> timesById() {
    return all().stream().collect(Collectors.groupingBy(Seen::messageId, Collectors.counting()));
  }

  @Override
  public void close() {
    connection.abort();
  }

  private void note(Delivery delivery) {
    Map<String, Object> headers = delivery.getProperties().getHeaders();
    Seen one =
        new Seen(
            delivery.getProperties().getMessageId(),
            headers.get("topic") + "-" + headers.get("partition"),
            (Long) headers.get("offset"),
            System.nanoTime());
    synchronized (seen) {
      seen.add(one);
    }
  }
}
