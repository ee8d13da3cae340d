package io.bierelay.admin;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Serves the page's files, and those of the libraries that it uses, out of the JAR.
 *
 * <p>A path has to look like one of them, piece by piece, before anything is looked up: there is no
 * way up or out. Vert.x's static handler would first unpack them into a temporary directory, which
 * a container with a read-only file system doesn't have.
 */
final class PageAssets {

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "mjs", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "woff2", "font/woff2");

  /** Pieces that begin with a letter or digit, so neither empty, nor hidden, nor upwards. */
  private static final Pattern FILE =
      Pattern.compile(
          "(?:[A-Za-z0-9][A-Za-z0-9._-]*/){0,8}[A-Za-z0-9][A-Za-z0-9._-]*\\.([a-z0-9]+)");

  private static final String WEBJARS = "/webjars/";
  private static final int MAX_PATH = 200;

  private final Vertx vertx;
  private final Map<String, Buffer> loaded = new ConcurrentHashMap<>();

  PageAssets(Vertx vertx) {
    this.vertx = vertx;
  }

  void addTo(Router router) {
    AdminRoutes.read(router, "/", context -> serve(context, "page/index.html", "html"));
    AdminRoutes.read(router, "/assets/*", context -> find(context, "page/", 1));
    AdminRoutes.read(
        router,
        WEBJARS + "*",
        context -> find(context, "/META-INF/resources/webjars/", WEBJARS.length()));
  }

  /** What is asked for must be written as it is called; nothing is decoded or normalized. */
  private void find(RoutingContext context, String directory, int skip) {
    String path = context.request().path();
    var matcher = FILE.matcher(path.substring(Math.min(skip, path.length())));
    Optional<String> suffix =
        path.length() <= MAX_PATH && matcher.matches()
            ? Optional.of(matcher.group(1)).filter(TYPES::containsKey)
            : Optional.empty();
    if (suffix.isEmpty()) {
      Problem.notFound(context);
    } else {
      serve(context, directory + matcher.group(), suffix.get());
    }
  }

  private void serve(RoutingContext context, String resource, String suffix) {
    content(resource)
        .onFailure(context::fail)
        .onSuccess(
            bytes -> {
              if (bytes.isEmpty()) {
                Problem.notFound(context);
                return;
              }
              context
                  .response()
                  .putHeader(HttpHeaders.CONTENT_TYPE, TYPES.get(suffix))
                  .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                  .end(bytes.get());
            });
  }

  /** Read at the first request, off the event loop: a start without a reader reads nothing. */
  private Future<Optional<Buffer>> content(String resource) {
    Buffer known = loaded.get(resource);
    if (known != null) {
      return Future.succeededFuture(Optional.of(known));
    }
    return vertx
        .executeBlocking(() -> read(resource), false)
        .onSuccess(bytes -> bytes.ifPresent(found -> loaded.put(resource, found)));
  }

  private static Optional<Buffer> read(String resource) throws IOException {
    try (InputStream in = PageAssets.class.getResourceAsStream(resource)) {
      return in == null ? Optional.empty() : Optional.of(Buffer.buffer(in.readAllBytes()));
    }
  }
}
