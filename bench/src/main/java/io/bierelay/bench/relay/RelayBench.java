package io.bierelay.bench.relay;

import static org.awaitility.Awaitility.await;

import io.bierelay.bench.Descendants;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.Turns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * From Kafka to the exchanges: the relay, the floor, and what people would use instead, in turns on
 * the same servers and the same backlog.
 */
public final class RelayBench {

  /** Of each of the five topics. */
  private static final int PARTITIONS = Integer.getInteger("bench.partitions", 4);

  private static final int TOPICS = 5;

  /** The rate that is judged, and so measured in each round; the others are in the first alone. */
  private static final String JUDGED = "500";

  private static final Duration WARM_LIMIT = Duration.ofMinutes(3L * MeasuredProcess.PATIENCE);

  private final Stage stage;
  private final Path scratch;
  private final int events;
  private final int rounds;
  private final List<String> rates;
  private final int latencyRounds;
  private final int seconds;
  private final List<Candidate> candidates;
  private final List<String> jvm;
  private final Path results;
  private final Turns turns = new Turns();
  private final Map<Candidate, List<Drain>> drains = new EnumMap<>(Candidate.class);
  private final Map<Candidate, List<Latency>> latencies = new EnumMap<>(Candidate.class);

  private RelayBench(Stage stage, Path scratch, List<Candidate> candidates, Path results) {
    this.results = results;
    this.stage = stage;
    this.scratch = scratch;
    this.candidates = candidates;
    this.events = Integer.getInteger("bench.events", 300_000);
    this.rounds = Integer.getInteger("bench.rounds", 3);
    this.seconds = Integer.getInteger("bench.seconds", 20);
    this.rates = words(System.getProperty("bench.rates", "100,500,2000,80%").replace(',', ' '));
    this.latencyRounds = Integer.getInteger("bench.latency.rounds", rounds);
    this.jvm = words(System.getProperty("bench.jvm", "-Xmx256m"));
  }

