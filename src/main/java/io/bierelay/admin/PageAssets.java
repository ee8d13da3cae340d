package io.bierelay.admin;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

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
  private final Map<String, Asset> loaded = new ConcurrentHashMap<>();

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
            asset ->
                asset.ifPresentOrElse(
                    found -> send(context, found, suffix), () -> Problem.notFound(context)));
  }

  /** Asked for again at each visit, and sent again only if another version has another content. */
  private static void send(RoutingContext context, Asset asset, String suffix) {
    HttpServerResponse response =
        context
            .response()
            .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
            .putHeader(HttpHeaders.ETAG, asset.tag());
    if (asset.tag().equals(context.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
      response.setStatusCode(304).end();
    } else {
      response.putHeader(HttpHeaders.CONTENT_TYPE, TYPES.get(suffix)).end(asset.bytes());
    }
  }

  /** Read at the first request, off the event loop: a start without a reader reads nothing. */
  private Future<Optional<Asset>> content(String resource) {
    Asset known = loaded.get(resource);
    if (known != null) {
      return Future.succeededFuture(Optional.of(known));
    }
    return vertx
        .executeBlocking(() -> read(resource), false)
        .onSuccess(asset -> asset.ifPresent(found -> loaded.put(resource, found)));
  }

  private static Optional<Asset> read(String resource) throws IOException {
    try (InputStream in = PageAssets.class.getResourceAsStream(resource)) {
      return in == null ? Optional.empty() : Optional.of(Asset.of(in.readAllBytes()));
    }
  }

  /**
   * One file.
   *
   * @param tag changes with the content
   */
  private record Asset(Buffer bytes, String tag) {
    static Asset of(byte[] bytes) {
      CRC32 sum = new CRC32();
      sum.update(bytes);
      return new Asset(Buffer.buffer(bytes), "\"%x\"".formatted(sum.getValue()));
    }
  }
}
