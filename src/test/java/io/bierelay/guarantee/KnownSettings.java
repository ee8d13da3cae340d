package io.bierelay.guarantee;

import io.bierelay.launch.Modules;

/** Which settings this build has: the relay refuses any other, and a scenario may need one. */
final class KnownSettings {

  private KnownSettings() {}

  static boolean has(String key) {
    return Modules.onClassPath().catalog().all().stream()
        .anyMatch(setting -> setting.key().equals(key));
  }
}
