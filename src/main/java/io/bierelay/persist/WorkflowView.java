package io.bierelay.persist;

import io.bierelay.persist.QueueDepths.Depth;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The workflow's queues and its database as a person wants to see them. Used on the verticle's
 * context.
 */
final class WorkflowView {

  private final List<WorkflowQueue> queues;
  private final QueueDepths depths;
  private final Database database;
  private final PersistMeters meters;
  private String databaseState = "";
  private Instant databaseSince = Instant.now();

  WorkflowView(
      List<WorkflowQueue> queues, QueueDepths depths, Database database, PersistMeters meters) {
    this.queues = queues;
    this.depths = depths;
    this.database = database;
    this.meters = meters;
  }

  /**
   * One object per queue, and one for the database.
   *
   * @param work null while RabbitMQ is away
   * @param rabbitReason why it is
   * @param databaseUp whether it answered when it was last asked
   * @param databaseReason why events can't be stored just now; empty if they can
   */
  JsonArray describe(
      @Nullable SessionHandlers work,
      String rabbitReason,
      boolean databaseUp,
      String databaseReason) {
    boolean stores = databaseUp && databaseReason.isEmpty();
    JsonArray all = new JsonArray();
    queues.forEach(queue -> all.add(describe(queue, work, rabbitReason, stores, databaseReason)));
    return all.add(describeDatabase(databaseUp, databaseReason));
  }

  private JsonObject describe(
      WorkflowQueue queue,
      @Nullable SessionHandlers work,
      String rabbitReason,
      boolean stores,
      String databaseReason) {
    boolean consuming = work != null && work.isConsuming();
    int unacked = work == null ? 0 : work.unacked(queue.name());
    Optional<Depth> depth = depths.of(queue.name());
    // As of a Kafka subscription: held means that its messages wait for the database.
    String state = !consuming ? "waiting" : stores ? "running" : "held";
    String reason = !rabbitReason.isEmpty() ? rabbitReason : stores ? "" : databaseReason;
    return new JsonObject()
        .put("kind", "queue")
        .put("queue", queue.name())
        .put("exchange", queue.type().exchange())
        .put("eventType", queue.type().name())
        .put("state", state)
        .put("reason", reason)
        .put("consumers", depth.map(Depth::consumers).orElse(null))
        .put("messages", depth.map(Depth::ready).orElse(null))
        .put("unacked", unacked)
        .put("rate1", meters.rate(queue.type().name()).oneMinute())
        .put("rate5", meters.rate(queue.type().name()).fiveMinutes())
        .put("oldestSeconds", oldestSeconds(queue, work, unacked, depth));
  }

  /**
   * A queue gives its oldest message first, so the oldest that we hold is the oldest of all; if we
   * hold none and the queue has some, nobody can tell without taking one.
   */
  private static @Nullable Double oldestSeconds(
      WorkflowQueue queue, @Nullable SessionHandlers work, int unacked, Optional<Depth> depth) {
    Instant oldest = work == null ? null : work.oldest(queue.name());
    if (oldest != null) {
      long ms = Math.max(0, Duration.between(oldest, Instant.now()).toMillis());
      return Math.round(ms / 100.0) / 10.0;
    }
    return unacked == 0 && depth.isPresent() && depth.get().ready() == 0 ? 0.0 : null;
  }

  private JsonObject describeDatabase(boolean up, String reason) {
    Database.Use use = database.use();
    PersistMeters.Stored stored = meters.soFar();
    String state = !up ? "waiting" : reason.isEmpty() ? "running" : "held";
    if (!state.equals(databaseState)) {
      databaseState = state;
      databaseSince = Instant.now();
    }
    return new JsonObject()
        .put("kind", "database")
        .put("state", state)
        .put("reason", reason)
        .put("since", databaseSince.toString())
        .put("poolSize", use.size())
        .put("inUse", use.inUse())
        .put("waiting", use.waiting())
        .put("batches", stored.batches())
        .put("rows", stored.rows())
        .put("lastBatchMs", stored.lastBatchMs());
  }
}
