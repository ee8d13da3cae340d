package io.bierelay.admin;

import io.bierelay.event.SubscriptionBus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * What is consumed and how far it is, in this process or in the whole consumer group.
 *
 * <p>Belongs to the admin verticle's context.
 */
final class SubscriptionView {

  /** Looking at Kafka may take longer than a reader wants to wait. */
  private static final long TIMEOUT_MS = 10_000;

  private static final Map<String, Object> PARTITION_DEFAULTS =
      Map.of("pausedBy", "", "ledger", "", "lock", "");

  private final Vertx vertx;
  private final ProcessFacts facts;
  private final StatusBoard board;

  SubscriptionView(Vertx vertx, ProcessFacts facts, StatusBoard board) {
    this.vertx = vertx;
    this.facts = facts;
    this.board = board;
  }

  /** Which rows are wanted. */
  enum Scope {
    INSTANCE,
    GROUP;

    static Scope of(String name) {
      return name.equals("group") ? GROUP : INSTANCE;
    }

    String label() {
      return this == GROUP ? "group" : "instance";
    }
  }

  /** All rows, with what could not be had. Does not fail: what is away is named in the answer. */
  Future<JsonObject> snapshot(Scope scope) {
    JsonArray own = rows();
    if (scope == Scope.INSTANCE) {
      return Future.succeededFuture(answer(scope, own, new JsonArray()));
    }
    return vertx
        .eventBus()
        .<JsonObject>request(
            SubscriptionBus.GROUP,
            new JsonObject(),
            new DeliveryOptions().setSendTimeout(TIMEOUT_MS))
        .map(
            reply ->
                answer(
                    scope,
                    merge(own, reply.body().getJsonArray("subscriptions", new JsonArray())),
                    reply.body().getJsonArray("degraded", new JsonArray())))
        .otherwise(e -> answer(scope, own, new JsonArray().add(why(e))));
  }

  /** The rows of this process. */
  JsonArray rows() {
    JsonArray rows = board.subscriptions();
    rows.forEach(row -> complete((JsonObject) row));
    return rows;
  }

  private JsonObject answer(Scope scope, JsonArray rows, JsonArray degraded) {
    return facts
        .toJson()
        .put("scope", scope.label())
        .put("degraded", degraded)
        .put("subscriptions", rows);
  }

  /** The group's partitions in place of this process's, and what else this process consumes. */
  private static JsonArray merge(JsonArray own, JsonArray group) {
    JsonArray all = new JsonArray();
    for (Object row : group) {
      complete((JsonObject) row);
      all.add(row);
    }
    for (Object row : own) {
      if (!"partition".equals(((JsonObject) row).getString("kind"))) {
        all.add(row);
      }
    }
    return all;
  }

  /** Readers rely on some fields whoever wrote the row. */
  private static void complete(JsonObject row) {
    if (!row.containsKey("kind")) {
      row.put("kind", kind(row));
    }
    if (row.getString("kind").equals("partition")) {
      PARTITION_DEFAULTS.forEach(
          (key, value) -> {
            if (!row.containsKey(key)) {
              row.put(key, value);
            }
          });
    }
  }

  private static String kind(JsonObject row) {
    if (row.containsKey("partition")) {
      return "partition";
    }
    return row.containsKey("queue") ? "queue" : "other";
  }

  private static String why(Throwable e) {
    boolean nobody =
        e instanceof ReplyException reply && reply.failureType() == ReplyFailure.NO_HANDLERS;
    return nobody
        ? "no verticle of this process knows the consumer group, so these are only its own rows;"
            + " ask an instance of the role svc-bie-kafka"
        : "the consumer group could not be asked, so these are only this process's rows: "
            + e.getMessage();
  }
}
