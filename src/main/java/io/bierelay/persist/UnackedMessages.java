package io.bierelay.persist;

import io.bierelay.rabbit.RabbitDelivery;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one session that are delivered and not finished: how many of each queue, and
 * since when the oldest has been on its way. Used on the verticle's context.
 */
final class UnackedMessages {

  private final Map<String, AtomicInteger> counts = new HashMap<>();

  /** Of the whole process, by queue; looked up once, since a look-up costs more than counting. */
  private final Map<String, AtomicInteger> gauges = new HashMap<>();

  /** By delivery tag, in the order of delivery. */
  private final Map<Long, Pending> pending = new LinkedHashMap<>();

  private record Pending(String queue, @Nullable Instant sentAt) {}

  UnackedMessages(Collection<String> queues, PersistMeters meters) {
    for (String queue : queues) {
      counts.put(queue, new AtomicInteger());
      gauges.put(queue, meters.unacked(queue));
    }
  }

  void delivered(RabbitDelivery delivery) {
    Date sentAt = delivery.properties().getTimestamp();
    pending.put(
        delivery.deliveryTag(),
        new Pending(delivery.queue(), sentAt == null ? null : sentAt.toInstant()));
    count(delivery.queue(), 1);
  }

  void finished(RabbitDelivery delivery) {
    pending.remove(delivery.deliveryTag());
    count(delivery.queue(), -1);
  }

  /** The session is over: all of them are delivered again. */
  void forget() {
    gauges.forEach((queue, shown) -> shown.addAndGet(-of(queue)));
    counts.clear();
    pending.clear();
  }

  /** How many of a queue. */
  int of(String queue) {
    AtomicInteger count = counts.get(queue);
    return count == null ? 0 : count.get();
  }

  /** When the oldest of a queue was received from Kafka; null if there is none, or it says not. */
  @Nullable Instant oldest(String queue) {
    return pending.values().stream()
        .filter(one -> one.queue().equals(queue))
        .findFirst()
        .map(Pending::sentAt)
        .orElse(null);
  }

  private void count(String queue, int by) {
    AtomicInteger own = counts.get(queue);
    AtomicInteger shown = gauges.get(queue);
    if (own != null && shown != null) {
      own.addAndGet(by);
      shown.addAndGet(by);
    }
  }
}
