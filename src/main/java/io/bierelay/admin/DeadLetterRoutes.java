package io.bierelay.admin;

import io.bierelay.event.DeadLetterBus;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters over HTTP: passes requests on to whoever answers on {@link DeadLetterBus}, which is
 * the role workflow.
 *
 * <p>What changes something takes JSON only: a page of another origin can't send that without
 * asking first, and is never answered.
 */
final class DeadLetterRoutes {

  private static final String PATH = "/api/dead-letters";
  private static final List<String> FILTERS = List.of("reason", "stage", "eventType", "queue");

  private final Vertx vertx;

  DeadLetterRoutes(Vertx vertx) {
    this.vertx = vertx;
  }

  void addTo(Router router) {
    AdminRoutes.read(router, PATH, context -> ask(context, DeadLetterBus.LIST, query(context)));
    AdminRoutes.read(
        router, PATH + "/counts", context -> ask(context, DeadLetterBus.COUNT, query(context)));
    change(router, PATH + "/replay", DeadLetterBus.REPLAY);
    change(router, PATH + "/discard", DeadLetterBus.DISCARD);
  }

  private void change(Router router, String path, String address) {
    router
        .route(path)
        .method(HttpMethod.POST)
        .consumes("application/json")
        .handler(
            context -> {
              JsonObject request = body(context);
              if (request == null) {
                Problem.answer(context, 400, "Bad Request", "the body is no JSON object");
              } else {
                ask(context, address, request);
              }
            });
  }

  private static @Nullable JsonObject body(RoutingContext context) {
    try {
      return context.body().asJsonObject();
    } catch (DecodeException | ClassCastException e) {
      return null;
    }
  }

  private static JsonObject query(RoutingContext context) {
    JsonObject filter = new JsonObject();
    for (String key : FILTERS) {
      List<String> values = context.queryParam(key);
      if (!values.isEmpty()) {
        filter.put(key, values.get(0));
      }
    }
    JsonObject request = new JsonObject().put("filter", filter);
    for (String key : List.of("offset", "limit")) {
      List<String> values = context.queryParam(key);
      if (!values.isEmpty()) {
        request.put(key, values.get(0).matches("[0-9]{1,9}") ? Integer.valueOf(values.get(0)) : -1);
      }
    }
    return request;
  }

  private void ask(RoutingContext context, String address, JsonObject request) {
    vertx
        .eventBus()
        .<JsonObject>request(
            address, request, new DeliveryOptions().setSendTimeout(DeadLetterBus.TIMEOUT_MS))
        .onSuccess(
            answer ->
                context
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                    .end(answer.body().toBuffer()))
        .onFailure(e -> failed(context, e));
  }

  private static void failed(RoutingContext context, Throwable e) {
    if (!(e instanceof ReplyException reply)) {
      context.fail(e);
      return;
    }
    if (reply.failureType() == ReplyFailure.NO_HANDLERS) {
      Problem.answer(
          context, 404, "Not Found", "this process has no role that can reach dead letters");
      return;
    }
    String why = String.valueOf(reply.getMessage());
    switch (reply.failureCode()) {
      case DeadLetterBus.BAD_REQUEST -> Problem.answer(context, 400, "Bad Request", why);
      case DeadLetterBus.BUSY -> Problem.answer(context, 409, "Conflict", why);
      default -> Problem.answer(context, 503, "Service Unavailable", why);
    }
  }
}
