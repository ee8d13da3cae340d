package io.bierelay.listener;

import io.bierelay.sandbox.AvroTopic;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.sandbox.TenureApi;
import io.bierelay.settings.Settings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/**
 * A relay on an event loop of its own, with a topic of its own, between servers that are shared.
 */
final class RelayUnderWork implements AutoCloseable {

  final String topic = "tenures-" + UUID.randomUUID();
  final AvroTopic records;
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final ChangeRelay relay;

  RelayUnderWork(
      SandboxKafka kafka, SandboxRegistry registry, TenureApi api, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(kafka.listenerSettings());
    settings.put("registry.urls", List.of(registry.url()));
    settings.put("listener.api.url", api.url());
    settings.put("listener.api.token.value", TenureApi.TOKEN);
    settings.put("listener.api.retry.max", "50ms");
    settings.put("listener.topic.name", topic);
    settings.put("listener.topic.replication", 1);
    settings.putAll(more);
    records = new AvroTopic(kafka.adminProperties(), registry, topic);
    relay = await(() -> Future.succeededFuture(new ChangeRelay(vertx, settings(settings))));
  }

  static Settings settings(Map<String, Object> values) {
    return Settings.of(new JsonObject(values));
  }

  Outcome relay(JsonObject event) {
    return await(() -> relay.relay(event));
  }

  Outcome relay(JsonObject event, Duration atMost) {
    return await(() -> relay.relay(event, atMost));
  }

  Future<Outcome> begin(JsonObject event) {
    Promise<Outcome> promise = Promise.promise();
    context.runOnContext(v -> relay.relay(event).onComplete(promise));
    return promise.future();
  }

  void prepare() {
    await(relay::prepare);
  }

  /** Runs on the event loop and waits here; what fails is thrown. */
  <T> T await(Supplier<Future<T>> work) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        v -> Future.<Void>succeededFuture().compose(x -> work.get()).onComplete(promise));
    try {
      return promise.future().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  AvroTopic.Decoded theRecord() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(records::poll, found -> !found.isEmpty())
        .get(0);
  }

  @Override
  public void close() {
    await(() -> relay.close(Duration.ofSeconds(1)));
    records.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
