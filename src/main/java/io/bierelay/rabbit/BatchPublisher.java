package io.bierelay.rabbit;

import io.vertx.core.Future;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes batches on one channel, in the order of the calls, and tells when the broker has taken
 * responsibility for all of a batch. Any thread may call it; futures complete on the context of the
 * session.
 *
 * <p>A batch fails with {@link RefusedException} when the broker refused a message of it, and when
 * the session ended: then nobody knows what of it arrived.
 */
public interface BatchPublisher {

  /** Where a message goes instead when its exchange has no queue for it. */
  @FunctionalInterface
  interface Detour {

    /**
     * Called on the context of the session.
     *
     * @return published and confirmed before the batch completes; null to publish nothing instead
     */
    @Nullable OutboundMessage around(OutboundMessage returned);
  }

  /**
   * Publishes in order; completes when the broker has confirmed all, and with them what was sent
   * instead of those that no queue took.
   *
   * @return the indexes of the messages that no queue took
   */
  Future<BitSet> publish(List<OutboundMessage> messages, Detour detour);

  /**
   * Publishes in order; completes when the broker has confirmed all.
   *
   * @return fails also with {@link UnroutableException} if no queue took some of them
   */
  default Future<Void> publish(List<OutboundMessage> messages) {
    return publish(messages, returned -> null)
        .compose(
            returned ->
                returned.isEmpty()
                    ? Future.succeededFuture()
                    : Future.failedFuture(ConfirmingPublisher.unroutable(messages, returned)));
  }

  /**
   * How long the oldest batch has been waiting for the broker, in milliseconds; 0 if none is. While
   * the broker blocks publishers this grows although nothing is wrong.
   */
  long oldestPendingMs();

  /** How many messages are written and not yet confirmed. */
  int unconfirmed();
}
