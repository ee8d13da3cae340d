package io.bierelay.admin;

import io.bierelay.page.StubRelay;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Serves the page as the admin verticle does, over a {@link StubRelay}: what the page makes of any
 * state can be seen without Kafka, and within seconds.
 */
public final class PageStub implements AutoCloseable {

  /** Of somebody who may look. */
  public static final String VIEWER = "viewer-token";

  /** Of somebody who may do everything. */
  public static final String OPERATOR = "operator-token";

  private static final String BASIC =
      "Basic "
          + Base64.getEncoder().encodeToString("ann:straße 1".getBytes(StandardCharsets.UTF_8));
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Vertx vertx = Vertx.vertx();
  private final StubRelay relay;
  private volatile boolean open;
  private volatile boolean streaming = true;
  private volatile HttpServer server;
  private int port;
  private long lastId;

  /** Over that relay; starts to listen. */
  public PageStub(StubRelay relay) {
    this.relay = relay;
    vertx.setPeriodic(100, timer -> relay.tick());
    resume();
  }

  /** Whether anybody may do everything, without credentials. */
  public PageStub open(boolean wanted) {
    open = wanted;
    return this;
  }

  /** Whether the stream is there; without it the page has to ask again and again. */
  public PageStub streaming(boolean wanted) {
    streaming = wanted;
    return this;
  }

  /** Where the page is. */
  public String url() {
    return "http://127.0.0.1:" + port + "/";
  }

  /** Is gone: all connections end and no new one is taken. */
  public void cut() {
    join(server.close());
  }

  /** Is there again, at the same port. */
  public void resume() {
    server = join(vertx.createHttpServer().requestHandler(router()).listen(port, "127.0.0.1"));
    port = server.actualPort();
  }

  private Router router() {
    Router router = Router.router(vertx);
    router
        .route()
        .handler(
            context -> {
              context.response().putHeader("content-security-policy", POLICY);
              context.next();
            });
    router.route().handler(BodyHandler.create(false));
    new PageAssets(vertx).addTo(router);
    router.route("/api/*").handler(this::authenticate);
    router.get("/api/me").handler(context -> answer(context, me(role(context))));
    router.get("/api/status").handler(context -> answer(context, relay.status()));
    router.get("/api/settings").handler(context -> answer(context, relay.settings()));
    router
        .get("/api/subscriptions")
        .handler(context -> answer(context, relay.snapshot(scope(context))));
    router.get("/api/subscriptions/stream").handler(this::stream);
    router.get("/api/dead-letters").handler(c -> answer(c, relay.letters(c.queryParams())));
    router.get("/api/dead-letters/counts").handler(c -> answer(c, relay.counts()));
    change(router, "/api/subscriptions/pause", body -> relay.pause(body, "ann", true));
    change(router, "/api/subscriptions/resume", body -> relay.pause(body, "ann", false));
    change(router, "/api/subscriptions/seek", relay::seek);
    change(router, "/api/drain", body -> new JsonObject().put("clean", true));
    change(router, "/api/dead-letters/replay", relay::remove);
    change(router, "/api/dead-letters/discard", relay::remove);
    return router;
  }

  private void change(Router router, String path, Function<JsonObject, JsonObject> how) {
    router
        .post(path)
        .consumes("application/json")
        .handler(
            context -> {
              if (role(context).equals("viewer")) {
                problem(context, 403, "Forbidden", "this needs the role operator");
                return;
              }
              try {
                answer(context, how.apply(context.body().asJsonObject()));
              } catch (IllegalArgumentException e) {
                problem(context, 422, "Unprocessable Content", e.getMessage());
              }
            });
  }

  private void authenticate(RoutingContext context) {
    if (role(context).isEmpty()) {
      context.response().putHeader("www-authenticate", "Basic realm=\"relay\"");
      problem(context, 401, "Unauthorized", "give a token, or a name and a password");
    } else {
      context.next();
    }
  }

  private String role(RoutingContext context) {
    String given = String.valueOf(context.request().getHeader("authorization"));
    if (given.equals("Bearer " + VIEWER)) {
      return "viewer";
    }
    if (given.equals("Bearer " + OPERATOR) || given.equals(BASIC)) {
      return "operator";
    }
    return open ? "anonymous" : "";
  }

  private static JsonObject me(String role) {
    return new JsonObject()
        .put("name", role.equals("anonymous") ? "" : role.equals("viewer") ? "bob" : "ann")
        .put("role", role)
        .put("mayChange", !role.equals("viewer"));
  }

  private static boolean scope(RoutingContext context) {
    return "group".equals(context.request().getParam("scope"));
  }

  private void stream(RoutingContext context) {
    if (!streaming) {
      problem(context, 404, "Not Found", "there is no stream here");
      return;
    }
    HttpServerResponse response =
        context.response().setChunked(true).putHeader("content-type", "text/event-stream");
    boolean group = scope(context);
    long timer =
        vertx.setPeriodic(
            1,
            1000,
            id -> {
              if (!response.writeQueueFull()) {
                response.write(
                    ": alive\nid: %d\nevent: snapshot\ndata: %s\n\n"
                        .formatted(++lastId, relay.snapshot(group).encode()));
              }
            });
    response.closeHandler(closed -> vertx.cancelTimer(timer));
  }

  private static void answer(RoutingContext context, JsonObject body) {
    context.response().putHeader("content-type", "application/json").end(body.toBuffer());
  }

  private static void problem(RoutingContext context, int status, String title, String detail) {
    context
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/problem+json")
        .end(
            new JsonObject()
                .put("type", "about:blank")
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .toBuffer());
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    join(vertx.close());
  }
}
