package io.bierelay.rabbit;

import com.rabbitmq.client.Channel;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;

/**
 * A channel that stays open over several pieces of work, with a thread of its own for them: what
 * was fetched and not acknowledged stays so until the session is over.
 */
public final class OwnChannel {

  private final Channel channel;
  private final WorkerExecutor thread;

  OwnChannel(RabbitSession session, Channel channel, WorkerExecutor thread) {
    this.channel = channel;
    this.thread = thread;
    session.over().onComplete(done -> RabbitSession.closeBehindItsTasks(thread));
  }

  /** Runs work after all that was given before; may block. */
  public <T> Future<T> run(RabbitSession.ChannelWork<T> work) {
    return thread.executeBlocking(() -> work.on(channel), true);
  }
}
