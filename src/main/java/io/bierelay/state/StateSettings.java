package io.bierelay.state;

import io.bierelay.settings.Setting;
import java.time.Duration;
import java.util.List;

/** Where the fleet's store is, and how long it keeps what nobody renews. */
final class StateSettings {

  static final Setting<String> URL =
      Setting.text("redis.url", "redis://localhost:6379/0")
          .within(
              "redis://host:port/database or rediss://…, without a password",
              value -> value.matches("rediss?://[^@\\s]+"))
          .saying(
              "Where Redis is; rediss:// for TLS. What it keeps helps people see, and nothing waits"
                  + " for it.");

  static final Setting<String> USERNAME =
      Setting.text("redis.username").saying("The user to log in as, where Redis has any.");

  static final Setting<String> PASSWORD =
      Setting.secret("redis.password").saying("That user's password.");

  static final Setting<String> PREFIX =
      Setting.text("redis.key.prefix", "bie-relay")
          .within("letters, digits, '.', '_', '-' or ':'", value -> value.matches("[\\w.:-]+"))
          .saying("What all keys begin with; must differ between environments that share a Redis.");

  static final Setting<Duration> TTL =
      Setting.duration(
              "redis.ttl", Duration.ofSeconds(15), Duration.ofSeconds(3), Duration.ofMinutes(10))
          .saying(
              "How long what an instance says of itself stays after it has fallen silent; it speaks"
                  + " every second.");

  static final Setting<Duration> TIMEOUT =
      Setting.duration(
              "redis.timeout",
              Duration.ofSeconds(1),
              Duration.ofMillis(100),
              Duration.ofMillis(1_500))
          .saying("How long Redis may take to answer before it counts as away.");

  static final List<Setting<?>> ALL = List.of(URL, USERNAME, PASSWORD, PREFIX, TTL, TIMEOUT);

  private StateSettings() {}
}
