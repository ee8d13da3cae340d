package io.bierelay.admin;

import io.bierelay.settings.Setting;
import java.time.Duration;
import java.util.List;

/** Where the admin endpoint listens, and when it takes silence for trouble. */
public final class AdminSettings {

  /** The address to listen on. */
  public static final Setting<String> HOST =
      Setting.text("admin.host", "127.0.0.1")
          .within("an address of this machine", host -> !host.isBlank())
          .saying(
              "The address on which health, metrics and the page are served; 0.0.0.0, all"
                  + " addresses, is for containers.");

  /** The port to listen on. */
  public static final Setting<Integer> PORT =
      Setting.integer("admin.port", 8080, 0, 65535)
          .saying("The admin endpoint's port; 0 takes any free one, which the log then names.");

  /** After how long without a word a verticle counts as not ready. */
  public static final Setting<Duration> SILENCE_LIMIT =
      Setting.duration(
              "admin.silence.limit",
              Duration.ofSeconds(5),
              Duration.ofSeconds(2),
              Duration.ofMinutes(5))
          .saying(
              "How long a verticle, which reports every second, may be silent before readiness is"
                  + " refused and names it.");

  /** All settings of the admin endpoint. */
  public static final List<Setting<?>> SETTINGS = List.of(HOST, PORT, SILENCE_LIMIT);

  private AdminSettings() {}
}
