package io.bierelay.persist;

import io.bierelay.settings.Setting;
import java.util.List;
import java.util.Locale;

/**
 * How the workflow's queues are declared and shared out.
 *
 * <p>A queue's arguments can't be changed while it exists, and are stronger than policies. So each
 * limit is left to policies unless it is set here.
 */
public final class QueueSettings {

  /** How RabbitMQ keeps the workflow's queues. */
  public enum QueueType {
    /** Replicated over the nodes of a cluster. */
    QUORUM,
    /** On one node. */
    CLASSIC;

    /** As the queue's argument {@code x-queue-type} writes it. */
    String argument() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a queue does when it is full. */
  public enum Overflow {
    /** Refuses new messages: the relay waits. */
    REJECT_PUBLISH,
    /** Gives its oldest messages to the dead letters. */
    DROP_HEAD;

    /** As the queue's argument {@code x-overflow} writes it. */
    String argument() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Who shares a channel, and with it prefetch and batches. */
  public enum Handlers {
    /** All queues: the batches are fuller. */
    SHARED,
    /** Each queue has its own: one that stands still holds up no other. */
    PER_EXCHANGE
  }

  /** The kind of queue. */
  public static final Setting<QueueType> TYPE =
      Setting.choice("persist.queue.type", QueueType.QUORUM)
          .saying("Type of the workflow's queues; can't be changed while they exist.");

  /** How often a message is delivered at most. */
  public static final Setting<Integer> DELIVERY_LIMIT =
      Setting.integer("persist.queue.delivery.limit", 0, -1, 1_000_000)
          .saying(
              "How often a quorum queue delivers a message again before it becomes a dead letter;"
                  + " 0 leaves it to policies and the broker's default, -1 (RabbitMQ 4) is no"
                  + " limit.");

  /** How many messages a queue holds. */
  public static final Setting<Integer> MAX_LENGTH =
      Setting.integer("persist.queue.max.length", 0, 0, Integer.MAX_VALUE)
          .saying("How many messages a queue holds at most; 0 leaves it to policies.");

  /** How many bytes a queue holds. */
  public static final Setting<Long> MAX_SIZE =
      Setting.size("persist.queue.max.size", 0, 0, 1L << 50)
          .saying("How many bytes of messages a queue holds at most; 0 leaves it to policies.");

  /** What happens beyond. */
  public static final Setting<Overflow> OVERFLOW =
      Setting.choice("persist.queue.overflow", Overflow.REJECT_PUBLISH)
          .saying(
              "What a queue with a length or size set here does when it is full: refuse, so that"
                  + " the relay waits, or give its oldest to the dead letters.");

  /** One handler or one for each. */
  public static final Setting<Handlers> HANDLERS =
      Setting.choice("persist.handlers", Handlers.SHARED)
          .saying(
              "Whether an instance handles its queues together or each on a channel of its own,"
                  + " with its own prefetch and batches.");

  /** The types that an instance handles. */
  public static final Setting<List<String>> EVENT_TYPES =
      Setting.list("persist.event.types", List.of())
          .saying(
              "The event types whose queues are consumed; none given means all. As an option in"
                  + " verticles.json, it gives an exchange instances of its own.");

  /** All of them. */
  static final List<Setting<?>> SETTINGS =
      List.of(TYPE, DELIVERY_LIMIT, MAX_LENGTH, MAX_SIZE, OVERFLOW, HANDLERS, EVENT_TYPES);

  private QueueSettings() {}
}
