package io.bierelay.bench.relay;

import com.rabbitmq.client.ConfirmListener;
import java.util.BitSet;

/** The confirms of one channel: how many are missing, and up to which message none is. */
public final class Confirmed implements ConfirmListener {

  /** Far more than the window: what is confirmed out of turn is noted in a ring. */
  private static final int RING = 1 << 17;

  private final int window;
  private final BitSet ring = new BitSet(RING);
  private long written;
  private long settled;
  private long head;

  /** At most so many are unconfirmed. */
  public Confirmed(int window) {
    this.window = window;
  }

  /** Waits until one more may be written, and counts it. */
  public synchronized void awaitRoom() throws InterruptedException {
    while (written - settled >= window || written - head >= RING - 1) {
      wait();
    }
    written++;
  }

  /** How many were written. */
  public synchronized long written() {
    return written;
  }

  /** So many, from the first on, are confirmed without a gap. */
  public synchronized long head() {
    return head;
  }

  /** Waits until the first so many are confirmed. */
  public synchronized void awaitHead(long upTo) throws InterruptedException {
    while (head < upTo) {
      wait();
    }
  }

  @Override
  public synchronized void handleAck(long tag, boolean multiple) {
    if (multiple) {
      for (long one = head + 1; one <= tag; one++) {
        settle(one);
      }
    } else {
      settle(tag);
    }
    while (ring.get((int) ((head + 1) % RING))) {
      head++;
      ring.clear((int) (head % RING));
    }
    notifyAll();
  }

  private void settle(long tag) {
    int at = (int) (tag % RING);
    if (tag > head && !ring.get(at)) {
      ring.set(at);
      settled++;
    }
  }

  @Override
  public void handleNack(long tag, boolean multiple) {
    throw new IllegalStateException("RabbitMQ refused message " + tag);
  }
}
