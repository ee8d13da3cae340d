package io.bierelay.guarantee;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Carries bytes from one socket to the other, in order, never holding more than a bound: a slow
 * receiver slows the sender. Lives on one event loop.
 */
final class ProxyPipe {

  private static final int MAX_HELD = 256 << 10;

  private final Vertx vertx;
  private final NetSocket from;
  private final NetSocket to;

  /** Until their time has come. */
  private final Deque<Buffer> waiting = new ArrayDeque<>();

  /** Until the receiver takes them. */
  private final Deque<Buffer> held = new ArrayDeque<>();

  private long heldBytes;
  private long delayMs;
  private boolean stalled;
  private boolean finished;
  private boolean over;

  ProxyPipe(Vertx vertx, NetSocket from, NetSocket to) {
    this.vertx = vertx;
    this.from = from;
    this.to = to;
  }

  void start() {
    from.handler(this::received);
    to.drainHandler(v -> proceed());
    proceed();
  }

  void stall(boolean on) {
    stalled = on;
    proceed();
  }

  void delay(long millis) {
    delayMs = millis;
  }

  /** The receiver is told that nothing more comes; it can still send. */
  void halfClose() {
    Channel channel = ProxyLink.channel(to);
    if (channel instanceof DuplexChannel duplex) {
      var unused = duplex.shutdownOutput();
    }
    over = true;
  }

  /** What is held still goes out, and then the receiver's connection is closed. */
  void finish() {
    finished = true;
    proceed();
  }

  void drop() {
    over = true;
    held.clear();
    heldBytes = 0;
  }

  private void received(Buffer buffer) {
    if (over) {
      return;
    }
    heldBytes += buffer.length();
    if (delayMs > 0) {
      // Whichever timer fires, the oldest goes first: so the order holds when the delay changes.
      vertx.setTimer(delayMs, timer -> release());
      waiting.add(buffer);
    } else if (waiting.isEmpty()) {
      held.add(buffer);
    } else {
      // Behind what is delayed.
      vertx.setTimer(1, timer -> release());
      waiting.add(buffer);
    }
    proceed();
  }

  private void release() {
    Buffer oldest = waiting.poll();
    if (oldest != null && !over) {
      held.add(oldest);
      proceed();
    }
  }

  private void proceed() {
    while (!stalled && !over && !held.isEmpty() && !to.writeQueueFull()) {
      Buffer next = held.remove();
      heldBytes -= next.length();
      to.write(next);
    }
    if (finished && !over && held.isEmpty() && waiting.isEmpty()) {
      over = true;
      to.close();
    }
    if (stalled || heldBytes >= MAX_HELD) {
      from.pause();
    } else {
      from.resume();
    }
  }
}
