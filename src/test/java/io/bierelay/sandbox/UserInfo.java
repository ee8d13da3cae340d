package io.bierelay.sandbox;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** The user and the password in a URI. */
record UserInfo(String name, String password) {
  static UserInfo of(URI uri) {
    String raw = uri.getRawUserInfo();
    if (raw == null || raw.indexOf(':') < 0) {
      throw new IllegalArgumentException(
          "expected %s://user:password@host:port/name".formatted(uri.getScheme()));
    }
    int colon = raw.indexOf(':');
    return new UserInfo(decode(raw.substring(0, colon)), decode(raw.substring(colon + 1)));
  }

  private static String decode(String text) {
    // In user information a plus is a plus.
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
