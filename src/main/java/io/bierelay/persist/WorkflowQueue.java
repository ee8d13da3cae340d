package io.bierelay.persist;

import com.rabbitmq.client.Channel;
import io.bierelay.event.EventType;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.DeclarationClash;
import io.bierelay.rabbit.EventExchanges;
import io.bierelay.rabbit.RabbitSettings;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The workflow's queue of one event type.
 *
 * @param name derived from the exchange's, so that every instance uses the same queue
 */
record WorkflowQueue(String name, EventType type) {

  static WorkflowQueue of(EventType type) {
    return new WorkflowQueue(type.exchange() + ".workflow", type);
  }

  /** Which setting decides on a property, by its name in the protocol. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "x-queue-type", QueueSettings.TYPE.key(),
          "x-delivery-limit", QueueSettings.DELIVERY_LIMIT.key(),
          "x-max-length", QueueSettings.MAX_LENGTH.key(),
          "x-max-length-bytes", QueueSettings.MAX_SIZE.key(),
          "x-overflow", QueueSettings.OVERFLOW.key(),
          "x-dead-letter-strategy", QueueSettings.OVERFLOW.key(),
          "type", RabbitSettings.EXCHANGE_TYPE.key());

  /**
   * Declares all queues with their exchanges and bindings; harmless when they exist.
   *
   * <p>A queue's arguments can't be changed while it exists, so by default they hold only what must
   * never be missing, and the rest is left to policies. Beside the type that is the dead-letter
   * exchange: quorum queues of RabbitMQ 4 drop a message after 20 deliveries by default, and a
   * policy may set a length; without the exchange either would lose events before anybody has
   * thought of a policy.
   *
   * @throws ConfigurationException if one exists and is another, with both sides
   */
  static void declareAll(Channel channel, Settings settings, List<WorkflowQueue> queues)
      throws IOException {
    Map<String, Object> arguments = arguments(settings);
    try {
      DeadLetters.declare(channel);
      for (WorkflowQueue queue : queues) {
        String exchange = queue.type().exchange();
        EventExchanges.declare(channel, settings, exchange);
        channel.queueDeclare(queue.name(), true, false, false, arguments);
        channel.queueBind(queue.name(), exchange, "#");
      }
    } catch (IOException e) {
      Optional<ConfigurationException> clash = DeclarationClash.of(e, SETTINGS);
      if (clash.isPresent()) {
        throw clash.get();
      }
      throw e;
    }
  }

  static Map<String, Object> arguments(Settings settings) {
    Map<String, Object> arguments = new HashMap<>();
    QueueSettings.QueueType type = settings.get(QueueSettings.TYPE);
    arguments.put("x-queue-type", type.argument());
    arguments.put("x-dead-letter-exchange", DeadLetters.NAME);
    if (settings.get(QueueSettings.DELIVERY_LIMIT) != 0) {
      arguments.put("x-delivery-limit", settings.get(QueueSettings.DELIVERY_LIMIT));
    }
    if (settings.get(QueueSettings.MAX_LENGTH) > 0) {
      arguments.put("x-max-length", settings.get(QueueSettings.MAX_LENGTH));
    }
    if (settings.get(QueueSettings.MAX_SIZE) > 0) {
      arguments.put("x-max-length-bytes", settings.get(QueueSettings.MAX_SIZE));
    }
    QueueSettings.Overflow overflow = settings.get(QueueSettings.OVERFLOW);
    if (arguments.containsKey("x-max-length") || arguments.containsKey("x-max-length-bytes")) {
      arguments.put("x-overflow", overflow.argument());
      if (type == QueueSettings.QueueType.QUORUM
          && overflow == QueueSettings.Overflow.REJECT_PUBLISH) {
        // Otherwise a quorum queue's own dead letters are sent without waiting for a confirm. It is
        // possible only where nothing is dropped.
        arguments.put("x-dead-letter-strategy", "at-least-once");
      }
    }
    return arguments;
  }
}
