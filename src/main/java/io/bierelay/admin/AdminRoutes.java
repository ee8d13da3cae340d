package io.bierelay.admin;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Instant;
import java.util.List;

/** The admin endpoint's paths, and what every answer has in common. */
final class AdminRoutes {

  /** The longest request body that is read, in bytes. */
  static final long BODY_LIMIT = 16 * 1024;

  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final String instance;
  private final List<String> roles;
  private final StatusBoard board;
  private final MetricsScrape metrics;
  private volatile int down;

  /**
   * @param instance what this process is called, for people
   */
  AdminRoutes(String instance, List<String> roles, StatusBoard board, MetricsScrape metrics) {
    this.instance = instance;
    this.roles = roles;
    this.board = board;
    this.metrics = metrics;
  }

  Router router(Vertx vertx) {
    Router router = Router.router(vertx);
    router.route().handler(AdminRoutes::secure);
    router.route().handler(BodyHandler.create(false).setBodyLimit(BODY_LIMIT));
    read(router, "/health/live", context -> json(context, 200, status(true)));
    read(router, "/health/started", this::started);
    read(router, "/health/ready", this::ready);
    read(router, "/metrics", this::metrics);
    read(router, "/api/subscriptions", this::subscriptions);
    new DeadLetterRoutes(vertx).addTo(router);
    new PageAssets(vertx).addTo(router);
    router.errorHandler(400, Problem::badRequest);
    router.errorHandler(404, Problem::notFound);
    router.errorHandler(405, Problem::methodNotAllowed);
    router.errorHandler(413, Problem::tooLarge);
    router.errorHandler(500, Problem::internal);
    return router;
  }

  /** How many verticle instances were not ready when metrics were last asked for. */
  int down() {
    return down;
  }

  static void read(Router router, String path, Handler<RoutingContext> handler) {
    router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
  }

  private static void secure(RoutingContext context) {
    MultiMap headers = context.response().headers();
    headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
    headers.set("x-content-type-options", "nosniff");
    headers.set("x-frame-options", "DENY");
    headers.set("referrer-policy", "no-referrer");
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("cross-origin-opener-policy", "same-origin");
    context.next();
  }

  private void started(RoutingContext context) {
    boolean started = board.isStarted();
    json(context, started ? 200 : 503, status(started));
  }

  private void ready(RoutingContext context) {
    List<Check> checks = board.checks();
    boolean up = checks.stream().allMatch(Check::isUp);
    JsonArray list = new JsonArray();
    checks.forEach(check -> list.add(check.toJson()));
    json(context, up ? 200 : 503, status(up).put("checks", list));
  }

  /** The board belongs to this thread, and gauges are read on another: hence the counted value. */
  private void metrics(RoutingContext context) {
    down = (int) board.checks().stream().filter(check -> !check.isUp()).count();
    metrics.handle(context);
  }

  private void subscriptions(RoutingContext context) {
    json(
        context,
        200,
        new JsonObject()
            .put("instance", instance)
            .put("roles", new JsonArray(roles))
            .put("at", Instant.now().toString())
            .put("subscriptions", board.subscriptions()));
  }

  private static JsonObject status(boolean up) {
    return new JsonObject().put("status", up ? "UP" : "DOWN");
  }

  private static void json(RoutingContext context, int status, JsonObject body) {
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }
}
