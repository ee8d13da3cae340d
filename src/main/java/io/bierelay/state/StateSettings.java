package io.bierelay.state;

import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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

  static final TlsSettings CERTIFICATES = TlsSettings.of("Redis", "redis");

  static final List<Setting<?>> ALL =
      Stream.concat(
              Stream.of(URL, USERNAME, PASSWORD, PREFIX, TTL, TIMEOUT), CERTIFICATES.all().stream())
          .<Setting<?>>map(setting -> setting)
          .toList();

  private StateSettings() {}

  static boolean usesTls(Settings settings) {
    return settings.get(URL).startsWith("rediss:");
  }

  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    if (settings.find(USERNAME).isPresent() && settings.find(PASSWORD).isEmpty()) {
      problems.add("'redis.username' is given without 'redis.password'; give both, or neither");
    }
    if (usesTls(settings)) {
      problems.addAll(CERTIFICATES.problems(settings));
    }
    return problems;
  }

  static List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>();
    if (usesTls(settings)) {
      warnings.addAll(CERTIFICATES.warnings(settings));
    } else if (settings.find(PASSWORD).isPresent() && !isLocal(settings)) {
      warnings.add(
          "'redis.url' has redis:// and not rediss://: the password is sent there in the clear; use"
              + " rediss");
    }
    return warnings;
  }

  private static boolean isLocal(Settings settings) {
    return settings.get(URL).matches("redis://(localhost|127\\..*|\\[::1])(:.*|/.*)?");
  }
}
