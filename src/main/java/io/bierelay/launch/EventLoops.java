package io.bierelay.launch;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.List;

/**
 * Chooses the event loops of verticles, which Vert.x takes in turns.
 *
 * <p>What goes from one verticle to another on the same event loop wakes no thread up. At a low
 * rate that is most of what an event costs, and of the time that it takes.
 */
final class EventLoops {

  private EventLoops() {}

  /**
   * Lets the next verticle begin with a loop, its further instances with those behind it. Whoever
   * takes a loop at the same moment, a client's connection for example, shifts that: slower, and no
   * more than that.
   *
   * @param index counted from 0; beyond the last it begins again
   */
  static void beginAt(Vertx vertx, int index) {
    // A thread that is none of Vert.x's takes a loop with its first call: it must not be the next.
    vertx.getOrCreateContext();
    EventLoopGroup group = ((VertxInternal) vertx).nettyEventLoopGroup();
    List<EventExecutor> loops = new ArrayList<>();
    group.forEach(loops::add);
    EventExecutor before = loops.get(Math.floorMod(index - 1, loops.size()));
    for (int i = 0; i < loops.size(); i++) {
      if (group.next() == before) {
        return;
      }
    }
  }
}
