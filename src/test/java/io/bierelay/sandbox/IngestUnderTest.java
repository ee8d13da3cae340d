package io.bierelay.sandbox;

import io.bierelay.ingest.KafkaIngestModule;
import io.bierelay.notify.RabbitNotifierModule;
import io.bierelay.state.SubscriptionStateModule;
import io.bierelay.status.VerticleStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The verticles of svc-bie-kafka without launcher or HTTP, spoken to over the event bus as the
 * administration does.
 */
public final class IngestUnderTest implements AutoCloseable {

  private static final long TIMEOUT_MS = 40_000;

  private final Vertx vertx;
  private final JsonObject config;
  private final Map<String, JsonArray> rows = new ConcurrentHashMap<>();

  /** Starts a notifier with these settings. */
  public IngestUnderTest(Map<String, Object> settings) {
    config = new JsonObject(settings);
    vertx =
        Vertx.builder()
            .with(
                new VertxOptions()
                    .setMetricsOptions(new MicrometerMetricsOptions().setEnabled(true)))
            .withMetrics(new MicrometerMetricsFactory(new SimpleMeterRegistry()))
            .build();
    vertx
        .eventBus()
        .<JsonObject>consumer(
            VerticleStatus.ADDRESS,
            message -> {
              VerticleStatus status = VerticleStatus.fromJson(message.body());
              if (status.verticle().equals("KafkaIngestVerticle")) {
                rows.put(status.instance(), status.subscriptions());
              }
            });
    join(vertx.deployVerticle(new RabbitNotifierModule().create(), options()));
  }

  private DeploymentOptions options() {
    return new DeploymentOptions().setConfig(config);
  }

  /** The Vert.x that all is deployed in. */
  public Vertx vertx() {
    return vertx;
  }

  /** Deploys one more consumer; returns its deployment's id. */
  public String addConsumer() {
    return join(vertx.deployVerticle(new KafkaIngestModule().create(), options()));
  }

  /** Deploys what tells the fleet through Redis; before the first consumer. */
  public void addState() {
    join(vertx.deployVerticle(new SubscriptionStateModule().create(), options()));
  }

  /** Undeploys a consumer: it drains, commits and leaves the group. */
  public void removeConsumer(String id) {
    join(vertx.undeploy(id));
    rows.clear();
  }

  /** The partitions as the consumers last published them. */
  public List<JsonObject> rows() {
    return rows.values().stream().flatMap(JsonArray::stream).map(JsonObject.class::cast).toList();
  }

  /** How many consumers have partitions. */
  public long owners() {
    return rows.values().stream().filter(own -> !own.isEmpty()).count();
  }

  /** Asks; fails with the {@link ReplyException} that is the answer. */
  public JsonObject ask(String address, JsonObject request) {
    DeliveryOptions options = new DeliveryOptions().setSendTimeout(TIMEOUT_MS);
    return join(vertx.eventBus().<JsonObject>request(address, request, options)).body();
  }

  private static <T> T join(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(TIMEOUT_MS + 10_000, TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    join(vertx.close());
  }
}
