package io.bierelay.admin;

import io.bierelay.admin.ApiContract.Audience;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Operation;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes each request to its handler: those of the contract by the contract, once that is read; the
 * page's files and, so that probes never wait for the contract, health and metrics directly.
 */
final class AdminRoutes implements Handler<HttpServerRequest> {

  /** The longest request body that is read, in bytes. */
  static final long BODY_LIMIT = 16 * 1024;

  private static final String HEAD = "bie.head";
  private static final String API = "/api/";

  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private final Vertx vertx;
  private final HostCheck hosts;
  private final Gate gate;
  private final Map<String, Handler<RoutingContext>> operations = new HashMap<>();
  private final Router direct;
  private @Nullable Future<Router> contracted;

  AdminRoutes(Vertx vertx, HostCheck hosts, Gate gate, ViewRoutes views, ControlRoutes controls) {
    this.vertx = vertx;
    this.hosts = hosts;
    this.gate = gate;
    operations.putAll(views.operations());
    operations.putAll(controls.operations());
    direct = direct();
  }

  @Override
  public void handle(HttpServerRequest request) {
    String path = request.path();
    if (path != null && !InvalidRequest.isEscaped(path)) {
      InvalidRequest.answerPath(request);
      return;
    }
    if (path == null || !path.startsWith(API)) {
      direct.handle(request);
      return;
    }
    Future<Router> router = contracted();
    if (router.succeeded()) {
      router.result().handle(request);
      return;
    }
    request.pause();
    router.onComplete(
        read -> {
          request.resume();
          if (read.succeeded()) {
            read.result().handle(request);
          } else {
            contracted = null;
            request
                .response()
                .setStatusCode(500)
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.CONTENT_TYPE)
                .end(Problem.body(500, "the contract can't be read; see the log").toBuffer());
          }
        });
  }

  static boolean isHead(RoutingContext context) {
    return context.get(HEAD, false);
  }

  static void read(Router router, String path, Handler<RoutingContext> handler) {
    router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
  }

  static void json(RoutingContext context, int status, JsonObject body) {
    if (context.response().ended() || context.response().closed()) {
      return;
    }
    context
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .end(body.toBuffer());
  }

  private Router direct() {
    Router router = Router.router(vertx);
    router
        .route()
        .handler((SecurityPolicyHandler) AdminRoutes::secure)
        .handler(hosts)
        .handler(body());
    direct(router, "/health/live", Audience.HEALTH, "live");
    direct(router, "/health/started", Audience.HEALTH, "started");
    direct(router, "/health/ready", Audience.HEALTH, "ready");
    direct(router, "/metrics", Audience.METRICS, "metrics");
    direct(router, "/openapi.yaml", Audience.OPEN, "contract");
    new PageAssets(vertx).addTo(router);
    router.errorHandler(405, context -> Problem.methodNotAllowed(context, "GET, HEAD"));
    return withProblems(router);
  }

  private void direct(Router router, String path, Audience audience, String operation) {
    Handler<RoutingContext> handler = handler(operation);
    read(router, path, context -> gate.pass(context, audience, operation));
    read(router, path, handler);
  }

  private Handler<RoutingContext> handler(String operation) {
    return Optional.ofNullable(operations.get(operation))
        .orElseThrow(() -> new IllegalStateException("nobody does operation '" + operation + "'"));
  }

  private Future<Router> contracted() {
    Future<Router> known = contracted;
    if (known == null) {
      known = ApiContract.load(vertx).map(this::byContract);
      contracted = known;
    }
    return known;
  }

  private Router byContract(ApiContract contract) {
    RouterBuilder builder =
        RouterBuilder.create(vertx, contract.routed(), RequestExtractor.withBodyHandler())
            .rootHandler((SecurityPolicyHandler) AdminRoutes::secure)
            .rootHandler(hosts)
            .rootHandler((SecurityPolicyHandler) context -> admit(context, contract))
            .rootHandler(body());
    for (OpenAPIRoute route : builder.getRoutes()) {
      route.setDoSecurity(false).addHandler(handler(route.getOperation().getOperationId()));
    }
    return withProblems(builder.createRouter());
  }

  /** What the contract does not know is not there, whatever the router would make of its path. */
  private void admit(RoutingContext context, ApiContract contract) {
    HttpMethod method = context.request().method();
    String path = context.normalizedPath();
    if (method.equals(HttpMethod.HEAD) && contract.find(path, HttpMethod.GET).isPresent()) {
      context.put(HEAD, true);
      context.reroute(HttpMethod.GET, context.request().uri());
      return;
    }
    Optional<Operation> operation = contract.find(path, method);
    if (operation.isPresent()) {
      Operation found = operation.get();
      gate.pass(context, ApiContract.audience(found), found.getOperationId());
    } else {
      contract
          .allowed(path)
          .ifPresentOrElse(
              allowed -> Problem.methodNotAllowed(context, allowed),
              () -> Problem.notFound(context));
    }
  }

  private static BodyHandler body() {
    return BodyHandler.create(false).setBodyLimit(BODY_LIMIT);
  }

  private static Router withProblems(Router router) {
    return router
        .errorHandler(400, Misfit::answer)
        .errorHandler(404, Problem::notFound)
        .errorHandler(413, Problem::tooLarge)
        .errorHandler(415, Problem::unsupported)
        .errorHandler(500, Misfit::answer);
  }

  private static void secure(RoutingContext context) {
    MultiMap headers = context.response().headers();
    headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
    headers.set("x-content-type-options", "nosniff");
    headers.set("x-frame-options", "DENY");
    headers.set("referrer-policy", "no-referrer");
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("cross-origin-opener-policy", "same-origin");
    headers.set("permissions-policy", "camera=(), geolocation=(), microphone=()");
    context.next();
  }
}
