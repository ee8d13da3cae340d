package io.bierelay.bench.relay;

import static org.awaitility.Awaitility.await;

import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.Patience;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * One candidate's drain of the backlog.
 *
 * @param eventsPerSecond from the first event to the last
 * @param warmEventsPerSecond of the second half
 * @param cpuMicros CPU time per event, the start included
 * @param warmCpuMicros CPU time per event of the second half
 * @param brokerMicros RabbitMQ's CPU time per event
 * @param startMs from the process's start to the first event in a queue
 * @param startCpuMs CPU time up to there
 * @param rssMib the greatest resident set
 * @param surplus how many more messages than events there were in the end
 * @param warmThreads CPU time per event of the second half, by the threads' names, in µs
 * @param startThreads CPU time up to the first event, by the threads' names, in ms; of those that
 *     still live then
 */
record Drain(
    double eventsPerSecond,
    double warmEventsPerSecond,
    double cpuMicros,
    double warmCpuMicros,
    double brokerMicros,
    double startMs,
    double startCpuMs,
    double rssMib,
    long surplus,
    Map<String, Double> warmThreads,
    Map<String, Double> startThreads) {

  private static final Duration START_LIMIT = Duration.ofMinutes(3L * MeasuredProcess.PATIENCE);
  private static final Duration LIMIT = Duration.ofMinutes(30);

  private record Reading(long nanos, long events, Duration cpu, Map<String, Long> threads) {

    static Reading of(Stage stage, MeasuredProcess candidate) throws Exception {
      candidate.requireAlive();
      return new Reading(
          System.nanoTime(), stage.depth(), candidate.cpu(), candidate.cpuByThread());
    }
  }

  /** Returns when all events are in the queues. */
  static Drain of(Stage stage, MeasuredProcess candidate, long begun, long events)
      throws Exception {
    Duration brokerBefore = MeasuredProcess.cpu(stage.broker());
    Reading first = reach(stage, candidate, 1, 10, START_LIMIT);
    Reading half = reach(stage, candidate, Math.max(events / 2, first.events() + 1), 40, LIMIT);
    Reading last = reach(stage, candidate, events, 20, LIMIT);
    Duration broker = MeasuredProcess.cpu(stage.broker()).minus(brokerBefore);
    return new Drain(
        rate(first, last),
        rate(half, last),
        micros(last.cpu()) / events,
        micros(last.cpu().minus(half.cpu())) / (last.events() - half.events()),
        micros(broker) / events,
        (first.nanos() - begun) / 1e6,
        micros(first.cpu()) / 1e3,
        candidate.peakKib() / 1024.0,
        stage.depth() - events,
        byThread(half, last),
        untilThen(first));
  }

  private static Reading reach(
      Stage stage, MeasuredProcess candidate, long events, int everyMs, Duration limit) {
    Reading[] found = new Reading[1];
    Patience patience = new Patience();
    await(events + " events")
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(everyMs))
        .atMost(limit)
        .until(
            () -> {
              found[0] = Reading.of(stage, candidate);
              if (found[0].events() > 0) {
                patience.see(found[0].events(), candidate);
              }
              return found[0].events() >= events;
            });
    return found[0];
  }

  private static Map<String, Double> byThread(Reading from, Reading to) {
    Map<String, Double> shares = new TreeMap<>();
    to.threads()
        .forEach(
            (name, ms) -> {
              long spent = ms - from.threads().getOrDefault(name, 0L);
              if (spent > 0) {
                shares.put(name, spent * 1e3 / (to.events() - from.events()));
              }
            });
    return shares;
  }

  private static Map<String, Double> untilThen(Reading first) {
    Map<String, Double> shares = new TreeMap<>();
    first.threads().forEach((name, ms) -> shares.put(name, (double) ms));
    return shares;
  }

  private static double rate(Reading from, Reading to) {
    return (to.events() - from.events()) * 1e9 / (to.nanos() - from.nanos());
  }

  private static double micros(Duration time) {
    return time.toNanos() / 1e3;
  }
}
