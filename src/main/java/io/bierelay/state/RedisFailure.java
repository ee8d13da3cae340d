package io.bierelay.state;

import io.bierelay.tls.TlsFailure;
import java.net.ConnectException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** Tells people what went wrong between us and Redis. */
final class RedisFailure {

  private RedisFailure() {}

  /** One sentence: the cause and the remedy, without a secret. */
  static String describe(Throwable e) {
    String message = String.valueOf(e.getMessage());
    Optional<String> tls = TlsFailure.explain(e, StateSettings.CERTIFICATES);
    if (tls.isPresent()) {
      return tls.get();
    }
    if (e instanceof TimeoutException) {
      return "it does not answer in time; is it running, is redis.url right?";
    }
    if (e instanceof ConnectException) {
      return "it can't be reached; is it running, is redis.url right?";
    }
    if (message.startsWith("NOAUTH") || message.startsWith("WRONGPASS")) {
      return "it refused the login; check redis.username and redis.password";
    }
    if (message.startsWith("NOPERM")) {
      return "it refused the request (%s); see the user's ACL and docs/permissions.md"
          .formatted(message.lines().findFirst().orElse(""));
    }
    return message;
  }
}
