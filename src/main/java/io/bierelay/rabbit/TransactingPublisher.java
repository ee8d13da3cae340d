package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Command;
import com.rabbitmq.client.DefaultConsumer;
import io.bierelay.thread.OrderedThread;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes each batch as one AMQP transaction on a channel of its own: whatever becomes of process
 * and connection, the broker routes all of a batch or nothing of it.
 *
 * <p>With confirms that can't be had. The broker hands each message to the channel's process by
 * itself, and the end of a connection overtakes those that still wait there ({@code gen_server2},
 * {@code rabbit_channel} of RabbitMQ 3.10): a batch is cut off between any two of its messages,
 * even if all of it was received. A commit is one step of that process.
 *
 * <p>The channel also consumes a queue, which gets no messages, as its only consumer. The lock that
 * a connection has is gone when the connection is, while its channels may have a step to finish;
 * this <em>turn</em> is gone only with the channel itself.
 *
 * <p>One transaction at a time. When the broker refuses one, it closes the channel over it; the
 * next batch opens another.
 */
public final class TransactingPublisher implements BatchPublisher {

  private static final Map<String, Object> ARGUMENTS = Map.of("x-queue-type", "classic");

  private final RabbitSession session;
  private final OrderedThread thread;
  private final String turn;
  private final OutgoingFrames frames;

  /** Used by the thread only. */
  private @Nullable Channel channel;

  /** Guards what is below: used by three threads, never held for long. */
  private final Object lock = new Object();

  private final Set<Promise<BitSet>> open = new HashSet<>();
  private List<OutboundMessage> underWay = List.of();
  private BitSet returned = new BitSet();
  private long sentNanos;
  private boolean over;

  TransactingPublisher(
      RabbitSession session, OrderedThread thread, String turn, OutgoingFrames frames) {
    this.session = session;
    this.thread = thread;
    this.turn = turn;
    this.frames = frames;
    session.over().onComplete(done -> failAll());
  }

  /**
   * Opens the channel and takes the turn. By the thread.
   *
   * @throws IOException as {@link RabbitFailure#isInUse} tells while another channel has the turn
   */
  TransactingPublisher begun() throws IOException {
    channel = newChannel();
    return this;
  }

  @Override
  public Future<BitSet> publish(List<OutboundMessage> messages, Detour detour) {
    if (messages.isEmpty()) {
      return Future.succeededFuture(new BitSet());
    }
    Promise<BitSet> done = Promise.promise();
    synchronized (lock) {
      if (over) {
        return Future.failedFuture(session.overNow());
      }
      open.add(done);
    }
    commitInTurn(messages)
        .compose(missed -> around(messages, missed, detour))
        .onComplete(
            result -> {
              synchronized (lock) {
                open.remove(done);
              }
              if (result.succeeded()) {
                done.tryComplete(result.result());
              } else {
                done.tryFail(result.cause());
              }
            });
    return done.future();
  }

  /** Gives up channel and turn, after all that was given before. Does not fail. */
  public Future<Void> end() {
    Future<Void> ended =
        thread.run(
            () -> {
              Channel last = channel;
              channel = null;
              if (last != null && last.isOpen()) {
                last.close();
              }
              return null;
            });
    thread.close();
    return ended.otherwiseEmpty();
  }

  @Override
  public long oldestPendingMs() {
    synchronized (lock) {
      return underWay.isEmpty() ? 0 : (System.nanoTime() - sentNanos) / 1_000_000;
    }
  }

  @Override
  public int unconfirmed() {
    synchronized (lock) {
      return underWay.size();
    }
  }

  private Future<BitSet> commitInTurn(List<OutboundMessage> messages) {
    return thread
        .run(() -> commit(messages))
        .onFailure(
            e -> {
              if (!(e instanceof RefusedException)) {
                session.end(RabbitFailure.describe(e));
              }
            });
  }

  /** What no queue took goes elsewhere, in a transaction of its own. */
  private Future<BitSet> around(List<OutboundMessage> messages, BitSet missed, Detour detour) {
    List<OutboundMessage> instead = new ArrayList<>();
    missed.stream()
        .mapToObj(i -> detour.around(messages.get(i)))
        .filter(Objects::nonNull)
        .forEach(instead::add);
    return instead.isEmpty()
        ? Future.succeededFuture(missed)
        : commitInTurn(instead)
            .compose(
                lost -> {
                  if (lost.isEmpty()) {
                    return Future.succeededFuture(missed);
                  }
                  // What was declared when the session began is gone: the next declares it again.
                  String exchange = instead.get(lost.nextSetBit(0)).exchange();
                  session.end("no queue is bound to exchange '%s'".formatted(exchange));
                  return Future.failedFuture(ConfirmingPublisher.unroutable(instead, lost));
                });
  }

  /** Waits for as long as it takes: an alarm of the broker may last. The session's end ends it. */
  private BitSet commit(List<OutboundMessage> messages) throws Exception {
    if (!session.isOpen()) {
      throw session.overNow();
    }
    Channel current = channel;
    if (current == null || !current.isOpen()) {
      current = newChannel();
      channel = current;
    }
    BitSet missed = new BitSet();
    synchronized (lock) {
      underWay = messages;
      returned = missed;
      sentNanos = System.nanoTime();
    }
    // Whoever writes on an event loop must know of these as well.
    frames.published(OutboundMessage.bytes(messages));
    try {
      write(current, messages).get();
    } catch (ExecutionException e) {
      if (e.getCause() != null && RabbitFailure.isRolledBack(e.getCause())) {
        throw new RefusedException(messages.get(0).exchange(), messages.size());
      }
      throw e;
    } finally {
      frames.confirmed(OutboundMessage.bytes(messages));
      synchronized (lock) {
        underWay = List.of();
      }
    }
    return missed;
  }

  private CompletableFuture<Command> write(Channel to, List<OutboundMessage> messages)
      throws IOException {
    int frameMax = to.getConnection().getFrameMax();
    frames.hold(to);
    try {
      for (OutboundMessage message : messages) {
        frames.publish(to.getChannelNumber(), message, frameMax);
      }
      return to.asyncCompletableRpc(new AMQP.Tx.Commit.Builder().build());
    } finally {
      frames.release();
    }
  }

  private Channel newChannel() throws IOException {
    Channel opened = session.newChannel();
    opened.txSelect();
    opened.queueDeclare(turn, true, false, true, ARGUMENTS);
    opened.basicConsume(turn, true, "", false, true, null, new DefaultConsumer(opened));
    // The broker returns all that it can't route before it says that the commit is done.
    opened.addReturnListener(message -> noteReturned(message.getProperties().getMessageId()));
    opened.addShutdownListener(
        cause -> {
          if (!cause.isInitiatedByApplication() && !RabbitFailure.isRolledBack(cause)) {
            session.end(RabbitFailure.describe(cause));
          }
        });
    return opened;
  }

  private void noteReturned(@Nullable String messageId) {
    synchronized (lock) {
      for (int i = 0; i < underWay.size(); i++) {
        String id = underWay.get(i).properties().getMessageId();
        if (id != null && id.equals(messageId) && !returned.get(i)) {
          returned.set(i);
          return;
        }
      }
    }
  }

  private void failAll() {
    List<Promise<BitSet>> lost;
    synchronized (lock) {
      over = true;
      lost = List.copyOf(open);
      open.clear();
    }
    RabbitSessionOverException reason = session.overNow();
    lost.forEach(done -> done.tryFail(reason));
    thread.close();
  }
}
