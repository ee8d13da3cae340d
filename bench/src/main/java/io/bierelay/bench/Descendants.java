package io.bierelay.bench;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Sees to it that whoever ends a benchmark early ends its servers and candidates with it. */
public final class Descendants {

  private static final long TIDY_MILLIS = 60_000;
  private static final Queue<Runnable> DETACHED = new ConcurrentLinkedQueue<>();

  private Descendants() {}

  /**
   * To be called first by a benchmark's main thread. On SIGTERM and SIGINT that thread is
   * interrupted, so that it closes what it has opened and removes its files; what is still there
   * after a minute is killed.
   */
  public static void endWithThisProcess() {
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(main), "end"));
  }

  /**
   * For a server that detaches itself, as PostgreSQL does, and is no descendant then.
   *
   * @param stop may be called although it has been stopped
   */
  public static void atLast(Runnable stop) {
    DETACHED.add(stop);
  }

  private static void end(Thread main) {
    List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
    try {
      // At the end of main there is nobody left to wait for: all are closed by then.
      if (!all.isEmpty()) {
        System.out.println("ended from outside: stopping " + all.size() + " processes");
        main.interrupt();
        main.join(TIDY_MILLIS);
        DETACHED.forEach(Runnable::run);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      all.forEach(ProcessHandle::destroyForcibly);
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    }
  }
}
