package io.bierelay.notify;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.event.PoisonPolicy;
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

  static final Setting<Integer> CONFIRM_WINDOW =
      Setting.integer("notify.confirm.window", RabbitSession.DEFAULT_WINDOW, 1, 65_535)
          .saying("Most messages that one notifier has sent and RabbitMQ has not confirmed.");

  private NotifySettings() {}

  static List<Setting<?>> all() {
    List<Setting<?>> settings = new ArrayList<>();
    settings.add(CONFIRM_TIMEOUT);
    settings.add(CONFIRM_WINDOW);
    settings.add(UNROUTABLE);
    settings.add(PARKED_MAX_BYTES);
    settings.add(PoisonPolicy.SETTING);
    settings.addAll(EventCatalog.SETTINGS);
    settings.addAll(RabbitSettings.SETTINGS);
    return settings;
  }

  /** AMQP 0-9-1 carries names in short strings of at most 255 bytes. */
  static List<String> problems(Settings settings) {
    return EventCatalog.of(settings).types().stream()
        .map(EventType::exchange)
        .filter(exchange -> exchange.length() > 127)
        .map(exchange -> "exchange name '%s' is longer than 127 characters".formatted(exchange))
        .toList();
  }
}
