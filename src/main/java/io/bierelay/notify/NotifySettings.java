package io.bierelay.notify;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.PoisonPolicy;
import io.bierelay.rabbit.EventExchanges;
import io.bierelay.rabbit.ParkedEvents;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.rabbit.RabbitSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How notifications are published. */
final class NotifySettings {

  static final Setting<Duration> CONFIRM_TIMEOUT =
      Setting.duration(
              "notify.confirm.timeout",
              Duration.ofSeconds(30),
              Duration.ofSeconds(1),
              Duration.ofMinutes(10))
          .saying(
              "How long RabbitMQ's confirm may take before the session is given up and what is"
                  + " unconfirmed is sent again; the time of a memory or disk alarm does not count.");

  /** What is done with a notification that no queue takes. */
  enum Unroutable {
    /** It goes to the queue of parked events. */
    PARK,
    /** Its partition waits until somebody binds a queue. */
    HOLD,
    /** It is counted, and that is all. */
    DROP
  }

  static final Setting<Unroutable> UNROUTABLE =
      Setting.choice("notify.unroutable", Unroutable.PARK)
          .saying(
              "What is done with a notification that no queue takes: park keeps it in queue "
                  + ParkedEvents.NAME
                  + "; hold stops its partition until a queue is bound; drop forgets it.");

  static final Setting<Long> PARKED_MAX_BYTES =
      Setting.size("notify.parked.max.bytes", 512L << 20, 1L << 20, 1L << 40)
          .saying(
              "How much the queue of parked events takes, if this service is the first to declare"
                  + " it; when it is full, the partitions of unroutable notifications wait.");

  static final Setting<Integer> CHANNELS =
      Setting.integer("notify.channels", 3, 1, 64)
          .saying(
              "How many channels share what is published at least once; each partition keeps to one"
                  + " of them.");

  static final Setting<Integer> CONFIRM_WINDOW =
      Setting.integer("notify.confirm.window", RabbitSession.DEFAULT_WINDOW, 1, 65_535)
          .saying(
              "Most messages that one notifier has sent and RabbitMQ has not confirmed, in equal"
                  + " shares for notify.channels.");

  /** What is done against duplicates. */
  enum Delivery {
    /** After a failure what was not committed is published again. */
    AT_LEAST_ONCE,
    /** Each partition has a lock and a ledger in RabbitMQ. */
    EXACTLY_ONCE
  }

  static final Setting<Delivery> DELIVERY =
      Setting.choice("notify.delivery", Delivery.AT_LEAST_ONCE)
          .saying(
              "exactly-once keeps a lock and a ledger in RabbitMQ per partition, by which the next"
                  + " owner knows what is published; at-least-once publishes again what was not"
                  + " committed to Kafka.");

  static final Setting<LedgerRule.Trust> LEDGER_TRUST =
      Setting.choice("notify.ledger.trust", LedgerRule.Trust.CONFIRMED)
          .saying(
              "With exactly-once, what the next owner leaves out: confirmed, only what RabbitMQ"
                  + " confirmed, so nothing is ever lost; routed, also what had merely reached the"
                  + " exchange, which is safe only under the conditions in docs/delivery.md.");

  static final Setting<Integer> LEDGER_WINDOW =
      Setting.integer("notify.ledger.window", 32, 1, 32)
          .saying(
              "With exactly-once, most messages of one partition that are sent and not confirmed.");

  private NotifySettings() {}

  /** Whether the next owner leaves out what was routed and not confirmed. */
  static boolean trustsRouting(Settings settings) {
    return settings.get(DELIVERY) == Delivery.EXACTLY_ONCE
        && settings.get(LEDGER_TRUST) == LedgerRule.Trust.ROUTED;
  }

  static List<Setting<?>> all() {
    List<Setting<?>> settings = new ArrayList<>();
    settings.add(CONFIRM_TIMEOUT);
    settings.add(CHANNELS);
    settings.add(CONFIRM_WINDOW);
    settings.add(DELIVERY);
    settings.add(LEDGER_TRUST);
    settings.add(LEDGER_WINDOW);
    settings.add(UNROUTABLE);
    settings.add(PARKED_MAX_BYTES);
    settings.add(PoisonPolicy.SETTING);
    settings.addAll(EventCatalog.SETTINGS);
    settings.addAll(RabbitSettings.SETTINGS);
    return settings;
  }

  /** AMQP 0-9-1 carries names in short strings of at most 255 bytes. */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    EventCatalog.of(settings).types().stream()
        .map(EventType::exchange)
        .filter(exchange -> exchange.length() > 127)
        .map(exchange -> "exchange name '%s' is longer than 127 characters".formatted(exchange))
        .forEach(problems::add);
    if (settings.get(DELIVERY) == Delivery.EXACTLY_ONCE
        && settings.get(RabbitSettings.EXCHANGE_TYPE) == EventExchanges.Type.FANOUT) {
      problems.add(
          ("%s is exactly-once and %s is fanout: it is promised, and proved, for topic exchanges"
                  + " only; set %s to topic, or %s to at-least-once")
              .formatted(
                  DELIVERY.key(),
                  RabbitSettings.EXCHANGE_TYPE.key(),
                  RabbitSettings.EXCHANGE_TYPE.key(),
                  DELIVERY.key()));
    }
    problems.addAll(RabbitSettings.problems(settings));
    return problems;
  }
}
