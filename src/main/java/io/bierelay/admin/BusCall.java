package io.bierelay.admin;

import io.bierelay.event.DeadLetterBus;
import io.bierelay.event.SubscriptionBus;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.function.IntUnaryOperator;

/**
 * Passes a request on to whoever answers on an address of the event bus, and their answer or
 * failure back.
 *
 * @param nobody what to say if there is nobody
 * @param status the HTTP status of a failure's code
 */
record BusCall(String nobody, long timeoutMs, IntUnaryOperator status) {

  private static final int UNAVAILABLE = 503;

  static BusCall deadLetters() {
    return new BusCall(
        "this process has no role that can reach dead letters; ask one of the role workflow",
        DeadLetterBus.TIMEOUT_MS,
        code ->
            switch (code) {
              case DeadLetterBus.BAD_REQUEST -> 400;
              case DeadLetterBus.BUSY -> 409;
              default -> UNAVAILABLE;
            });
  }

  static BusCall subscriptions() {
    return new BusCall(
        "this process has no Kafka subscriptions; ask one of the role svc-bie-kafka",
        SubscriptionBus.TIMEOUT_MS,
        code ->
            switch (code) {
              case SubscriptionBus.BAD_REQUEST,
                  SubscriptionBus.NOT_FOUND,
                  SubscriptionBus.CONFLICT,
                  SubscriptionBus.OUT_OF_RANGE ->
                  code;
              default -> UNAVAILABLE;
            });
  }

  /** Asks, and answers the request with what comes back. */
  void ask(RoutingContext context, Vertx vertx, String address, JsonObject request) {
    vertx
        .eventBus()
        .<JsonObject>request(address, request, new DeliveryOptions().setSendTimeout(timeoutMs))
        .onSuccess(
            answer -> {
              Audit.result(context, answer.body());
              AdminRoutes.json(context, 200, answer.body());
            })
        .onFailure(e -> failed(context, e));
  }

  private void failed(RoutingContext context, Throwable e) {
    if (!(e instanceof ReplyException reply)) {
      context.fail(e);
      return;
    }
    switch (reply.failureType()) {
      case NO_HANDLERS -> Problem.answer(context, 404, nobody);
      case TIMEOUT ->
          Problem.answer(
              context,
              UNAVAILABLE,
              "no answer within %d s; look whether it was done, then ask again"
                  .formatted(timeoutMs / 1000));
      case RECIPIENT_FAILURE ->
          Problem.answer(
              context, status.applyAsInt(reply.failureCode()), String.valueOf(reply.getMessage()));
      default -> context.fail(e);
    }
  }

  /** Whether nobody listens there. */
  static boolean isNobody(Throwable e) {
    return e instanceof ReplyException reply && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }
}
