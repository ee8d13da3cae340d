package io.bierelay.ingest;

import io.vertx.core.Context;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Gives what the polling thread has fetched to the lanes on their event loop, while the next poll
 * is under way already.
 *
 * <p>One handover at a time: before the lanes have taken one and said which partitions are full,
 * the next waits here. So at most two polls are ahead of them.
 */
final class Handover {

  /** How often it looks whether it is over, in milliseconds. */
  private static final long LOOK_MS = 250;

  private final Context context;
  private final Consumer<ConsumerRecords<byte[], byte[]>> lanes;
  private final Semaphore free = new Semaphore(1);
  private volatile boolean over;

  /**
   * @param context the lanes'
   * @param lanes given one poll's records at a time, on the context
   */
  Handover(Context context, Consumer<ConsumerRecords<byte[], byte[]>> lanes) {
    this.context = context;
    this.lanes = lanes;
  }

  /**
   * Waits until the last ones were taken. Polling thread: what it has told the context before comes
   * before these records.
   *
   * @return whether they will be taken; not after {@link #end} if the lanes stand still
   * @throws InterruptException if the thread is told to end meanwhile
   */
  boolean give(ConsumerRecords<byte[], byte[]> records) {
    try {
      while (!free.tryAcquire(LOOK_MS, TimeUnit.MILLISECONDS)) {
        if (over) {
          return false;
        }
      }
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    context.runOnContext(
        v -> {
          try {
            lanes.accept(records);
          } finally {
            free.release();
          }
        });
    return true;
  }

  /** Nobody takes anything any more: whoever waits goes on. Any thread. */
  void end() {
    over = true;
  }

  /** Whether it has ended. */
  boolean isOver() {
    return over;
  }
}
