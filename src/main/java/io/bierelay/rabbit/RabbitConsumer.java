package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.bierelay.thread.OrderedThread;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Consumes queues on one channel and acknowledges by hand.
 *
 * <p>Deliveries of all its queues arrive on the context that opened the session, in order, several
 * at a time when they come fast. Nothing is dropped: what is in memory is bounded by the prefetch.
 */
public final class RabbitConsumer {

  private final RabbitSession session;
  private final Channel channel;
  private final OrderedThread thread;
  private final ConcurrentLinkedQueue<RabbitDelivery> arrived = new ConcurrentLinkedQueue<>();
  private final AtomicInteger untaken = new AtomicInteger();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private volatile int enough = 1;
  private volatile Handler<List<RabbitDelivery>> handler = deliveries -> {};

  RabbitConsumer(RabbitSession session, Channel channel, OrderedThread thread) {
    this.session = session;
    this.channel = channel;
    this.thread = thread;
    session.over().onComplete(done -> thread.close());
  }

  /** Who takes the deliveries; set it before the first {@link #consume}. */
  public RabbitConsumer handler(Handler<List<RabbitDelivery>> deliveries) {
    this.handler = deliveries;
    return this;
  }

  /**
   * Hands deliveries over only once so many wait, 1 at first: waking the context for each costs
   * more than what is done with it. Whoever asks for more than 1 has to {@link #take} in time.
   */
  public void handOver(int atLeast) {
    enough = atLeast;
    if (untaken.get() >= atLeast) {
      schedule();
    }
  }

  /** Hands over now what waits; call it on the context that opened the session. */
  public void take() {
    drain(null);
  }

  /**
   * Begins to consume a queue. If the broker cancels the consumer later (the queue was deleted),
   * the session ends, so that its owner declares the queue again.
   *
   * @return the consumer's tag
   */
  public Future<String> consume(String queue) {
    return thread.run(() -> channel.basicConsume(queue, false, new Deliveries(queue)));
  }

  /** Stops the flow of new deliveries of one consumer; what was delivered stays to be acked. */
  public Future<Void> cancel(String consumerTag) {
    return thread.run(
        () -> {
          channel.basicCancel(consumerTag);
          return null;
        });
  }

  /**
   * Acknowledges a delivery of this session.
   *
   * @param multiple also all that were delivered before it on this channel
   */
  public Future<Void> ack(long deliveryTag, boolean multiple) {
    return thread
        .<Void>run(
            () -> {
              channel.basicAck(deliveryTag, multiple);
              return null;
            })
        .onFailure(e -> session.end(RabbitFailure.describe(e)));
  }

  /** Gives a delivery back to its queue. */
  public Future<Void> requeue(long deliveryTag) {
    return thread
        .<Void>run(
            () -> {
              channel.basicNack(deliveryTag, false, true);
              return null;
            })
        .onFailure(e -> session.end(RabbitFailure.describe(e)));
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      session.context().runOnContext(this::drain);
    }
  }

  private void drain(@Nullable Void nothing) {
    // Cleared before the queue is emptied: a delivery that comes in between schedules another run.
    scheduled.set(false);
    List<RabbitDelivery> deliveries = new ArrayList<>();
    for (RabbitDelivery d = arrived.poll(); d != null; d = arrived.poll()) {
      deliveries.add(d);
    }
    untaken.addAndGet(-deliveries.size());
    if (!deliveries.isEmpty() && session.isOpen()) {
      handler.handle(deliveries);
    }
  }

  private final class Deliveries extends DefaultConsumer {

    private final String queue;

    Deliveries(String queue) {
      super(channel);
      this.queue = queue;
    }

    @Override
    public void handleDelivery(
        String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
      arrived.add(
          new RabbitDelivery(
              queue, envelope.getDeliveryTag(), envelope.isRedeliver(), properties, body));
      if (untaken.incrementAndGet() >= enough) {
        schedule();
      }
    }

    @Override
    public void handleCancel(String tag) {
      session.end("queue '" + queue + "' is gone");
    }
  }
}
