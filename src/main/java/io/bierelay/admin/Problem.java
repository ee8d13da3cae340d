package io.bierelay.admin;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers what went wrong as problem details (RFC 9457), without anything of the inside in them.
 */
final class Problem {

  static final String CONTENT_TYPE = "application/problem+json";

  private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

  private Problem() {}

  static void notFound(RoutingContext context) {
    answer(context, 404, "Not Found", "there is nothing at " + path(context) + "; see /");
  }

  /** Nothing here can be changed, so one list of methods holds for every path. */
  static void methodNotAllowed(RoutingContext context) {
    context.response().putHeader(HttpHeaders.ALLOW, "GET, HEAD");
    answer(
        context, 405, "Method Not Allowed", path(context) + " can only be read, with GET or HEAD");
  }

  static void tooLarge(RoutingContext context) {
    // What is left of the body is not worth reading, so the connection can't be used again.
    context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    answer(
        context,
        413,
        "Content Too Large",
        "a request's body may have %d bytes".formatted(AdminRoutes.BODY_LIMIT));
  }

  static void badRequest(RoutingContext context) {
    answer(context, 400, "Bad Request", "the request can't be understood");
  }

  static void internal(RoutingContext context) {
    LOG.error("{} failed", context.request().method(), context.failure());
    answer(context, 500, "Internal Server Error", "see the log of this process");
  }

  private static String path(RoutingContext context) {
    return context.request().path();
  }

  static void answer(RoutingContext context, int status, String title, String detail) {
    if (context.response().headWritten()) {
      context.response().reset();
      return;
    }
    JsonObject body =
        new JsonObject()
            .put("type", "about:blank")
            .put("title", title)
            .put("status", status)
            .put("detail", detail);
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }
}
