package io.bierelay.persist;

import io.bierelay.rabbit.RabbitDelivery;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many messages of each queue one session has been given and has not finished; the gauges of
 * the whole process follow. Used on the verticle's context.
 *
 * <p>Gauges are looked up once and told of several deliveries at once: otherwise this would cost
 * more than what it counts.
 */
final class UnackedCounts {

  private static final class Count {
    final AtomicInteger shown;
    int own;
    int change;

    Count(AtomicInteger shown) {
      this.shown = shown;
    }
  }

  private final Map<String, Count> counts = new HashMap<>();

  UnackedCounts(Collection<String> queues, PersistMeters meters) {
    queues.forEach(queue -> counts.put(queue, new Count(meters.unacked(queue))));
  }

  /** These were delivered. */
  void arrived(List<RabbitDelivery> deliveries) {
    change(deliveries, 1);
  }

  /** These are finished. */
  void finished(List<RabbitDelivery> deliveries) {
    change(deliveries, -1);
  }

  private void change(List<RabbitDelivery> deliveries, int by) {
    for (RabbitDelivery delivery : deliveries) {
      Count count = counts.get(delivery.queue());
      if (count != null) {
        count.change += by;
      }
    }
    for (Count count : counts.values()) {
      if (count.change != 0) {
        count.own += count.change;
        count.shown.addAndGet(count.change);
        count.change = 0;
      }
    }
  }

  /** The session is over: nothing of it is unacknowledged any more, and nothing is counted. */
  void clear() {
    counts.values().forEach(count -> count.shown.addAndGet(-count.own));
    counts.clear();
  }

  /** How many messages of a queue are delivered and not finished. */
  int of(String queue) {
    Count count = counts.get(queue);
    return count == null ? 0 : count.own;
  }
}
