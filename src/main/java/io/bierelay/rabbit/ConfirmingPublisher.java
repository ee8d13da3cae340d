package io.bierelay.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmListener;
import io.bierelay.rabbit.Unconfirmed.Batch;
import io.bierelay.rabbit.Unconfirmed.Position;
import io.bierelay.thread.OrderedThread;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Publishes batches on one channel and tells when the broker has confirmed all of a batch.
 *
 * <p>Every message is mandatory and persistent by its properties. Batches are written in the order
 * of the calls, and never more than the window is unconfirmed. A thread of its own writes them,
 * since the broker may let it wait; but what the operating system is sure to take at once is
 * written by the caller, who would only wake that thread up. Confirms may come in any order. A
 * batch fails with {@link RefusedException} when the broker refused a message of it, and with
 * {@link RabbitSessionOverException} when the session ended: then nobody knows what of it arrived.
 */
public final class ConfirmingPublisher implements BatchPublisher {

  /** In so many portions the window is filled again while the broker has enough to do. */
  private static final int PORTIONS = 8;

  private final RabbitSession session;
  private final Channel channel;
  private final OrderedThread thread;
  private final int window;

  /** How much room the writer waits for, so that it writes much at once and is woken seldom. */
  private final int portion;

  private final boolean inOnePiece;
  private final OutgoingFrames frames;

  /** Guards everything below and what is in it: used by three threads, never held for long. */
  private final Object lock = new Object();

  private final Unconfirmed unconfirmed = new Unconfirmed();

  /** All that have no result yet, also those that are still to be written. */
  private final Set<Batch> open = new HashSet<>();

  private boolean over;

  /**
   * What the broker will call the next message: it counts from 1 on, from the moment when the
   * channel confirms.
   */
  private long nextTag = 1;

  /** Batches that the thread has still to write, or is writing: nothing may overtake them. */
  private int waiting;

  /** The room that the writer waits for at this moment; 0 if it does not wait. */
  private int awaited;

  /**
   * @param channel one that confirms since this moment, and that nothing else publishes on
   * @param window how many messages may be unconfirmed; whoever writes more waits
   * @param frames the connection's, which sends what is written at once in one call
   * @param inOnePiece whether a batch waits until all of it may be written, and is then sent in one
   *     call as far as the socket allows
   */
  ConfirmingPublisher(
      RabbitSession session,
      Channel channel,
      OrderedThread thread,
      int window,
      OutgoingFrames frames,
      boolean inOnePiece) {
    this.session = session;
    this.channel = channel;
    this.thread = thread;
    this.window = window;
    this.portion = Math.max(1, window / PORTIONS);
    this.frames = frames;
    this.inOnePiece = inOnePiece;
    channel.addConfirmListener(new Confirms());
    // A return always comes before the confirm of the same message, on the same thread.
    channel.addReturnListener(returned -> noteReturned(returned.getProperties().getMessageId()));
    session.over().onComplete(done -> failAll());
  }

  @Override
  public Future<BitSet> publish(List<OutboundMessage> messages, Detour detour) {
    if (messages.isEmpty()) {
      return Future.succeededFuture(new BitSet());
    }
    Batch batch = new Batch(List.copyOf(messages), null, detour);
    return submit(batch) ? batch.promise.future() : Future.failedFuture(session.overNow());
  }

  /** Tells which messages of a batch no queue took. */
  public static UnroutableException unroutable(List<OutboundMessage> messages, BitSet returned) {
    Set<String> ids =
        returned.stream()
            .mapToObj(i -> messages.get(i).properties().getMessageId())
            .collect(Collectors.toSet());
    return new UnroutableException(messages.get(returned.nextSetBit(0)).exchange(), ids);
  }

  @Override
  public long oldestPendingMs() {
    synchronized (lock) {
      Batch oldest = unconfirmed.oldest();
      return oldest == null ? 0 : (System.nanoTime() - oldest.sentNanos) / 1_000_000;
    }
  }

  @Override
  public int unconfirmed() {
    synchronized (lock) {
      return unconfirmed.size();
    }
  }

  private boolean submit(Batch batch) {
    boolean now;
    synchronized (lock) {
      if (over) {
        return false;
      }
      open.add(batch);
      // Who holds the connection's turn from here on writes before the thread can: tags are given
      // in the order in which the messages leave.
      now =
          waiting == 0
              && session.isOpen()
              && unconfirmed.size() + batch.messages.size() <= window
              && frames.canTake(batch.bytes)
              && frames.tryHold(channel);
      if (now) {
        take(batch);
        unconfirmed.written(batch.messages.size());
      } else {
        waiting++;
      }
    }
    if (now) {
      writeHeld(batch.messages);
    } else {
      thread.start(() -> writeInTurn(batch), this::failed);
    }
    return true;
  }

