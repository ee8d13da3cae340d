package io.bierelay.persist;

import com.rabbitmq.client.AMQP;
import io.bierelay.rabbit.RabbitSession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How many messages and consumers the workflow's queues have, as RabbitMQ told a moment ago. Used
 * on the verticle's context.
 */
final class QueueDepths {

  private final List<WorkflowQueue> queues;
  private final Supplier<@Nullable RabbitSession> session;
  private final PersistMeters meters;
  private final Map<String, Depth> known = new HashMap<>();
  private boolean asking;

  /**
   * @param ready messages that wait in the queue, delivered to nobody
   * @param consumers of all processes
   */
  record Depth(int ready, int consumers) {}

  /**
   * @param session null while RabbitMQ is away
   */
  QueueDepths(
      List<WorkflowQueue> queues, Supplier<@Nullable RabbitSession> session, PersistMeters meters) {
    this.queues = queues;
    this.session = session;
    this.meters = meters;
  }

  /** Asks, unless an answer is still missing; while RabbitMQ is away nothing is known. */
  void ask() {
    RabbitSession current = session.get();
    if (current == null) {
      known.clear();
      return;
    }
    if (asking) {
      return;
    }
    asking = true;
    current
        .withChannel(
            channel -> {
              Map<String, Depth> found = new HashMap<>();
              for (WorkflowQueue queue : queues) {
                AMQP.Queue.DeclareOk told = channel.queueDeclarePassive(queue.name());
                found.put(queue.name(), new Depth(told.getMessageCount(), told.getConsumerCount()));
              }
              return found;
            })
        .onSuccess(known::putAll)
        .onSuccess(
            found ->
                found.forEach(
                    (queue, depth) -> meters.depth(queue, depth.ready(), depth.consumers())))
        // A queue that somebody has deleted: the session, which declares it, tells.
        .onFailure(e -> known.clear())
        .onComplete(done -> asking = false);
  }

  /** Empty if it is not known. */
  Optional<Depth> of(String queue) {
    return Optional.ofNullable(known.get(queue));
  }
}
