package io.bierelay.notify;

import io.bierelay.notify.NotifySettings.Delivery;
import io.bierelay.rabbit.ConfirmingPublisher;
import io.bierelay.rabbit.RabbitSession;
import io.bierelay.settings.Settings;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The channels of one session. A partition's notifications all take the same one, which keeps their
 * order. Context of the notifier.
 *
 * <p>There are several because of RabbitMQ: it holds a channel back that has more than 32 messages
 * with one quorum queue ({@code quorum_commands_soft_limit}), and lets it go on, again and again.
 * Three channels cost it a sixth less per message than one. The first that fails ends the session,
 * so all of them.
 */
final class PublishingChannels {

  private final List<ConfirmingPublisher> channels;
  private final Map<Key, ConfirmingPublisher> given = new HashMap<>();

  private record Key(String topic, int partition) {}

  private PublishingChannels(List<ConfirmingPublisher> channels) {
    this.channels = channels;
  }

  /** Opens them; one alone with exactly-once, where each partition has a channel of its own. */
  static Future<PublishingChannels> open(RabbitSession session, Settings settings) {
    boolean shared = settings.get(NotifySettings.DELIVERY) == Delivery.AT_LEAST_ONCE;
    int count = shared ? settings.get(NotifySettings.CHANNELS) : 1;
    int window = Math.max(1, settings.get(NotifySettings.CONFIRM_WINDOW) / count);
    List<Future<ConfirmingPublisher>> opened =
        Stream.generate(() -> session.publisher(window)).limit(count).toList();
    return Future.all(opened)
        .map(all -> new PublishingChannels(opened.stream().map(Future::result).toList()));
  }

  /** In turns, so that each has about as many partitions as the others. */
  ConfirmingPublisher of(String topic, int partition) {
    return given.computeIfAbsent(
        new Key(topic, partition), key -> channels.get(given.size() % channels.size()));
  }

  int unconfirmed() {
    return channels.stream().mapToInt(ConfirmingPublisher::unconfirmed).sum();
  }

  long oldestPendingMs() {
    return channels.stream().mapToLong(ConfirmingPublisher::oldestPendingMs).max().orElse(0);
  }
}
