package io.bierelay.admin;

import io.bierelay.access.Credential;
import io.bierelay.access.Credentials;
import io.bierelay.access.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells from the header Authorization who asks.
 *
 * <p>Used on the admin verticle's context only. A password takes a fifth of a second of a processor
 * to check, so that happens on a worker thread, for a bounded number at once, and the outcome is
 * remembered for some minutes under a hash that only this process can make.
 */
final class Authenticator {

  private static final int MAX_CHECKS = 8;
  private static final int MAX_REMEMBERED = 256;
  private static final int MAX_HEADER = 2048;
  private static final Duration REMEMBERED = Duration.ofMinutes(5);

  private final Vertx vertx;
  private final Supplier<Credentials> credentials;
  private final Optional<Role> anonymous;
  private final LockOut lockOut;
  private final String salt = Credential.newToken();
  private final Map<String, Remembered> remembered = new LinkedHashMap<>();
  private final Map<String, Future<Optional<Credential>>> checking = new HashMap<>();

  /**
   * @param anonymous what whoever shows no credentials may do
   */
  Authenticator(
      Vertx vertx, Supplier<Credentials> credentials, Optional<Role> anonymous, LockOut lockOut) {
    this.vertx = vertx;
    this.credentials = credentials;
    this.anonymous = anonymous;
    this.lockOut = lockOut;
  }

  /**
   * A password that was right.
   *
   * @param by the credentials at that time; it counts no more when there are others
   */
  private record Remembered(Credential credential, Credentials by, long atNanos) {

    boolean holds(Credentials now) {
      return by == now && System.nanoTime() - atNanos < REMEMBERED.toNanos();
    }
  }

  /** What is known of who asks. */
  sealed interface Outcome {
    /** Somebody, perhaps anonymous. */
    record Is(Principal principal) implements Outcome {}

    /** Credentials were shown, and they are wrong. */
    record Wrong() implements Outcome {}

    /** The address has shown wrong ones too often. */
    record LockedOut(Duration rest) implements Outcome {}

    /** Too many passwords are being checked. */
    record Busy() implements Outcome {}
  }

  /**
   * Who asks.
   *
   * @param header Authorization, as it came
   * @param address where it came from
   */
  Future<Outcome> authenticate(@Nullable String header, String address) {
    if (header == null) {
      return Future.succeededFuture(new Outcome.Is(Principal.anonymous(anonymous)));
    }
    Duration rest = lockOut.remaining(address);
    if (!rest.isZero()) {
      return Future.succeededFuture(new Outcome.LockedOut(rest));
    }
    if (credentials.get().isEmpty()) {
      // There is nothing that it could be compared with; a page that still has a token goes on.
      return Future.succeededFuture(new Outcome.Is(Principal.anonymous(anonymous)));
    }
    int space = header.indexOf(' ');
    String scheme = space < 0 ? header : header.substring(0, space);
    String value = space < 0 ? "" : header.substring(space + 1).strip();
    if (header.length() > MAX_HEADER || value.isEmpty()) {
      return Future.succeededFuture(conclude(Optional.empty(), address));
    }
    if (scheme.equalsIgnoreCase("Bearer")) {
      return Future.succeededFuture(conclude(credentials.get().byToken(value), address));
    }
    if (scheme.equalsIgnoreCase("Basic")) {
      return password(value, address);
    }
    return Future.succeededFuture(conclude(Optional.empty(), address));
  }

  private Future<Outcome> password(String value, String address) {
    String key = HexFormat.of().formatHex(Credential.sha256(salt + value));
    Remembered known = remembered.get(key);
    if (known != null && known.holds(credentials.get())) {
      return Future.succeededFuture(conclude(Optional.of(known.credential()), address));
    }
    Future<Optional<Credential>> running = checking.get(key);
    if (running != null) {
      return running.map(found -> conclude(found, address));
    }
    if (checking.size() >= MAX_CHECKS) {
      return Future.succeededFuture(new Outcome.Busy());
    }
    String[] pair = decode(value).split(":", 2);
    if (pair.length < 2 || pair[1].isEmpty()) {
      return Future.succeededFuture(conclude(Optional.empty(), address));
    }
    Credentials against = credentials.get();
    Future<Optional<Credential>> check =
        vertx.executeBlocking(() -> against.byPassword(pair[0], pair[1].toCharArray()), false);
    checking.put(key, check);
    return check
        .onComplete(done -> checking.remove(key))
        .map(
            found -> {
              found.ifPresent(
                  right -> remember(key, new Remembered(right, against, System.nanoTime())));
              return conclude(found, address);
            });
  }

  private Outcome conclude(Optional<Credential> found, String address) {
    if (found.isEmpty()) {
      Duration locked = lockOut.failed(address);
      return locked.isZero() ? new Outcome.Wrong() : new Outcome.LockedOut(locked);
    }
    lockOut.succeeded(address);
    Credential credential = found.get();
    return new Outcome.Is(new Principal(credential.name(), Optional.of(credential.role()), true));
  }

  private void remember(String key, Remembered right) {
    remembered.remove(key);
    remembered.put(key, right);
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.remove(remembered.keySet().iterator().next());
    }
  }

  private static String decode(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
