package io.bierelay.notify;

import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
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

  private NotifySettings() {}

  static List<Setting<?>> all() {
    List<Setting<?>> settings = new ArrayList<>();
    settings.add(CONFIRM_TIMEOUT);
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