  /**
   * Arguments: the file for the results; the candidates, with commas between them; the directory of
   * performance.md, if its part shall be written.
   *
   * <p>System properties: {@code bench.events}, {@code bench.rounds}, {@code bench.rates}, {@code
   * bench.latency.rounds} and {@code bench.seconds} of the latencies, {@code bench.partitions} of
   * each of the five topics, {@code bench.jvm} for all, {@code bench.relay.jvm} and {@code
   * bench.settings} for the relay alone.
   */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    List<Candidate> candidates =
        Arrays.stream(arguments[1].split(",", 0)).map(Candidate::valueOf).toList();
    for (Candidate candidate : candidates) {
      if (!candidate.isBuilt()) {
        throw new IllegalStateException(candidate + " is not built: bench/run relay --peers");
      }
    }
    Path scratch = Files.createTempDirectory("bench-relay");
    int code = 1;
    Stage made = new Stage(scratch, PARTITIONS);
    if (candidates.contains(Candidate.REPLACED)) {
      made.withDatabase();
    }
    try (Stage stage = made.start()) {
      RelayBench bench = new RelayBench(stage, scratch, candidates, Path.of(arguments[0]));
      bench.run();
      code =
          bench.report().finish(bench.results, arguments.length > 2 ? Path.of(arguments[2]) : null);
    } finally {
      try (Stream<Path> files = Files.walk(scratch)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
    System.exit(code);
  }

  private void run() throws Exception {
    stage.fill(events);
    System.out.printf("%,d events wait in %d partitions%n", events, TOPICS * PARTITIONS);
    for (Candidate candidate : candidates) {
      if (candidate.isArchived()) {
        turns.attempt("training", candidate, this::train);
        if (!candidate.isTrained(scratch)) {
          turns.leaveOut(candidate);
        }
      }
    }
    settle();
    turns.take("backlog", rounds, candidates, this::drain, this::save);
    List<Candidate> steady = candidates.stream().filter(Candidate::hasLatency).toList();
    turns.take("latency", rates.isEmpty() ? 0 : latencyRounds, steady, this::latencies, this::save);
  }

  private RelayReport report() throws Exception {
    return new RelayReport(drains, latencies, events, turns, stage.machine());
  }

  /** What there is so far: whoever ends the benchmark early shall not have waited in vain. */
  private void save() throws Exception {
    report().save(results);
  }

  /** Lets it relay a little and end in good order, which writes its archive. */
  private void train(Candidate candidate) throws Exception {
    stage.renew();
    // Not all of them: the partitions are not equally full.
    int few = Math.min(events / 2, 5_000);
    stage.beginBeforeEnd(few);
    try (MeasuredProcess process = candidate.train(stage.order(), scratch, jvm)) {
      Drain.of(stage, process, System.nanoTime(), few);
      process.stop(Duration.ofMinutes(3L * MeasuredProcess.PATIENCE));
    }
    System.out.println(candidate + " has an archive");
  }

  /**
   * One backlog that nobody is measured by: servers that have just started are faster than they
   * will be, which would be whoever comes first's gain.
   */
  private void settle() throws Exception {
    stage.renew();
    long begun = System.nanoTime();
    try (MeasuredProcess process = Candidate.FLOOR.start(stage.order(), scratch, jvm)) {
      Drain.of(stage, process, begun, events);
    }
    System.out.println("the servers have settled");
  }

  private void drain(Candidate candidate) throws Exception {
    stage.renew();
    int share = candidate.share(events);
    if (share < events) {
      stage.beginBeforeEnd(share);
    }
    Order order = stage.order();
    long begun = System.nanoTime();
    try (MeasuredProcess process = candidate.start(order, scratch, jvm)) {
      Drain drain = drain(process, begun, share);
      drains.computeIfAbsent(candidate, any -> new ArrayList<>()).add(drain);
      System.out.printf(
          "%-18s %7.0f/s (warm %7.0f) CPU us/event %6.1f (warm %6.1f, RabbitMQ %5.1f)"
              + " RSS %4.0f MiB, first after %5.0f ms and %5.0f ms of CPU%s%n",
          candidate,
          drain.eventsPerSecond(),
          drain.warmEventsPerSecond(),
          drain.cpuMicros(),
          drain.warmCpuMicros(),
          drain.brokerMicros(),
          drain.rssMib(),
          drain.startMs(),
          drain.startCpuMs(),
          drain.surplus() == 0 ? "" : ", surplus " + drain.surplus());
      System.out.println("  warm, by thread, us/event: " + shares(drain.warmThreads()));
      System.out.println("  to the first event, by thread, ms: " + shares(drain.startThreads()));
    }
  }

  private Drain drain(MeasuredProcess process, long begun, int share) throws Exception {
    try {
      return Drain.of(stage, process, begun, share);
    } catch (ConditionTimeoutException e) {
      throw new IllegalStateException("it does not get on:\n" + process.log(), e);
    }
  }

  private static String shares(Map<String, Double> micros) {
    return micros.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .limit(9)
        .map(e -> "%s %.1f".formatted(e.getKey(), e.getValue()))
        .collect(java.util.stream.Collectors.joining(", "));
  }

  /** After a fifth of the backlog, so that it is warm. */
  private void latencies(Candidate candidate) throws Exception {
    stage.renew();
    int warm = events / 5;
    stage.beginBeforeEnd(warm);
    try (MeasuredProcess process = candidate.start(stage.order(), scratch, jvm);
        Latency.Receiver receiver = new Latency.Receiver(stage)) {
      awaitSeen(candidate, process, receiver, warm / 2);
      long half = System.nanoTime();
      int before = receiver.all();
      awaitSeen(candidate, process, receiver, warm);
      double most = (receiver.all() - before) * 1e9 / (System.nanoTime() - half);
      boolean first = latencies.getOrDefault(candidate, List.of()).isEmpty();
      for (String rate : rates) {
        if ((!first || candidate.isTuned() && candidate != Candidate.RELAY_TUNED)
            && rates.contains(JUDGED)
            && !rate.equals(JUDGED)) {
          continue;
        }
        // Of what it relays while somebody consumes, which is less than into queues alone.
        int perSecond =
            rate.endsWith("%")
                ? (int) (most * Integer.parseInt(rate.replace("%", "")) / 100)
                : Integer.parseInt(rate);
        String name = rate.endsWith("%") ? rate + " of its maximum" : rate;
        Latency latency =
            Latency.measure(stage, receiver, process, name, Math.max(1, perSecond), seconds);
        latencies.computeIfAbsent(candidate, any -> new ArrayList<>()).add(latency);
        System.out.printf(
            "%-18s at %,5d/s: p50 %6.1f ms, p99 %6.1f, p99.9 %6.1f, max %6.1f;"
                + " CPU us/event %6.1f%s%n",
            candidate,
            perSecond,
            latency.p50(),
            latency.p99(),
            latency.p999(),
            latency.max(),
            latency.cpuMicros(),
            latency.lost() == 0 ? "" : ", LOST " + latency.lost());
      }
    }
  }

  private static void awaitSeen(
      Candidate candidate, MeasuredProcess process, Latency.Receiver receiver, int count) {
    await(candidate + " to be warm")
        .pollInSameThread()
        .pollInterval(Duration.ofMillis(20))
        .atMost(WARM_LIMIT)
        .until(
            () -> {
              process.requireAlive();
              return receiver.all() >= count;
            });
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.trim().split(" +", 0)).filter(w -> !w.isEmpty()).toList();
  }
}
