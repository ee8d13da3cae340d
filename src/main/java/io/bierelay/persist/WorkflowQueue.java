package io.bierelay.persist;

import com.rabbitmq.client.Channel;
import io.bierelay.event.EventType;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.EventExchanges;
import io.bierelay.settings.Settings;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The workflow's queue of one event type.
 *
 * @param name derived from the exchange's, so that every instance uses the same queue
 */
record WorkflowQueue(String name, EventType type) {

  static WorkflowQueue of(EventType type) {
    return new WorkflowQueue(type.exchange() + ".workflow", type);
  }

  /**
   * Declares all queues with their exchanges and bindings; harmless when they exist.
   *
   * <p>A queue's arguments can't be changed while it exists, so they hold only what must never be
   * missing, and the rest (length, overflow, delivery limit) is left to policies. Beside the type
   * that is the dead-letter exchange: quorum queues of RabbitMQ 4 drop a message after 20
   * deliveries by default, and a policy may set a length; without the exchange either would lose
   * events before anybody has thought of a policy.
   */
  static void declareAll(Channel channel, Settings settings, List<WorkflowQueue> queues)
      throws IOException {
    DeadLetters.declare(channel);
    for (WorkflowQueue queue : queues) {
      String exchange = queue.type().exchange();
      EventExchanges.declare(channel, settings, exchange);
      channel.queueDeclare(
          queue.name(),
          true,
          false,
          false,
          Map.of(
              "x-queue-type",
              settings.get(PersistSettings.QUEUE_TYPE).argument(),
              "x-dead-letter-exchange",
              DeadLetters.NAME));
      channel.queueBind(queue.name(), exchange, "#");
    }
  }
}
