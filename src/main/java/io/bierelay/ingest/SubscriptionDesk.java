package io.bierelay.ingest;

import io.bierelay.event.SubscriptionBus;
import io.bierelay.kafka.KafkaFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on {@link SubscriptionBus}. Each consumer of the process has one, and whichever is asked
 * answers for all of them. Event loop.
 */
final class SubscriptionDesk {

  private static final Logger LOG = LoggerFactory.getLogger(SubscriptionDesk.class);

  private final Vertx vertx;
  private final GroupView group;
  private final PauseDesk pauses;
  private final SeekDesk seeks;
  private final List<MessageConsumer<JsonObject>> consumers = new ArrayList<>();

  SubscriptionDesk(Vertx vertx, GroupView group, PauseDesk pauses, SeekDesk seeks) {
    this.vertx = vertx;
    this.group = group;
    this.pauses = pauses;
    this.seeks = seeks;
  }

  /** Begins to answer. */
  void open() {
    answer(SubscriptionBus.GROUP, request -> group.ask());
    answer(
        SubscriptionBus.PAUSE,
        request ->
            pauses
                .pause(SubscriptionBus.PauseRequest.fromJson(request), true)
                .map(SubscriptionBus.PauseReply::toJson));
    answer(
        SubscriptionBus.RESUME,
        request ->
            pauses
                .pause(SubscriptionBus.PauseRequest.fromJson(request), false)
                .map(SubscriptionBus.PauseReply::toJson));
    answer(
        SubscriptionBus.SEEK,
        request ->
            seeks
                .seek(SubscriptionBus.SeekRequest.fromJson(request))
                .map(SubscriptionBus.SeekReply::toJson));
  }

  /** Answers no more. */
  void close() {
    consumers.forEach(MessageConsumer::unregister);
  }

  private void answer(String address, Function<JsonObject, Future<JsonObject>> how) {
    consumers.add(
        vertx
            .eventBus()
            .localConsumer(
                address,
                request -> asked(how, request).onComplete(request::reply, e -> fail(request, e))));
  }

  private static Future<JsonObject> asked(
      Function<JsonObject, Future<JsonObject>> how, Message<JsonObject> request) {
    try {
      return how.apply(request.body());
    } catch (ControlRefused | IllegalArgumentException | ClassCastException e) {
      return Future.failedFuture(e);
    }
  }

  private static void fail(Message<JsonObject> request, Throwable e) {
    if (e instanceof ControlRefused refused) {
      request.fail(refused.code(), refused.getMessage());
    } else if (e instanceof IllegalArgumentException) {
      request.fail(SubscriptionBus.BAD_REQUEST, e.getMessage());
    } else if (e instanceof ClassCastException) {
      request.fail(SubscriptionBus.BAD_REQUEST, "a value has the wrong type");
    } else {
      LOG.warn("could not answer {}: {}", request.address(), e.toString());
      request.fail(SubscriptionBus.UNAVAILABLE, "Kafka: " + KafkaFailure.describe(e));
    }
  }
}
