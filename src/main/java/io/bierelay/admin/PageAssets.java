package io.bierelay.admin;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/**
 * Serves the page's few files out of the JAR.
 *
 * <p>Only the files listed here exist, whatever path is asked for. Vert.x's static handler would
 * first unpack them into a temporary directory, which a container with a read-only file system
 * doesn't have.
 */
final class PageAssets {

  private static final List<String> FILES =
      List.of(
          "index.html",
          "assets/admin.css",
          "assets/admin.js",
          "assets/controls.js",
          "assets/dialogs.js",
          "assets/dom.js",
          "assets/format.js",
          "assets/icon.svg",
          "assets/letters.js",
          "assets/live.js",
          "assets/login.js",
          "assets/overview.js",
          "assets/partition.js",
          "assets/partitions.js",
          "assets/rows.js",
          "assets/session.js",
          "assets/settings.js",
          "assets/shapes.js",
          "assets/store.js",
          "assets/views.css");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  /**
   * One file.
   *
   * @param tag changes with the content
   */
  private record Asset(Buffer bytes, String tag) {}

  private final Vertx vertx;
  private final Map<String, Asset> loaded = new ConcurrentHashMap<>();

  PageAssets(Vertx vertx) {
    this.vertx = vertx;
  }

  void addTo(Router router) {
    for (String file : FILES) {
      String path = file.equals("index.html") ? "/" : "/" + file;
      AdminRoutes.read(router, path, context -> serve(context, file));
    }
  }

  /** Asked for again at each visit, and sent again only if another version has another content. */
  private void serve(RoutingContext context, String file) {
    content(file)
        .onFailure(context::fail)
        .onSuccess(
            asset -> {
              HttpServerResponse response =
                  context
                      .response()
                      .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                      .putHeader(HttpHeaders.ETAG, asset.tag());
              if (asset.tag().equals(context.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
                response.setStatusCode(304).end();
              } else {
                response.putHeader(HttpHeaders.CONTENT_TYPE, type(file)).end(asset.bytes());
              }
            });
  }

  private static String type(String file) {
    return TYPES.getOrDefault(
        file.substring(file.lastIndexOf('.') + 1), "application/octet-stream");
  }

  /** Read at the first request, off the event loop: a start without a reader reads nothing. */
  private Future<Asset> content(String file) {
    Asset known = loaded.get(file);
    if (known != null) {
      return Future.succeededFuture(known);
    }
    return vertx
        .executeBlocking(() -> read(file), false)
        .onSuccess(asset -> loaded.put(file, asset));
  }

  private static Asset read(String file) throws IOException {
    try (InputStream in = PageAssets.class.getResourceAsStream("page/" + file)) {
      if (in == null) {
        throw new FileNotFoundException("page/" + file + " is missing in the JAR");
      }
      byte[] bytes = in.readAllBytes();
      CRC32 sum = new CRC32();
      sum.update(bytes);
      return new Asset(Buffer.buffer(bytes), "\"%x\"".formatted(sum.getValue()));
    }
  }
}
