package io.bierelay.statsd;

import io.bierelay.settings.Setting;
import java.time.Duration;
import java.util.List;

/** Where metrics are sent to, and by which names this service goes there. */
public final class StatsdSettings {

  /** Switches it on. */
  public static final Setting<String> HOST =
      Setting.text("statsd.host")
          .saying(
              "Host of a StatsD agent that understands Datadog's form: all metrics are sent there as"
                  + " well, over UDP; unset: nowhere. /metrics goes on as it is.");

  /** The agent's. */
  public static final Setting<Integer> PORT =
      Setting.integer("statsd.port", 8125, 1, 65_535).saying("The agent's UDP port.");

  /** Between two sendings. */
  public static final Setting<Duration> INTERVAL =
      Setting.duration(
              "statsd.interval",
              Duration.ofSeconds(10),
              Duration.ofMillis(100),
              Duration.ofMinutes(5))
          .saying("How often what has changed is sent; the agent's own flush is 10 s.");

  /** Datadog's unified tag. */
  public static final Setting<String> SERVICE =
      Setting.text("statsd.tag.service")
          .saying("The tag service of all that is sent; unset: service.name.");

  /** Datadog's unified tag. */
  public static final Setting<String> ENV =
      Setting.text("statsd.tag.env").saying("The tag env of all that is sent; unset: service.env.");

  /** All of them. */
  public static final List<Setting<?>> SETTINGS = List.of(HOST, PORT, INTERVAL, SERVICE, ENV);

  private StatsdSettings() {}
}
