package io.bierelay.notify;

import io.bierelay.event.BatchReply;
import io.bierelay.event.LaneBus;
import io.bierelay.event.Outbound;
import io.bierelay.event.PoisonPolicy;
import io.bierelay.metrics.Meters;
import io.bierelay.notify.MessageWriter.Written;
import io.bierelay.notify.NotifySettings.Unroutable;
import io.bierelay.rabbit.BatchPublisher;
import io.bierelay.rabbit.BatchPublisher.Detour;
import io.bierelay.rabbit.ConfirmingPublisher;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.OutboundMessage;
import io.bierelay.rabbit.ParkedEvents;
import io.bierelay.rabbit.RabbitFailure;
import io.bierelay.rabbit.RefusedException;
import io.bierelay.rabbit.UnroutableException;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes one batch and tells what became of each of its items: what the policies for the
 * unroutable and for poison say, is done here.
 */
final class BatchDelivery {

  private static final Logger LOG = LoggerFactory.getLogger(BatchDelivery.class);

  private final MessageWriter writer;
  private final Unroutable unroutable;
  private final PoisonPolicy poison;
  private final MeterRegistry meters = Meters.registry();

  /**
   * The broker does not tell its limit before it is passed, and then ends the channel over it. Once
   * learnt it is kept for as long as the process lives.
   */
  private long maxBytes = Long.MAX_VALUE;

  BatchDelivery(MessageWriter writer, Settings settings) {
    this.writer = writer;
    this.unroutable = settings.get(NotifySettings.UNROUTABLE);
    this.poison = settings.get(PoisonPolicy.SETTING);
  }

  /** A batch that holds what can never be published, while the policy is to wait for a person. */
  static final class PoisonHeldException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PoisonHeldException(String message) {
      super(message, null, false, false);
    }
  }

  /** Takes note of why a session ended: it may have told the broker's limit. */
  void sessionEnded(String reason) {
    RabbitFailure.messageSizeLimit(reason)
        .ifPresent(
            limit -> {
              maxBytes = limit;
              LOG.warn(
                  "RabbitMQ takes no message above {} bytes (max_message_size): larger ones are"
                      + " poison from now on",
                  limit);
            });
  }

  /** Publishes; completes when every item is done with. */
  Future<BatchReply> deliver(BatchPublisher publisher, List<Outbound> items) {
    return deliver(publisher, items, null, () -> {});
  }

  /**
   * Publishes, and a note behind the messages, in one batch.
   *
   * @param note null for none
   * @param noteLost told if no queue took the note
   */
  Future<BatchReply> deliver(
      BatchPublisher publisher,
      List<Outbound> items,
      @Nullable OutboundMessage note,
      Runnable noteLost) {
    Written written = writer.write(items, maxBytes);
    Future<BatchReply> delivered = deliver(publisher, items, written, note, noteLost);
    return written.spans().isEmpty()
        ? delivered
        : delivered.onComplete(done -> written.settled(done.cause()));
  }

  private Future<BatchReply> deliver(
      BatchPublisher publisher,
      List<Outbound> items,
      Written written,
      @Nullable OutboundMessage note,
      Runnable noteLost) {
    if (poison == PoisonPolicy.HOLD && !written.oversized().isEmpty()) {
      Outbound first = items.get(written.oversized().nextSetBit(0));
      return Future.failedFuture(
          new PoisonHeldException(
              ("the notification of %s has %d bytes, RabbitMQ takes at most %d: raise its"
                      + " max_message_size and restart this service, or set %s to quarantine")
                  .formatted(first.origin(), first.size(), maxBytes, PoisonPolicy.SETTING.key())));
    }
    Detour detour = unroutable == Unroutable.PARK ? this::park : returned -> null;
    List<OutboundMessage> messages = written.messages();
    if (note == null || messages.isEmpty()) {
      return publisher.publish(messages, detour).compose(returned -> reply(written, returned));
    }
    List<OutboundMessage> noted = new ArrayList<>(messages);
    noted.add(note);
    return publisher
        .publish(noted, detour)
        .compose(returned -> reply(written, withoutNote(returned, messages.size(), noteLost)));
  }

  private static BitSet withoutNote(BitSet returned, int note, Runnable noteLost) {
    if (returned.get(note)) {
      noteLost.run();
    }
    return returned.get(0, note);
  }

  /** Neither a dead letter nor a ledger's note takes a detour: without its queue it waits. */
  private @Nullable OutboundMessage park(OutboundMessage returned) {
    return isDeadLetter(returned) || returned.exchange().isEmpty()
        ? null
        : ParkedEvents.message(returned);
  }

  private Future<BatchReply> reply(Written written, BitSet returned) {
    if (returned.isEmpty() && written.oversized().isEmpty()) {
      return Future.succeededFuture(BatchReply.allConfirmed());
    }
    BitSet gone = new BitSet();
    for (int i = returned.nextSetBit(0); i >= 0; i = returned.nextSetBit(i + 1)) {
      OutboundMessage message = written.messages().get(i);
      NotifyMetrics.UNROUTABLE.counter(meters, message.exchange()).increment();
      if (isDeadLetter(message)) {
        BitSet letter = new BitSet();
        letter.set(i);
        return Future.failedFuture(ConfirmingPublisher.unroutable(written.messages(), letter));
      }
      if (unroutable == Unroutable.HOLD) {
        return Future.failedFuture(ConfirmingPublisher.unroutable(written.messages(), returned));
      }
      gone.set(written.items()[i]);
    }
    BitSet none = new BitSet();
    return Future.succeededFuture(
        unroutable == Unroutable.PARK
            ? new BatchReply(gone, none, written.oversized())
            : new BatchReply(none, gone, written.oversized()));
  }

  private static boolean isDeadLetter(OutboundMessage message) {
    return message.exchange().equals(DeadLetters.NAME);
  }

  /** The code that a lane is answered with. */
  static int codeOf(Throwable e) {
    if (e instanceof UnroutableException) {
      return LaneBus.UNROUTABLE;
    }
    if (e instanceof RefusedException) {
      return LaneBus.REFUSED;
    }
    return e instanceof PoisonHeldException ? LaneBus.POISON_HELD : LaneBus.TRANSIENT;
  }
}
