package io.bierelay.listener;

import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The API's tokens: a fixed one, or what stands in files, which are read again every minute because
 * Kubernetes renews them in place. Used on one event loop.
 */
final class ApiToken {

  private static final long TTL_NANOS = 60_000_000_000L;

  private final Vertx vertx;
  private final Optional<String> fixed;
  private final Optional<String> file;
  private final Map<String, Read> files = new HashMap<>();

  private record Read(Future<String> token, long until) {}

  ApiToken(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.fixed = settings.find(ListenerSettings.API_TOKEN);
    this.file = settings.find(ListenerSettings.API_TOKEN_FILE);
  }

  /**
   * The token for a route's API; null where none is configured. An API of its own never gets the
   * general one.
   *
   * @return fails with {@link ChangeFailedException} if the file can't be read
   */
  Future<@Nullable String> of(EntityRoute route) {
    if (route.tokenFile().isPresent()) {
      return read(route.tokenFile().get());
    }
    if (route.ownApi()) {
      return Future.succeededFuture(null);
    }
    return file.isPresent() ? read(file.get()) : Future.succeededFuture(fixed.orElse(null));
  }

  /** Reads files again the next time: a token was refused. */
  void forget() {
    files.clear();
  }

  private Future<@Nullable String> read(String path) {
    Read known = files.get(path);
    if (known != null && System.nanoTime() - known.until() < 0 && !known.token().failed()) {
      return known.token().map(token -> token);
    }
    Future<String> token =
        vertx
            .fileSystem()
            .readFile(path)
            .map(buffer -> buffer.toString().strip())
            .recover(e -> Future.failedFuture(refused(path, "can't be read")))
            .compose(
                text ->
                    text.matches("[\\x20-\\x7e]+")
                        ? Future.succeededFuture(text)
                        : Future.failedFuture(refused(path, "holds no token in one line")));
    files.put(path, new Read(token, System.nanoTime() + TTL_NANOS));
    return token.map(text -> text);
  }

  private static ChangeFailedException refused(String path, String why) {
    return new ChangeFailedException(
        FailureReason.API_REFUSED,
        "the API's token: file %s %s; correct it, or listener.api.token.file".formatted(path, why));
  }
}
