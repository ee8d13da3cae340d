package io.bierelay.admin;

import io.bierelay.event.DeadLetterBus;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.bierelay.event.SubscriptionBus.SeekRequest;
import io.bierelay.launch.DrainBus;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.validation.ValidatedRequest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What changes something, and the dead letters. Each request goes to whoever can do it over the
 * event bus; log levels alone are changed here.
 *
 * <p>Requests take JSON only: a page of another origin can't send that without asking first, and is
 * never answered.
 */
final class ControlRoutes {

  /** Each verticle has a deadline of its own; this is for all together. */
  private static final long DRAIN_MS = 180_000;

  private static final List<String> FILTERS = List.of("reason", "stage", "eventType", "queue");

  private final Vertx vertx;
  private final StatusBoard board;
  private final LogLevels levels;
  private final BusCall deadLetters = BusCall.deadLetters();
  private final BusCall subscriptions = BusCall.subscriptions();

  ControlRoutes(Vertx vertx, StatusBoard board, LogLevels levels) {
    this.vertx = vertx;
    this.board = board;
    this.levels = levels;
  }

  /** By the operation's id in the contract. */
  Map<String, Handler<RoutingContext>> operations() {
    return Map.ofEntries(
        Map.entry("pause", context -> pause(context, SubscriptionBus.PAUSE)),
        Map.entry("resume", context -> pause(context, SubscriptionBus.RESUME)),
        Map.entry("seek", this::seek),
        Map.entry("drain", this::drain),
        Map.entry("logLevels", context -> AdminRoutes.json(context, 200, levels.toJson())),
        Map.entry("setLogLevel", this::setLogLevel),
        Map.entry("deadLetters", context -> query(context, DeadLetterBus.LIST)),
        Map.entry("deadLetterCounts", context -> query(context, DeadLetterBus.COUNT)),
        Map.entry("replayDeadLetters", context -> change(context, DeadLetterBus.REPLAY)),
        Map.entry("discardDeadLetters", context -> change(context, DeadLetterBus.DISCARD)));
  }

  /** The body, which fits the contract. */
  private static JsonObject body(RoutingContext context) {
    ValidatedRequest request = context.get(RouterBuilder.KEY_META_DATA_VALIDATED_REQUEST);
    JsonObject body = request.getBody().getJsonObject();
    Audit.asks(context, body);
    return body.copy();
  }

  private static String who(RoutingContext context) {
    return Principal.of(context).name();
  }

  private void pause(RoutingContext context, String address) {
    JsonObject body = body(context);
    PauseRequest request =
        new PauseRequest(
            body.getString("topic"),
            body.getInteger("partition", SubscriptionBus.ALL_PARTITIONS),
            who(context),
            body.getString("why"));
    if (request.topic().equals(SubscriptionBus.ALL_TOPICS)
        && request.partition() != SubscriptionBus.ALL_PARTITIONS) {
      wrong(context, "/partition", "with topic * leave it out: it names a partition of one topic");
      return;
    }
    subscriptions.ask(context, vertx, address, request.toJson());
  }

  private void seek(RoutingContext context) {
    JsonObject body = body(context);
    String to = body.getString("to");
    for (String key : List.of("offset", "timestamp")) {
      if (to.equals(key) != body.containsKey(key)) {
        wrong(context, "/" + key, "give it with \"to\": \"%s\", and only then".formatted(key));
        return;
      }
    }
    // What the contract calls a date-time may have an offset from UTC; the bus takes instants.
    Optional<Instant> timestamp = IsoInstant.parse(body.getString("timestamp"));
    if (to.equals("timestamp") && timestamp.isEmpty()) {
      wrong(context, "/timestamp", "give an instant such as 2026-11-22T09:30:00Z");
      return;
    }
    SeekRequest request =
        new SeekRequest(
            body.getString("topic"),
            body.getInteger("partition", SubscriptionBus.ALL_PARTITIONS),
            SubscriptionBus.Position.valueOf(to.toUpperCase(java.util.Locale.ROOT)),
            body.getLong("offset", -1L),
            timestamp.orElse(null),
            body.getBoolean("dryRun"),
            who(context),
            body.getString("why"));
    subscriptions.ask(context, vertx, SubscriptionBus.SEEK, request.toJson());
  }

  private static void wrong(RoutingContext context, String pointer, String detail) {
    Problem.answer(
        context,
        400,
        "the request's body does not fit; see errors, and /openapi.yaml",
        new JsonArray().add(new JsonObject().put("pointer", pointer).put("detail", detail)));
  }

  private void drain(RoutingContext context) {
    JsonObject body = body(context);
    board.drain("drained by %s: %s".formatted(who(context), body.getString("why")));
    vertx
        .eventBus()
        .<JsonObject>request(
            DrainBus.ADDRESS, new JsonObject(), new DeliveryOptions().setSendTimeout(DRAIN_MS))
        .onSuccess(
            answer -> {
              Audit.result(context, answer.body());
              AdminRoutes.json(context, 200, answer.body());
            })
        .onFailure(
            e -> {
              board.undrain();
              if (BusCall.isNobody(e)) {
                Problem.answer(
                    context, 409, "this process was not started by the launcher; end it instead");
              } else {
                Problem.answer(
                    context, 503, "it is not drained yet; see /health/ready, then ask again");
              }
            });
  }

  private void setLogLevel(RoutingContext context) {
    JsonObject body = body(context);
    Optional<String> problem =
        levels.set(
            body.getString("logger"),
            body.getString("level"),
            body.getInteger("seconds"),
            who(context));
    if (problem.isPresent()) {
      Problem.answer(context, 422, problem.get());
    } else {
      Audit.result(context, new JsonObject().put("ok", true));
      AdminRoutes.json(context, 200, levels.toJson());
    }
  }

  private void query(RoutingContext context, String address) {
    JsonObject filter = new JsonObject();
    for (String key : FILTERS) {
      parameter(context, key).ifPresent(value -> filter.put(key, value));
    }
    JsonObject request = new JsonObject().put("filter", filter);
    for (String key : List.of("offset", "limit")) {
      parameter(context, key).ifPresent(value -> request.put(key, Integer.valueOf(value)));
    }
    deadLetters.ask(context, vertx, address, request);
  }

  private static Optional<String> parameter(RoutingContext context, String name) {
    return context.queryParam(name).stream().findFirst();
  }

  private void change(RoutingContext context, String address) {
    JsonObject request = body(context);
    Principal who = Principal.of(context);
    // Whoever has shown who they are can't act in another's name.
    if (who.known() || !request.containsKey("by")) {
      request.put("by", who.name());
    }
    deadLetters.ask(context, vertx, address, request);
  }
}
