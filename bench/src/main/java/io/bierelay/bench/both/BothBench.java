package io.bierelay.bench.both;

import static org.awaitility.Awaitility.await;

import io.bierelay.bench.Descendants;
import io.bierelay.bench.ImageOptions;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.Patience;
import io.bierelay.bench.Turns;
import io.bierelay.bench.relay.Candidate;
import io.bierelay.bench.relay.Stage;
import io.bierelay.bench.workflow.Contestant;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * From the producer's call to a committed row, over both hops at a steady rate: two processes in
 * between, in turns on the same servers.
 */
public final class BothBench {

  /** Who stands between Kafka and PostgreSQL. */
  enum Pair {
    FLOORS("floors on both hops", Candidate.FLOOR, Contestant.Kind.FLOOR, false),
    FLOORS_TUNED(
        "floors on both hops, options of our manifests",
        Candidate.FLOOR,
        Contestant.Kind.FLOOR,
        true),
    RELAY("BIE Relay on both hops", Candidate.RELAY, Contestant.Kind.RELAY, false),
    RELAY_TUNED(
        "BIE Relay on both hops, as its manifests run it",
        Candidate.RELAY,
        Contestant.Kind.RELAY,
        true),
    SPRING(
        "Spring batch on both hops",
        Candidate.SPRING_BATCH,
        Contestant.Kind.SPRING_JPA_BATCH,
        false),
    SPRING_TUNED(
        "Spring batch on both hops, options of our manifests",
        Candidate.SPRING_BATCH,
        Contestant.Kind.SPRING_JPA_BATCH,
        true),
    CAMEL("Camel on both hops", Candidate.CAMEL_BATCH, Contestant.Kind.CAMEL_SQL, false),
    CAMEL_TUNED(
        "Camel on both hops, options of our manifests",
        Candidate.CAMEL_BATCH,
        Contestant.Kind.CAMEL_SQL,
        true);

    private final String title;
    private final Candidate relay;
    private final Contestant.Kind workflow;
    private final boolean tuned;

    Pair(String title, Candidate relay, Contestant.Kind workflow, boolean tuned) {
      this.title = title;
      this.relay = relay;
      this.workflow = workflow;
      this.tuned = tuned;
    }

    String title() {
      return title;
    }

    boolean isOurs() {
      return this == RELAY || this == RELAY_TUNED;
    }

    /** Itself with the options of our manifests. */
    Pair tuned() {
      return tuned ? this : valueOf(name() + "_TUNED");
    }

    /** With what {@code given} says for all; without an archive: what it spares is over by then. */
    private List<String> jvm(List<String> given, List<String> own) {
      List<String> options = new ArrayList<>(given);
      if (tuned) {
        options.addAll(own);
      }
      return options;
    }
  }

  /**
   * One round of one pair.
   *
   * @param p50 milliseconds from when an event was due until another connection saw its row
   * @param relayMicros CPU time per event meanwhile
   * @param workflowMicros the same
   * @param missing events without a row after 30 s
   */
  record Crossing(
      double p50,
      double p99,
      double p999,
      double max,
      double relayMicros,
      double workflowMicros,
      int missing) {}

  /** The floor's rows have it, by {@code BenchMessages}; ours and the peers' take it from here. */
  private static final long FIRST_CONTENTION = 1_200_000;

  private static final Duration WARM_LIMIT = Duration.ofMinutes(10);
  private static final long LATEST = 30_000_000_000L;
  private static final long LOOK_NANOS = 1_000_000;

  private final Stage stage;
  private final Path scratch;
  private final int warm = Integer.getInteger("bench.events", 60_000);
  private final int perSecond = Integer.getInteger("bench.rate", 500);
  private final int seconds = Integer.getInteger("bench.seconds", 30);
  private final List<String> jvm =
      List.of(System.getProperty("bench.jvm", "-Xmx256m").trim().split(" +", 0));

  private BothBench(Stage stage, Path scratch) {
    this.stage = stage;
    this.scratch = scratch;
  }

