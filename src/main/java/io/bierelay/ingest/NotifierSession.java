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
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.List;
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
  private final Set<Promise<BatchReply>> waiting = new LinkedHashSet<>();
  private long sequence;
  private String over = "";

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
    waiting.add(answer);
    vertx
        .eventBus()
        .<JsonObject>request(
            address(),
            new NotificationBatch(topic, partition, opened.session(), sequence++, items),
            options)
        .onSuccess(reply -> settled(answer, BatchReply.fromJson(reply.body())))
        .onFailure(e -> failed(answer, e));
    return answer.future();
  }

  /** The notifier takes no more; what it has it still confirms. */
  void leaving(String why) {
    over = why;
  }

  /** The notifier is gone: nobody answers what waits. */
  void lost(String why) {
    over = why;
    for (Promise<BatchReply> answer : List.copyOf(waiting)) {
      failed(answer, new IllegalStateException(why));
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

  private void settled(Promise<BatchReply> answer, BatchReply reply) {
    if (waiting.remove(answer)) {
      answer.complete(reply);
    }
  }

  private void failed(Promise<BatchReply> answer, Throwable e) {
    if (waiting.remove(answer)) {
      answer.fail(e instanceof ReplyException reply ? explained(reply) : e);
    }
  }

  private static Throwable explained(ReplyException e) {
    return e.failureType() == ReplyFailure.NO_HANDLERS
        ? new IllegalStateException("the notifier that served the lane is gone", e)
        : e;
  }
}
