package io.bierelay.notify;

import io.bierelay.event.LaneBus.CloseNotice;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.NotificationBatch;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Which session of each lane counts, and which of its batches comes next. Context of the notifier.
 */
final class LaneSessions {

  private final Map<Key, Current> current = new HashMap<>();

  /** By session, also of one that is over: what has no answer yet. */
  private final Map<Long, Set<Long>> underWay = new HashMap<>();

  /**
   * Sessions of different notifiers must not have the same number: a lane's word that it needs one
   * no more goes to all of them.
   */
  private long last = ThreadLocalRandom.current().nextLong(1L << 40) << 20;

  private record Key(String topic, int partition) {}

  private static final class Current {
    final long session;
    long next;

    Current(long session) {
      this.session = session;
    }
  }

  /** A number that no other session has. */
  long nextNumber() {
    return ++last;
  }

  /** From now on this is the lane's session; what comes of an earlier one is refused. */
  void begin(OpenRequest request, long session) {
    current.put(new Key(request.topic(), request.partition()), new Current(session));
  }

  /**
   * Takes the next batch of a session.
   *
   * @return why it can't be taken; null if it is the next
   */
  @Nullable String refusal(NotificationBatch batch) {
    Key key = new Key(batch.topic(), batch.partition());
    Current now = current.get(key);
    if (now == null || now.session != batch.session()) {
      return "an earlier batch of the partition failed";
    }
    if (now.next != batch.sequence()) {
      current.remove(key);
      return "batch %d of the session came where %d was to come: one is lost on its way"
          .formatted(batch.sequence(), now.next);
    }
    now.next++;
    underWay.computeIfAbsent(batch.session(), session -> new TreeSet<>()).add(batch.sequence());
    return null;
  }

  /** The batch has its answer. */
  void answered(NotificationBatch batch) {
    underWay.computeIfPresent(
        batch.session(),
        (session, numbers) -> {
          numbers.remove(batch.sequence());
          return numbers.isEmpty() ? null : numbers;
        });
  }

  /** The numbers of those that have none. */
  Set<Long> underWay(long session) {
    return underWay.getOrDefault(session, Set.of());
  }

  /** The session is over, if it is the lane's still. */
  void end(NotificationBatch batch) {
    end(batch.topic(), batch.partition(), batch.session());
  }

  /** The lane needs it no more. */
  void end(CloseNotice notice) {
    end(notice.topic(), notice.partition(), notice.session());
  }

  private void end(String topic, int partition, long session) {
    current.computeIfPresent(
        new Key(topic, partition), (key, now) -> now.session == session ? null : now);
  }

  /** All are over. */
  void endAll() {
    current.clear();
  }
}
