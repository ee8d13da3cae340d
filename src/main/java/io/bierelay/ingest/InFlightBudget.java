package io.bierelay.ingest;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * How much all lanes of one consumer together may have at the notifier: enough to keep RabbitMQ
 * busy, and no more than can be drained when partitions are given up. Event loop.
 *
 * <p>Only what waits for an answer counts, so a lane that is held takes nothing from the others. A
 * lane that sends again may pass the limit: it must not wait behind its own successors.
 */
final class InFlightBudget {

  /** In so many portions the limit is used up under a backlog, or in fewer. */
  private static final int PORTIONS = 40;

  private final int limit;

  /**
   * Less room than this counts as none: a small batch gives back as little when it is answered, so
   * small ones would go round for ever, at the price of large ones.
   */
  private final int portion;

  private final Set<LaneSender.Listener> waiting = new LinkedHashSet<>();
  private int used;

  /**
   * @param limit items, at least 1
   */
  InFlightBudget(int limit) {
    this.limit = limit;
    this.portion = Math.max(1, limit / PORTIONS);
  }

  /** So many items were sent. */
  void take(int items) {
    used += items;
  }

  /** These were answered; the lanes that have waited longest go on first. */
  void give(int items) {
    used -= items;
    // Each is asked once: one that can't send after all must not be asked for ever.
    for (int asked = waiting.size(); asked > 0 && room() > 0 && !waiting.isEmpty(); asked--) {
      LaneSender.Listener next = waiting.iterator().next();
      waiting.remove(next);
      next.proceed();
    }
  }

  /** How many items may still be sent; not positive when there is no room worth a batch. */
  int room() {
    int room = limit - used;
    return room < portion ? 0 : room;
  }

  /** Has the lane told to proceed when there is room. */
  void await(LaneSender.Listener lane) {
    waiting.add(lane);
  }

  /** The lane has ended: it wants nothing any more, and its answers don't come here. */
  void leave(LaneSender.Listener lane, int unanswered) {
    waiting.remove(lane);
    give(unanswered);
  }
}
