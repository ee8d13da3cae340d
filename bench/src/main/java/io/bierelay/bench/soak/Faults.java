package io.bierelay.bench.soak;

import io.bierelay.bench.relay.Stage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One fault after the other, in turns, at even distances. */
final class Faults implements AutoCloseable {

  private interface Fault {
    void happen() throws Exception;
  }

  /** So long something stays away. */
  private static final int AWAY_SECONDS = 5;

  private final Stage stage;
  private final int between;
  private final Map<String, Fault> faults = new LinkedHashMap<>();
  private final Map<String, Integer> counts = new LinkedHashMap<>();
  private final List<String> recent = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private Thread thread;

  Faults(Stage stage, List<Instance> instances, int between) {
    this.stage = stage;
    this.between = between;
    faults.put("RabbitMQ's connections cut", this::cut);
    for (Instance instance : instances) {
      if (instance.name().endsWith("killed")) {
        faults.put(
            "SIGKILL of " + instance.name(),
            () -> {
              instance.process().kill();
              TimeUnit.SECONDS.sleep(AWAY_SECONDS);
              instance.start();
            });
      }
    }
    faults.put("RabbitMQ restarted", this::restartRabbit);
    faults.put("PostgreSQL restarted", this::restartPostgres);
  }

  private void cut() {
    stage
        .rabbit()
        .ctl(
            "close_all_connections",
            "--vhost",
            stage.rabbitAddress().virtualHost(),
            "cut by the soak");
  }

  private void restartRabbit() throws InterruptedException {
    stage.rabbit().stop();
    TimeUnit.SECONDS.sleep(AWAY_SECONDS);
    stage.rabbit().start();
  }

  private void restartPostgres() throws Exception {
    stage.database().stop();
    TimeUnit.SECONDS.sleep(AWAY_SECONDS);
    stage.database().restart();
  }

  void start() {
    thread = new Thread(this::run, "faults");
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        for (Map.Entry<String, Fault> fault : faults.entrySet()) {
          if (over.await(between, TimeUnit.SECONDS)) {
            return;
          }
          note(fault.getKey());
          fault.getValue().happen();
        }
      }
    } catch (Exception e) {
      e.printStackTrace();
      note("FAILED: " + e);
    }
  }

  private synchronized void note(String what) {
    counts.merge(what, 1, Integer::sum);
    recent.add(what);
  }

  synchronized String sinceLastAsked() {
    String text = recent.isEmpty() ? "none" : String.join(", ", recent);
    recent.clear();
    return text;
  }

  synchronized String counts() {
    return counts.entrySet().stream()
        .map(e -> e.getKey() + " " + e.getValue() + " times")
        .collect(Collectors.joining(", "));
  }

  synchronized int total() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Returns when the fault at work is over. */
  @Override
  public void close() throws InterruptedException {
    over.countDown();
    if (thread != null) {
      thread.join();
    }
  }
}
