package io.bierelay.rabbit;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Runs what the client wants of its consumers on the thread that asks: the connection's own.
 *
 * <p>The client would hand each delivery to a pool, so that a consumer may take its time. Ours only
 * put a delivery into a queue, and handing it over costs more than that. Whatever is called here
 * must not block, or the connection reads nothing meanwhile.
 */
final class CallingThread extends AbstractExecutorService {

  private volatile boolean ended;

  @Override
  public void execute(Runnable work) {
    work.run();
  }

  @Override
  public void shutdown() {
    ended = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    ended = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return ended;
  }

  @Override
  public boolean isTerminated() {
    return ended;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return ended;
  }
}
