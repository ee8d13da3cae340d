package io.bierelay.launch;

import io.bierelay.settings.Setting;
import java.time.Duration;
import java.util.List;

/** The launcher's own settings. */
public final class LaunchSettings {

  /** The bound on one verticle's start. */
  public static final Setting<Duration> START_TIMEOUT =
      Setting.duration(
              "launch.start.timeout",
              Duration.ofSeconds(30),
              Duration.ofSeconds(1),
              Duration.ofMinutes(10))
          .saying("How long one verticle's start may take; servers that are away don't count.");

  /** The bound on one verticle's stop. */
  public static final Setting<Duration> STOP_TIMEOUT =
      Setting.duration(
              "launch.stop.timeout",
              Duration.ofSeconds(15),
              Duration.ofMillis(100),
              Duration.ofMinutes(10))
          .saying("How long one verticle's stop may take, with what it has in flight.");

  /** Lines of the log. */
  public static final Setting<LogFormat> LOG_FORMAT =
      Setting.choice("log.format", LogFormat.TEXT)
          .saying(
              "Whether the log has lines for people, or one JSON object a line; what could forge a"
                  + " line or steer a terminal is replaced in both.");

  /** All of them. */
  public static final List<Setting<?>> SETTINGS = List.of(START_TIMEOUT, STOP_TIMEOUT, LOG_FORMAT);

  private LaunchSettings() {}
}
