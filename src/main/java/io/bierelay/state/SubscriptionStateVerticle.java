package io.bierelay.state;

import io.bierelay.event.FleetBus;
import io.bierelay.event.PauseRule;
import io.bierelay.metrics.Meters;
import io.bierelay.settings.Settings;
import io.bierelay.status.ProcessIdentity;
import io.bierelay.status.StatusBeacon;
import io.bierelay.status.VerticleStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the fleet through Redis what this process's partitions do, and answers on {@link FleetBus}.
 *
 * <pre>
 *   "bie.status" of this process ──each second──▶ Redis ◀── other processes
 *   FleetBus.INSTANCES, FleetBus.PAUSES ◀────────── Redis
 * </pre>
 *
 * <p>It is always ready: while Redis is away it says so in its subscription's row, and nothing else
 * of the process changes.
 */
@SuppressWarnings("NullAway.Init") // Fields are set in start, before anything else runs.
public final class SubscriptionStateVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionStateVerticle.class);
  private static final long SPEAK_MS = 1_000;

  /** How soon changed keys, certificates and passwords are used. */
  private static final long RENEW_MS = 5_000;

  private static final Duration SILENT = Duration.ofSeconds(5);

  private record Heard(JsonArray subscriptions, Instant at) {}

  private Settings settings;
  private FleetStore store;
  private StatusBeacon beacon;
  private final Map<String, Heard> heard = new HashMap<>();
  private String trouble = "";
  private volatile boolean up = true;
  private Instant since = Instant.now();
  private boolean speaking;

  /** Deployed by the launcher; reads its settings from the deployment's configuration. */
  public SubscriptionStateVerticle() {}

  @Override
  public Future<?> start() {
    settings = Settings.of(config());
    store = new FleetStore(vertx, settings);
    MeterRegistry meters = Meters.registry();
    StateMetrics.UP.gauge(meters, () -> up ? 1 : 0);
    beacon = new StatusBeacon(vertx, "SubscriptionStateVerticle", deploymentID(), this::describe);
    vertx
        .eventBus()
        .<JsonObject>localConsumer(VerticleStatus.ADDRESS, message -> hear(message.body()));
    answer(FleetBus.INSTANCES, this::instances);
    answer(FleetBus.PAUSES, this::pauses);
    vertx.setPeriodic(SPEAK_MS, id -> speak());
    vertx.setPeriodic(
        RENEW_MS,
        id -> store.renew().onFailure(e -> LOG.warn("the former connection to Redis stays", e)));
    beacon.ready();
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    beacon.stopping();
    return store.close().onComplete(v -> beacon.close());
  }

  private void hear(JsonObject body) {
    VerticleStatus status = VerticleStatus.fromJson(body);
    JsonArray partitions = new JsonArray();
    for (Object row : status.subscriptions()) {
      if (row instanceof JsonObject one && "partition".equals(one.getString("kind"))) {
        partitions.add(one);
      }
    }
    if (status.verticle().equals("KafkaIngestVerticle")) {
      heard.put(status.instance(), new Heard(partitions, Instant.now()));
    }
  }

  /** A round that takes longer than its turn leaves the next one out. */
  private void speak() {
    Instant limit = Instant.now().minus(SILENT);
    heard.values().removeIf(one -> one.at().isBefore(limit));
    Map<String, JsonArray> byGroup = new HashMap<>();
    heard
        .values()
        .forEach(
            one ->
                one.subscriptions().stream()
                    .map(JsonObject.class::cast)
                    .forEach(
                        row ->
                            byGroup
                                .computeIfAbsent(row.getString("group"), g -> new JsonArray())
                                .add(row)));
    if (speaking || byGroup.isEmpty()) {
      return;
    }
    speaking = true;
    ProcessIdentity own = ProcessIdentity.own();
    List<Future<Void>> spoken =
        byGroup.entrySet().stream()
            .map(
                group ->
                    store.speak(
                        group.getKey(),
                        own.instance(),
                        new JsonObject()
                            .put("instance", own.instance())
                            .put("host", own.host())
                            .put("at", Instant.now().toString())
                            .put("subscriptions", group.getValue())))
            .toList();
    Future.join(spoken)
        .onComplete(
            done ->
                context.runOnContext(
                    v -> {
                      speaking = false;
                      note(done.cause());
                    }));
  }

  private Future<JsonObject> instances(JsonObject request) {
    return store
        .listen(request.getString("group"))
        .map(all -> new JsonObject().put("instances", new JsonArray(all)));
  }

  private Future<JsonObject> pauses(JsonObject request) {
    List<PauseRule> rules =
        request.getJsonArray("rules", new JsonArray()).stream()
            .map(one -> PauseRule.fromJson((JsonObject) one))
            .toList();
    return store
        .merge(request.getString("group"), rules)
        .map(all -> new JsonObject().put("rules", new JsonArray(all)));
  }

  private void answer(String address, Function<JsonObject, Future<JsonObject>> how) {
    vertx
        .eventBus()
        .<JsonObject>localConsumer(
            address,
            request ->
                how.apply(request.body())
                    .onComplete(
                        answer ->
                            context.runOnContext(
                                v -> {
                                  note(answer.cause());
                                  reply(request, answer.result());
                                })));
  }

  private void reply(Message<JsonObject> request, @Nullable JsonObject answer) {
    if (answer == null) {
      request.fail(FleetBus.UNAVAILABLE, "Redis at " + address() + ": " + trouble);
    } else {
      request.reply(answer);
    }
  }

  private void note(@Nullable Throwable failure) {
    String now = failure == null ? "" : RedisFailure.describe(failure);
    if (failure != null) {
      StateMetrics.FAILURES.counter(Meters.registry()).increment();
    }
    if (now.isEmpty() != trouble.isEmpty()) {
      since = Instant.now();
      if (now.isEmpty()) {
        LOG.info("Redis at {} answers again", address());
      } else {
        LOG.warn("Redis at {}: {}; nothing waits for it", address(), now);
      }
    }
    trouble = now;
    up = now.isEmpty();
  }

  private String address() {
    return settings.get(StateSettings.URL);
  }

  private JsonArray describe() {
    return new JsonArray()
        .add(
            new JsonObject()
                .put("kind", "redis")
                .put("address", address())
                .put("state", trouble.isEmpty() ? "running" : "held")
                .put("reason", trouble)
                .put("since", since.toString()));
  }
}
