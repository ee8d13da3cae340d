package io.bierelay.ingest;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.CloseNotice;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.LaneBus.Resume;
import io.bierelay.event.NotificationBatch;
import io.bierelay.event.Outbound;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One opening of a lane at a notifier: numbers its batches, and gives up those that wait for an
 * answer when the notifier is gone. What such a notifier answers later has no effect. Event loop.
 */
final class NotifierSession {

  private final Vertx vertx;
  private final Notifiers notifiers;
  private final String topic;
  private final int partition;
  private final OpenReply opened;
  private final Map<Long, Waiting> waiting = new LinkedHashMap<>();
  private long sequence;
  private boolean asking;
  private String over = "";

  private record Waiting(Promise<BatchReply> answer, long sentNanos) {}

  NotifierSession(Vertx vertx, Notifiers notifiers, OpenRequest request, OpenReply opened) {
    this.vertx = vertx;
    this.notifiers = notifiers;
    this.topic = request.topic();
    this.partition = request.partition();
    this.opened = opened;
  }

  /** The notifier, as its messages name it. */
  String address() {
    return opened.address();
  }

  /** What the broker remembers of the partition. */
  Resume resume() {
    return opened.resume();
  }

  /** Sends a batch behind those that were sent before. */
  Future<BatchReply> send(List<Outbound> items, DeliveryOptions options) {
    if (!over.isEmpty()) {
      return Future.failedFuture(new IllegalStateException(over));
    }
    Promise<BatchReply> answer = Promise.promise();
    long number = sequence++;
    waiting.put(number, new Waiting(answer, System.nanoTime()));
    vertx
        .eventBus()
        .<JsonObject>request(
            address(),
            new NotificationBatch(topic, partition, opened.session(), number, items),
            options)
        .onSuccess(reply -> settled(number, BatchReply.fromJson(reply.body())))
        .onFailure(e -> failed(number, e));
    return answer.future();
  }

  /** The notifier takes no more; what it has it still confirms. */
  void leaving(String why) {
    over = why;
  }

  /** The notifier is gone: nobody answers what waits. */
  void lost(String why) {
    over = why;
    for (long number : List.copyOf(waiting.keySet())) {
      failed(number, new IllegalStateException(why));
    }
  }

  /**
   * Asks about batches that have waited for so long: one of which the notifier knows nothing, and
   * whose answer did not come before it said so, was lost on its way there or back.
   */
  void askAbout(long sentBeforeNanos) {
    Set<Long> overdue = new LinkedHashSet<>();
    waiting.forEach(
        (number, one) -> {
          if (one.sentNanos() - sentBeforeNanos < 0) {
            overdue.add(number);
          }
        });
    if (overdue.isEmpty() || asking) {
      return;
    }
    asking = true;
    vertx
        .eventBus()
        .<JsonObject>request(
            address() + LaneBus.UNDER_WAY, new JsonObject().put("session", opened.session()))
        .onComplete(
            answer -> {
              asking = false;
              if (answer.succeeded()) {
                compare(overdue, answer.result().body().getJsonArray("sequences"));
              }
            });
  }

  private void compare(Set<Long> overdue, JsonArray underWay) {
    underWay.forEach(number -> overdue.remove(((Number) number).longValue()));
    overdue.retainAll(waiting.keySet());
    if (!overdue.isEmpty()) {
      lost("%d batches, or their answers, were lost on their way".formatted(overdue.size()));
    }
  }

  /**
   * The lane needs it no more.
   *
   * @param committed whether Kafka has stored the position behind all that was confirmed
   */
  void close(boolean committed) {
    notifiers.forget(this);
    vertx
        .eventBus()
        .publish(
            LaneBus.CLOSE, new CloseNotice(topic, partition, opened.session(), committed).toJson());
  }

  private void settled(long number, BatchReply reply) {
    Waiting one = waiting.remove(number);
    if (one != null) {
      one.answer().complete(reply);
    }
  }

  private void failed(long number, Throwable e) {
    Waiting one = waiting.remove(number);
    if (one != null) {
      one.answer().fail(e instanceof ReplyException reply ? explained(reply) : e);
    }
  }

  private static Throwable explained(ReplyException e) {
    return e.failureType() == ReplyFailure.NO_HANDLERS
        ? new IllegalStateException("the notifier that served the lane is gone", e)
        : e;
  }
}
