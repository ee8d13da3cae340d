package io.bierelay.persist;

import io.bierelay.rabbit.ConfirmingPublisher;
import io.bierelay.rabbit.RabbitConsumer;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All handlers of one RabbitMQ session: one for all queues, or one for each, as {@code
 * persist.handlers} says. They share the publisher of dead letters.
 */
final class SessionHandlers {

  private final List<SessionWork> works = new ArrayList<>();

  private SessionHandlers() {}

  /** Opens the channels; nothing is consumed yet. */
  static Future<SessionHandlers> open(
      Vertx vertx,
      Settings settings,
      RabbitSession session,
      List<WorkflowQueue> queues,
      NotificationReader reader,
      PatientStore store,
      PersistMeters meters) {
    SessionHandlers handlers = new SessionHandlers();
    Future<ConfirmingPublisher> publisher = session.publisher();
    List<Future<SessionWork>> opened = new ArrayList<>();
    for (List<WorkflowQueue> share : shares(settings, queues)) {
      Future<RabbitConsumer> consumer =
          publisher.compose(p -> session.consumer(settings.get(PersistSettings.PREFETCH)));
      opened.add(
          consumer.map(
              c ->
                  new SessionWork(
                      vertx,
                      settings,
                      session,
                      c,
                      publisher.result(),
                      share,
                      reader,
                      store,
                      meters)));
    }
    return Future.all(opened)
        .map(
            all -> {
              opened.forEach(work -> handlers.works.add(work.result()));
              return handlers;
            });
  }

  private static List<List<WorkflowQueue>> shares(Settings settings, List<WorkflowQueue> queues) {
    return settings.get(QueueSettings.HANDLERS) == QueueSettings.Handlers.SHARED
        ? List.of(queues)
        : queues.stream().map(List::of).toList();
  }

  /** How many batches may be in flight at once, each with a connection to the database. */
  static int batches(Settings settings, int queues) {
    int handlers =
        settings.get(QueueSettings.HANDLERS) == QueueSettings.Handlers.SHARED ? 1 : queues;
    return handlers * SessionWork.MAX_IN_FLIGHT;
  }

  /** Begins to consume; see {@link SessionWork#consume}. */
  Future<Void> consume() {
    return Future.all(works.stream().map(SessionWork::consume).toList()).mapEmpty();
  }

  /** Whether all queues are being consumed. */
  boolean isConsuming() {
    return works.stream().allMatch(SessionWork::isConsuming);
  }

  /** How many messages of a queue are delivered and not finished. */
  int unacked(String queue) {
    return works.stream().mapToInt(work -> work.unacked().of(queue)).sum();
  }

  /** When the oldest of these was received from Kafka; null if there is none, or it says not. */
  @Nullable Instant oldest(String queue) {
    return works.stream()
        .map(work -> work.unacked().oldest(queue))
        .filter(Objects::nonNull)
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  /** Takes nothing more in and finishes what is in flight; see {@link SessionWork#stop}. */
  Future<Void> stop(Duration limit) {
    return Future.join(works.stream().map(work -> work.stop(limit)).toList()).mapEmpty();
  }
}
