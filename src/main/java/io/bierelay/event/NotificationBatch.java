package io.bierelay.event;

import java.util.List;

/**
 * Consecutive outbounds of one partition: what a lane sends to the notifier in one request.
 *
 * <p>Immutable, and travels by reference inside one process.
 *
 * @param session which opening of the lane at the notifier it belongs to; a batch of an earlier one
 *     is refused, so that a late batch never overtakes
 * @param sequence how many batches of the session were sent before it: between processes one can be
 *     lost with its connection, and those behind it must not be published then
 * @param items in the order of their offsets, at least one
 */
public record NotificationBatch(
    String topic, int partition, long session, long sequence, List<Outbound> items) {

  /** Makes the list immutable. */
  public NotificationBatch {
    items = List.copyOf(items);
  }
}
