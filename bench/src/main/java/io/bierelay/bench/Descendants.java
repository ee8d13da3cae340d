package io.bierelay.bench;

import java.util.List;

/** Sees to it that whoever ends a benchmark early ends its servers and candidates with it. */
public final class Descendants {

  private static final long TIDY_MILLIS = 40_000;

  private Descendants() {}

  /**
   * To be called first by a benchmark's main thread. On SIGTERM and SIGINT that thread is
   * interrupted, so that it closes what it has opened and removes its files; what is still there
   * after 40 s is killed.
   */
  public static void endWithThisProcess() {
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(main), "end"));
  }

  private static void end(Thread main) {
    List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
    try {
      // At the end of main there is nobody left to wait for: all are closed by then.
      if (!all.isEmpty()) {
        System.out.println("ended from outside: stopping " + all.size() + " processes");
        main.interrupt();
        main.join(TIDY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      all.forEach(ProcessHandle::destroyForcibly);
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    }
  }
}
