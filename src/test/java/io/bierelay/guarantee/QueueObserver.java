package io.bierelay.guarantee;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import io.bierelay.event.NotificationFormat;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.RabbitAddress;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A subscriber with a durable queue at each exchange, which reads them only when the scenario is
 * over.
 *
 * <p>Why so late: a queue keeps what it took in the order in which it took it, over restarts and
 * kills of the broker, and a reader during the faults would add repetitions and an order of its own
 * (what is redelivered comes again, and later than what was behind it). Read once, on a broker that
 * is well, by one consumer over one connection, nothing is ever redelivered, so what is seen twice
 * was published twice. That nothing was redelivered is checked.
 */
final class QueueObserver {

  private static final String PREFIX = "observer.";

  /** Where the relay parks what no queue takes, if it does. */
  private static final String PARKED = "bie-events-parked";

  private static final int PREFETCH = 2_000;
  private static final long SILENCE_SECONDS = 20;

  private final RabbitAddress broker;
  private final Ledger ledger;
  private final String queueType;

  /**
   * At the broker itself, without a proxy.
   *
   * @param queueType of the queues: {@code quorum} or {@code classic}
   */
  QueueObserver(RabbitAddress broker, Ledger ledger, String queueType) {
    this.broker = broker;
    this.ledger = ledger;
    this.queueType = queueType;
  }

  /** Declares the queues, and the exchanges as the relay does: whoever comes first has to. */
  void subscribe() {
    withChannel(
        channel -> {
          DeadLetters.declare(channel);
          for (ContentionType type : ContentionType.values()) {
            channel.queueDeclare(
                PREFIX + type.exchange(), true, false, false, Map.of("x-queue-type", queueType));
            bind(channel, type.exchange());
          }
          return null;
        });
  }

  /** Takes an exchange away, and with it its bindings. */
  void deleteExchange(String exchange) {
    withChannel(channel -> channel.exchangeDelete(exchange));
  }

  /** Binds the queue once more, to an exchange that is new. */
  void rebind(String exchange) {
    withChannel(
        channel -> {
          bind(channel, exchange);
          return null;
        });
  }

  /** How many messages stand in the queues. */
  long waiting() {
    return withChannel(
        channel -> {
          long count = channel.messageCount(DeadLetters.NAME) + parked();
          for (ContentionType type : ContentionType.values()) {
            count += channel.messageCount(PREFIX + type.exchange());
          }
          return count;
        });
  }

  /** Reads all queues to their ends, into the ledger. */
  void drain() {
    do {
      for (ContentionType type : ContentionType.values()) {
        drain(PREFIX + type.exchange(), ledger::notified);
      }
      drain(DeadLetters.NAME, ledger::quarantined);
      if (parked() > 0) {
        drain(PARKED, ledger::parked);
      }
    } while (waiting() > 0);
  }

  /** Asked on a channel of its own: a queue that does not exist ends the channel. */
  private long parked() {
    try (Connection connection = broker.connect();
        Channel channel = connection.createChannel()) {
      return channel.messageCount(PARKED);
    } catch (IOException | TimeoutException e) {
      return 0;
    }
  }

  private interface Note {
    void take(String messageId, String topic, int partition, long offset);
  }

  private static void bind(Channel channel, String exchange) throws IOException {
    channel.exchangeDeclare(exchange, "topic", true);
    channel.queueBind(PREFIX + exchange, exchange, "#");
  }

  private void drain(String queue, Note note) {
    withChannel(
        channel -> {
          long expected = channel.messageCount(queue);
          AtomicLong read = new AtomicLong();
          AtomicReference<String> problem = new AtomicReference<>();
          Semaphore complete = new Semaphore(0);
          DeliverCallback callback =
              (tag, message) -> {
                if (message.getEnvelope().isRedeliver()) {
                  problem.set("redelivered to the observer: " + queue);
                }
                AMQP.BasicProperties properties = message.getProperties();
                Map<String, Object> headers = properties.getHeaders();
                note.take(
                    properties.getMessageId(),
                    headers.get(NotificationFormat.TOPIC).toString(),
                    ((Number) headers.get(NotificationFormat.PARTITION)).intValue(),
                    ((Number) headers.get(NotificationFormat.OFFSET)).longValue());
                long count = read.incrementAndGet();
                if (count % 500 == 0 || count >= expected) {
                  channel.basicAck(message.getEnvelope().getDeliveryTag(), true);
                }
                if (count >= expected) {
                  complete.release();
                }
              };
          channel.basicQos(PREFETCH);
          if (expected > 0) {
            channel.basicConsume(queue, false, callback, tag -> {});
            long before = -1;
            while (!complete.tryAcquire(SILENCE_SECONDS, TimeUnit.SECONDS)) {
              if (read.get() == before) {
                throw new IllegalStateException(
                    "%s gave %d of its %d messages".formatted(queue, before, expected));
              }
              before = read.get();
            }
          }
          if (problem.get() != null) {
            throw new IllegalStateException(problem.get());
          }
          return null;
        });
  }

  private <T> T withChannel(Work<T> work) {
    try (Connection connection = broker.connect();
        Channel channel = connection.createChannel()) {
      return work.on(channel);
    } catch (IOException | TimeoutException e) {
      throw new IllegalStateException("the observer at " + broker, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private interface Work<T> {
    T on(Channel channel) throws IOException, InterruptedException;
  }
}