  /** It has the next tags, which are known before the first confirm can arrive. */
  private void take(Batch batch) {
    unconfirmed.add(batch, nextTag, System.nanoTime());
    nextTag += batch.messages.size();
    frames.published(batch.bytes);
  }

  private void writeHeld(List<OutboundMessage> messages) {
    try {
      writeAndRelease(messages);
    } catch (IOException | RuntimeException e) {
      failed(e);
    }
  }

  private void failed(Throwable e) {
    session.end(RabbitFailure.describe(e));
  }

  private void writeInTurn(Batch batch) throws Exception {
    try {
      write(batch);
    } finally {
      synchronized (lock) {
        waiting--;
      }
    }
  }

  private void write(Batch batch) throws Exception {
    synchronized (lock) {
      if (over || !session.isOpen()) {
        return; // It fails with all others that are open.
      }
      take(batch);
    }
    int next = 0;
    while (next < batch.messages.size()) {
      int upTo = next + awaitRoom(batch.messages.size() - next);
      if (upTo == next) {
        return; // The session ended meanwhile.
      }
      frames.hold(channel);
      writeAndRelease(batch.messages.subList(next, upTo));
      next = upTo;
    }
  }

  private void writeAndRelease(List<OutboundMessage> messages) throws IOException {
    try {
      int frameMax = channel.getConnection().getFrameMax();
      for (OutboundMessage message : messages) {
        frames.publish(channel.getChannelNumber(), message, frameMax);
      }
    } finally {
      frames.release();
    }
  }

  /** Waits until the window has room; returns how many messages may be written, 0 if it is over. */
  private int awaitRoom(int wanted) throws InterruptedException {
    synchronized (lock) {
      awaited = Math.min(wanted, inOnePiece ? window : portion);
      while (!over && session.isOpen() && unconfirmed.size() + awaited > window) {
        lock.wait(1_000); // Woken by confirms and by the end; the bound is against a lost wake-up.
      }
      awaited = 0;
      if (over || !session.isOpen()) {
        return 0;
      }
      int room = Math.min(wanted, window - unconfirmed.size());
      unconfirmed.written(room);
      return room;
    }
  }

  private void noteReturned(@Nullable String messageId) {
    Position position;
    synchronized (lock) {
      position = unconfirmed.returned(messageId);
      if (position == null) {
        return;
      }
      // Until the detour is decided, the batch must not complete over the confirm that comes next.
      position.batch().detours++;
    }
    session.context().runOnContext(v -> takeDetour(position));
  }

  private void takeDetour(Position position) {
    Batch batch = position.batch();
    OutboundMessage instead = batch.detour == null ? null : batch.detour.around(position.message());
    if (instead == null) {
      endDetour(batch);
    } else {
      submit(new Batch(List.of(instead), batch, null));
    }
  }

  private void endDetour(Batch batch) {
    synchronized (lock) {
      batch.detours--;
      if (!batch.isDone() || !open.remove(batch)) {
        return;
      }
    }
    complete(batch);
  }

  private void settle(long tag, boolean multiple, boolean refused) {
    synchronized (lock) {
      for (Batch batch : unconfirmed.settle(tag, multiple, refused)) {
        frames.confirmed(batch.bytes);
        if (batch.isDone() && open.remove(batch)) {
          // On the owner's context, never on the connection's thread, nor under the lock.
          session.context().runOnContext(v -> complete(batch));
        }
      }
      if (awaited > 0 && unconfirmed.size() + awaited <= window) {
        lock.notifyAll();
      }
    }
  }

  private void complete(Batch batch) {
    Batch origin = batch.detourOf;
    if (origin != null) {
      if (!batch.returned.isEmpty()) {
        // What was declared when the session began is gone: the next one declares it again.
        session.end("no queue is bound to exchange '%s'".formatted(batch.firstExchange()));
      } else {
        origin.refused += batch.refused;
        endDetour(origin);
      }
    } else if (batch.refused > 0) {
      batch.promise.tryFail(new RefusedException(batch.firstExchange(), batch.refused));
    } else {
      batch.promise.tryComplete(batch.returned);
    }
  }

  private void failAll() {
    List<Batch> lost;
    synchronized (lock) {
      over = true;
      lost = List.copyOf(open);
      open.clear();
      unconfirmed.clear();
      lock.notifyAll();
    }
    RabbitSessionOverException reason = session.overNow();
    lost.forEach(batch -> batch.promise.tryFail(reason));
    thread.close();
  }

  private final class Confirms implements ConfirmListener {
    @Override
    public void handleAck(long tag, boolean multiple) {
      settle(tag, multiple, false);
    }

    @Override
    public void handleNack(long tag, boolean multiple) {
      settle(tag, multiple, true);
    }
  }
}
