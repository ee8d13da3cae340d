package io.bierelay.admin;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers what went wrong as problem details (RFC 9457), which say what to change and tell nothing
 * of the inside.
 */
final class Problem {

  static final String CONTENT_TYPE = "application/problem+json";

  private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

  /** Where the audit finds what was answered. */
  private static final String SAID = "bie.problem";

  private Problem() {}

  static void notFound(RoutingContext context) {
    answer(
        context,
        404,
        "there is nothing at %s; see / or /openapi.yaml".formatted(context.request().path()));
  }

  static void tooLarge(RoutingContext context) {
    closeAfter(context);
    answer(
        context,
        413,
        "a request's body may have %d bytes; send less, or several requests"
            .formatted(AdminRoutes.BODY_LIMIT));
  }

  static void badRequest(RoutingContext context) {
    answer(context, 400, "the request can't be understood; see /openapi.yaml");
  }

  static void unsupported(RoutingContext context) {
    answer(context, 415, "send JSON, with the header Content-Type: application/json");
  }

  static void internal(RoutingContext context) {
    LOG.error("{} failed", context.request().method(), context.failure());
    answer(context, 500, "it failed inside; see the log of this process");
  }

  static void methodNotAllowed(RoutingContext context, String allowed) {
    context.response().putHeader(HttpHeaders.ALLOW, allowed);
    answer(
        context,
        405,
        "%s knows only %s; see /openapi.yaml".formatted(context.request().path(), allowed));
  }

  /** What is left of a body is not worth reading, so the connection can't be used again. */
  static void closeAfter(RoutingContext context) {
    context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
  }

  static void retryAfter(RoutingContext context, Duration rest) {
    context
        .response()
        .putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Math.max(1, rest.toSeconds() + 1)));
  }

  static void answer(RoutingContext context, int status, String detail) {
    answer(context, status, detail, new JsonArray());
  }

  /**
   * @param errors what is wrong where: objects with pointer and detail; may be empty
   */
  static void answer(RoutingContext context, int status, String detail, JsonArray errors) {
    context.put(SAID, detail);
    HttpServerResponse response = context.response();
    if (response.ended()) {
      return;
    }
    if (response.headWritten()) {
      response.reset();
      return;
    }
    JsonObject body = body(status, detail);
    if (!errors.isEmpty()) {
      body.put("errors", errors);
    }
    response
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }

  static JsonObject body(int status, String detail) {
    return new JsonObject()
        .put("type", "about:blank")
        .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
        .put("status", status)
        .put("detail", detail);
  }

  /** What was answered, if it was a problem. */
  static Optional<String> said(RoutingContext context) {
    return Optional.ofNullable(context.get(SAID));
  }
}
