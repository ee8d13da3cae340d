package io.bierelay.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmListener;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.WorkerExecutor;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Publishes batches on one channel and tells when the broker has confirmed all of a batch.
 *
 * <p>Every message is mandatory and persistent by its properties. Batches are written in the order
 * of the calls, by one thread; their confirms may come in any order. A batch fails with {@link
 * UnroutableException} when a message had no queue, with {@link RabbitSessionOverException} when
 * the session ended, when the broker refused a message, or when a confirm is overdue. In the last
 * two cases the session ends as well: what was sent after the refused message must not be taken as
 * delivered in order.
 */
public final class ConfirmingPublisher {

  private final RabbitSession session;
  private final Channel channel;
  private final WorkerExecutor thread;

  /** Guards everything below and what is in it: used by three threads, never held for long. */
  private final Object lock = new Object();

  /** Written, in the order of their tags; waiting for confirms. */
  private final Deque<Pending> pending = new ArrayDeque<>();

  /** All that have no result yet, also those that are still to be written. */
  private final Set<Pending> open = new HashSet<>();

  private boolean over;

  ConfirmingPublisher(RabbitSession session, Channel channel, WorkerExecutor thread) {
    this.session = session;
    this.channel = channel;
    this.thread = thread;
    channel.addConfirmListener(new Confirms());
    // A return always comes before the confirm of the same message, on the same thread.
    channel.addReturnListener(returned -> noteReturned(returned.getProperties().getMessageId()));
    session.over().onComplete(done -> failAll());
  }

  private static final class Pending {
    final List<OutboundMessage> messages;
    final Promise<Void> promise = Promise.promise();
    final BitSet confirmed;
    final Set<String> returned = new HashSet<>();
    long firstTag = Long.MAX_VALUE;
    long sentNanos;
    int remaining;

    Pending(List<OutboundMessage> messages) {
      this.messages = messages;
      this.confirmed = new BitSet(messages.size());
      this.remaining = messages.size();
    }

    long lastTag() {
      return firstTag + messages.size() - 1;
    }
  }

  /** Publishes in order; completes when all are confirmed and none was returned. */
  public Future<Void> publish(List<OutboundMessage> messages) {
    if (messages.isEmpty()) {
      return Future.succeededFuture();
    }
    Pending batch = new Pending(List.copyOf(messages));
    synchronized (lock) {
      if (over) {
        return Future.failedFuture(overNow());
      }
      open.add(batch);
    }
    thread
        .<Void>executeBlocking(
            () -> {
              write(batch);
              return null;
            },
            true)
        .onFailure(e -> session.end(RabbitFailure.describe(e)));
    return batch.promise.future();
  }

  /**
   * How long the oldest batch has been waiting for its confirms, in milliseconds; 0 if none is.
   * While the broker blocks publishers this grows although nothing is wrong.
   */
  public long oldestPendingMs() {
    synchronized (lock) {
      Pending oldest = pending.peekFirst();
      return oldest == null ? 0 : (System.nanoTime() - oldest.sentNanos) / 1_000_000;
    }
  }

  /** How many messages are written and not yet confirmed. */
  public int unconfirmed() {
    synchronized (lock) {
      return pending.stream().mapToInt(batch -> batch.remaining).sum();
    }
  }

  private void write(Pending batch) throws Exception {
    synchronized (lock) {
      if (over || !session.isOpen()) {
        return; // It fails with all others that are open.
      }
      // Only this thread publishes on the channel, so the tags of a batch are consecutive, and they
      // are known before the first confirm can arrive.
      batch.firstTag = channel.getNextPublishSeqNo();
      batch.sentNanos = System.nanoTime();
      pending.addLast(batch);
    }
    for (OutboundMessage message : batch.messages) {
      channel.basicPublish(
          message.exchange(), message.routingKey(), true, message.properties(), message.body());
    }
  }

  private void noteReturned(String messageId) {
    synchronized (lock) {
      for (Pending batch : pending) {
        for (OutboundMessage message : batch.messages) {
          if (messageId.equals(message.properties().getMessageId())) {
            batch.returned.add(messageId);
          }
        }
      }
    }
  }

  private void confirm(long tag, boolean multiple) {
    synchronized (lock) {
      Iterator<Pending> batches = pending.iterator();
      while (batches.hasNext()) {
        Pending batch = batches.next();
        if (batch.firstTag > tag) {
          break;
        }
        if (multiple) {
          int upTo = (int) Math.min(tag - batch.firstTag + 1, batch.messages.size());
          batch.confirmed.set(0, upTo);
        } else if (tag <= batch.lastTag()) {
          batch.confirmed.set((int) (tag - batch.firstTag));
        }
        batch.remaining = batch.messages.size() - batch.confirmed.cardinality();
        if (batch.remaining == 0) {
          batches.remove();
          open.remove(batch);
          complete(batch);
        }
      }
    }
  }

  /**
   * Completion runs on the owner's context, never on the connection's thread, nor under the lock.
   */
  private void complete(Pending batch) {
    session
        .context()
        .runOnContext(
            v -> {
              if (batch.returned.isEmpty()) {
                batch.promise.tryComplete();
              } else {
                batch.promise.tryFail(
                    new UnroutableException(batch.messages.get(0).exchange(), batch.returned));
              }
            });
  }

  private void failAll() {
    List<Pending> lost;
    synchronized (lock) {
      over = true;
      lost = List.copyOf(open);
      open.clear();
      pending.clear();
    }
    RabbitSessionOverException reason = overNow();
    lost.forEach(batch -> batch.promise.tryFail(reason));
    RabbitSession.closeBehindItsTasks(thread);
  }

  private RabbitSessionOverException overNow() {
    return session.over().cause() instanceof RabbitSessionOverException over
        ? over
        : new RabbitSessionOverException("the session was closed");
  }

  private final class Confirms implements ConfirmListener {
    @Override
    public void handleAck(long tag, boolean multiple) {
      confirm(tag, multiple);
    }

    @Override
    public void handleNack(long tag, boolean multiple) {
      session.end("RabbitMQ refused a message (basic.nack); a queue may be full or failing");
    }
  }
}
