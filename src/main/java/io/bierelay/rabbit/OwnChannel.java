package io.bierelay.rabbit;

import com.rabbitmq.client.Channel;
import io.bierelay.thread.OrderedThread;
import io.vertx.core.Future;

/**
 * A channel that stays open over several pieces of work, with a thread of its own for them: what
 * was fetched and not acknowledged stays so until the session is over.
 */
public final class OwnChannel {

  private final Channel channel;
  private final OrderedThread thread;

  OwnChannel(RabbitSession session, Channel channel, OrderedThread thread) {
    this.channel = channel;
    this.thread = thread;
    session.over().onComplete(done -> thread.close());
  }

  /** Runs work after all that was given before; may block. */
  public <T> Future<T> run(RabbitSession.ChannelWork<T> work) {
    return thread.run(() -> work.on(channel));
  }
}