  /**
   * Arguments: the file for the results; the pairs, with commas between them; the directory of
   * performance.md, if its part shall be written. System properties: {@code bench.rounds}, {@code
   * bench.events} to warm up, {@code bench.rate}, {@code bench.seconds}, {@code bench.jvm}.
   */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    List<Pair> pairs = Arrays.stream(arguments[1].split(",", 0)).map(Pair::valueOf).toList();
    for (Pair pair : pairs) {
      if (!pair.relay.isBuilt() || !pair.workflow.isBuilt()) {
        throw new IllegalStateException(pair + " is not built: bench/run both --peers");
      }
    }
    Path scratch = Files.createTempDirectory("bench-both");
    int code = 1;
    try (Stage stage = new Stage(scratch, 4).withDatabase().start()) {
      BothBench bench = new BothBench(stage, scratch);
      Map<Pair, List<Crossing>> results = new EnumMap<>(Pair.class);
      Turns turns = new Turns();
      Path file = Path.of(arguments[0]);
      turns.take(
          "both hops",
          Integer.getInteger("bench.rounds", 3),
          pairs,
          pair -> {
            Crossing crossing = bench.cross(pair);
            results.computeIfAbsent(pair, any -> new ArrayList<>()).add(crossing);
          },
          () -> bench.report(results, turns).save(file));
      code =
          bench
              .report(results, turns)
              .finish(file, arguments.length > 2 ? Path.of(arguments[2]) : null);
    } finally {
      try (Stream<Path> files = Files.walk(scratch)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
    System.exit(code);
  }

  private BothReport report(Map<Pair, List<Crossing>> results, Turns turns) throws Exception {
    return new BothReport(results, turns, stage.machine(), perSecond, seconds);
  }

  private Crossing cross(Pair pair) throws Exception {
    stage.renew();
    stage.workflowQueues();
    stage.beginBeforeEnd(0);
    List<String> options = pair.jvm(jvm, ImageOptions.WORKFLOW);
    if (pair.tuned() == Pair.FLOORS_TUNED) {
      options.add("-Dfloor.keyed=true");
    }
    try (Contestant workflow =
            Contestant.start(
                pair.workflow,
                stage.rabbitAddress(),
                stage.database().address(),
                scratch,
                options.toArray(String[]::new));
        MeasuredProcess relay =
            pair.relay.start(stage.order(), scratch, pair.jvm(jvm, ImageOptions.JVM));
        KafkaProducer<String, byte[]> producer = producer()) {
      for (ProducerRecord<String, byte[]> record : records(0, warm)) {
        var unused = producer.send(record);
      }
      producer.flush();
      Patience patience = new Patience();
      await(pair + " to be warm")
          .pollInSameThread()
          .pollInterval(Duration.ofMillis(200))
          .atMost(WARM_LIMIT)
          .until(
              () -> {
                relay.requireAlive();
                workflow.process().requireAlive();
                long stored = stage.database().count();
                patience.see(stored, stored == 0 ? relay : workflow.process());
                return stored >= warm;
              });
      stage.database().settle();
      Crossing crossing = measure(producer, relay, workflow.process());
      System.out.printf(
          "%-12s at %d/s: p50 %6.1f ms, p99 %6.1f, p99.9 %6.1f, max %6.1f; CPU us/event %6.1f and"
              + " %6.1f%s%n",
          pair,
          perSecond,
          crossing.p50(),
          crossing.p99(),
          crossing.p999(),
          crossing.max(),
          crossing.relayMicros(),
          crossing.workflowMicros(),
          crossing.missing() == 0 ? "" : ", MISSING " + crossing.missing());
      return crossing;
    }
  }

  private KafkaProducer<String, byte[]> producer() {
    Properties properties = new Properties();
    properties.putAll(stage.kafkaClient());
    properties.put("acks", "all");
    properties.put("linger.ms", "0");
    return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
  }

  private List<ProducerRecord<String, byte[]>> records(int from, int count) {
    ContentionEvents events = new ContentionEvents(11 + from);
    ContentionType[] types = ContentionType.values();
    List<ProducerRecord<String, byte[]>> records = new ArrayList<>(count);
    for (int i = from; i < from + count; i++) {
      ContentionType type = types[i % types.length];
      GenericRecord event = events.next(type);
      event.put("ContentionId", FIRST_CONTENTION + i);
      records.add(
          new ProducerRecord<>(
              type.topic(), "n" + i, ContentionEvents.encode(event, stage.schemaIds().get(type))));
    }
    return records;
  }

  private Crossing measure(
      KafkaProducer<String, byte[]> producer, MeasuredProcess relay, MeasuredProcess workflow)
      throws Exception {
    // The first seconds belong to whoever had nothing to do until then.
    int skipped = perSecond * Math.max(1, seconds / 6);
    int count = skipped + perSecond * seconds;
    List<ProducerRecord<String, byte[]>> records = records(warm, count);
    Map<Long, Long> waiting = new ConcurrentHashMap<>();
    Duration relayCpu = relay.cpu();
    Duration workflowCpu = workflow.cpu();
    Thread sender = new Thread(() -> send(producer, records, waiting), "sender");
    sender.start();
    Map<Long, Long> taken = new HashMap<>();
    long end = Long.MAX_VALUE;
    while (sender.isAlive() || !waiting.isEmpty()) {
      if (!waiting.isEmpty()) {
        for (long found : stage.database().contentions(List.copyOf(waiting.keySet()))) {
          taken.put(found, System.nanoTime() - waiting.remove(found));
        }
      }
      if (sender.isAlive()) {
        end = System.nanoTime() + LATEST;
      } else if (System.nanoTime() > end) {
        break;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    sender.join();
    long first = FIRST_CONTENTION + warm + skipped;
    long[] nanos =
        taken.entrySet().stream()
            .filter(e -> e.getKey() >= first)
            .mapToLong(Map.Entry::getValue)
            .sorted()
            .toArray();
    return new Crossing(
        percentile(nanos, 0.5),
        percentile(nanos, 0.99),
        percentile(nanos, 0.999),
        percentile(nanos, 1),
        relay.cpu().minus(relayCpu).toNanos() / 1e3 / count,
        workflow.cpu().minus(workflowCpu).toNanos() / 1e3 / count,
        waiting.size());
  }

  private void send(
      KafkaProducer<String, byte[]> producer,
      List<ProducerRecord<String, byte[]>> records,
      Map<Long, Long> waiting) {
    long begin = System.nanoTime();
    for (int i = 0; i < records.size(); i++) {
      long due = begin + i * 1_000_000_000L / perSecond;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      // From when it was due: a sender that is held up must not hide it.
      waiting.put(FIRST_CONTENTION + warm + i, due);
      var unused = producer.send(records.get(i));
    }
  }

  private static double percentile(long[] sorted, double part) {
    return sorted.length == 0 ? Double.NaN : sorted[(int) ((sorted.length - 1) * part)] / 1e6;
  }
}
