package io.bierelay.bench.soak;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bierelay.bench.Descendants;
import io.bierelay.bench.Machine;
import io.bierelay.bench.Marked;
import io.bierelay.bench.Rounds;
import io.bierelay.bench.relay.Candidate;
import io.bierelay.bench.relay.Order;
import io.bierelay.bench.relay.Stage;
import io.bierelay.bench.workflow.Contestant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Steady load over both hops for hours, with a fault every few minutes, and each minute a look at
 * what must not grow and what must not get lost.
 *
 * <p>Of each role one instance is killed again and again and one never: the latter's heap,
 * descriptors and threads must stay as they are.
 */
public final class SoakBench {

  /** What an instance had in one minute. */
  record Sample(int minute, String instance, double heapMib, int descriptors, int threads) {}

  /**
   * What the database had in one minute.
   *
   * @param late events published more than a minute ago without a row
   * @param twice rows beyond the first of an event
   * @param disagreeing partitions whose accounts do not agree, at three looks
   */
  record Minute(
      int minute,
      long published,
      long rows,
      long late,
      long twice,
      int disagreeing,
      String faults) {}

  private static final double HEAP_FACTOR = 1.2;
  private static final double HEAP_MIB = 8;
  private static final int DESCRIPTORS = 10;
  private static final int THREADS = 6;
  private static final long REST_MINUTES = 5;

  private final Stage stage;
  private final Flow flow;
  private final List<Instance> instances;
  private final Faults faults;
  private final List<Sample> samples = new ArrayList<>();
  private final List<Minute> minutes = new ArrayList<>();

  private SoakBench(Stage stage, Flow flow, List<Instance> instances, Faults faults) {
    this.stage = stage;
    this.flow = flow;
    this.instances = instances;
    this.faults = faults;
  }

  /**
   * Arguments: minutes; events a second; seconds between faults; the file for the results; the
   * directory of performance.md, if its part shall be written.
   */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    int length = Integer.parseInt(arguments[0]);
    int perSecond = Integer.parseInt(arguments[1]);
    int between = Integer.parseInt(arguments[2]);
    Path scratch = Files.createTempDirectory("bench-soak");
    List<Instance> instances = new ArrayList<>();
    boolean held = false;
    try (Stage stage = new Stage(scratch, 4).withDatabase().start()) {
      stage.renew();
      stage.workflowQueues();
      Machine machine = stage.machine();
      Order order = stage.order();
      Map<String, Object> relay = Candidate.relaySettings(order);
      Map<String, Object> workflow =
          Contestant.relaySettings(stage.rabbitAddress(), stage.database().address());
      workflow.remove("postgres.statement.timeout");
      for (String one : List.of("steady", "killed")) {
        instances.add(new Instance("relay-" + one, "svc-bie-kafka", relay, scratch));
        instances.add(new Instance("workflow-" + one, "workflow", workflow, scratch));
      }
      for (Instance instance : instances) {
        instance.start();
      }
      try (Flow flow = new Flow(stage, perSecond);
          Faults faults = new Faults(stage, instances, between)) {
        SoakBench soak = new SoakBench(stage, flow, instances, faults);
        soak.run(length);
        held = soak.finish(machine, perSecond, between, arguments);
      }
    } finally {
      instances.forEach(Instance::close);
      if (held) {
        try (Stream<Path> files = Files.walk(scratch)) {
          files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
      } else {
        System.out.println("the logs are kept in " + scratch);
      }
    }
    System.exit(held ? 0 : 3);
  }

  private void run(int length) throws Exception {
    flow.start();
    faults.start();
    long begun = System.nanoTime();
    for (int minute = 1; minute <= length; minute++) {
      long due = begun + TimeUnit.MINUTES.toNanos(minute);
      if (minute == length) {
        // The last word must not be spoken in the middle of a fault.
        faults.close();
      }
      TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
      look(minute);
    }
    faults.close();
    flow.end();
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(REST_MINUTES);
    while (flow.rows() < flow.published() && System.nanoTime() < end) {
      TimeUnit.SECONDS.sleep(1);
    }
    look(length + 1);
  }

  private void look(int minute) throws Exception {
    for (Instance instance : instances) {
      if (instance.process().isAlive()) {
        Sample sample =
            new Sample(
                minute,
                instance.name(),
                instance.heapMib(),
                instance.process().descriptors(),
                instance.process().threads());
        samples.add(sample);
        System.out.printf(
            "%4d  %-16s heap %6.1f MiB, %4d descriptors, %4d threads%n",
            minute, sample.instance(), sample.heapMib(), sample.descriptors(), sample.threads());
      }
    }
    Minute now = flow.look(minute, disagreeing(), faults.sinceLastAsked());
    minutes.add(now);
    System.out.printf(
        "%4d  published %,d, rows %,d, late %,d, twice %d, accounts that disagree %d; faults: %s%n",
        minute,
        now.published(),
        now.rows(),
        now.late(),
        now.twice(),
        now.disagreeing(),
        now.faults());
  }

  /** A scrape may fall into an update: what disagrees three times in a row does. */
  private int disagreeing() throws InterruptedException {
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < 3 && least > 0; i++) {
      int all = 0;
      for (Instance instance : instances) {
        if (instance.isRelay()) {
          all += Math.max(0, instance.disagreeing());
        }
      }
      least = Math.min(least, all);
    }
    return least;
  }

  private boolean finish(Machine machine, int perSecond, int between, String[] arguments)
      throws Exception {
    Flow.Balance balance = flow.balance();
    List<String> grown = new ArrayList<>();
    for (Instance instance : instances) {
      if (instance.name().endsWith("steady")) {
        grown.addAll(grown(instance.name()));
        if (!instance.process().isAlive()) {
          grown.add(instance.name() + " has ended");
        }
      }
    }
    int disagreeing = minutes.get(minutes.size() - 1).disagreeing();
    boolean held =
        balance.lost() == 0
            && balance.twice() == 0
            && balance.refused() == 0
            && disagreeing == 0
            && grown.isEmpty();
    String text =
        """
        %s %d minutes, %d events a second, a fault every %d s.

        | | |
        | --- | ---: |
        | events that Kafka took | %,d |
        | of them without a row in the end | %d |
        | rows twice | %d |
        | faults: %s | %d |
        | partitions whose accounts disagree in the end | %d |
        | what grew | %s |

        | never killed: first third / last third, medians | heap after a collection, MiB | descriptors | threads |
        | --- | ---: | ---: | ---: |
        %s
        Allowed: heap %.1f times and %.0f MiB more, %d descriptors, %d threads.
        """
            .formatted(
                machine.sentence(),
                Integer.parseInt(arguments[0]),
                perSecond,
                between,
                balance.published(),
                balance.lost(),
                balance.twice(),
                faults.counts(),
                faults.total(),
                disagreeing,
                grown.isEmpty() ? "nothing" : String.join("; ", grown),
                thirds(),
                HEAP_FACTOR,
                HEAP_MIB,
                DESCRIPTORS,
                THREADS);
    System.out.println("\n" + text);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", machine.facts());
    json.put("perSecond", perSecond);
    json.put("secondsBetweenFaults", between);
    json.put("balance", balance);
    json.put("held", held);
    json.put("grown", grown);
    json.put("minutes", minutes);
    json.put("samples", samples);
    new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(Path.of(arguments[3]).toFile(), json);
    if (arguments.length > 4) {
      Marked.write(Path.of(arguments[4], "performance.md"), "soak", text);
    }
    System.out.println(held ? "held" : "NOT held");
    return held;
  }

  private List<Sample> third(String name, boolean last) {
    List<Sample> own = samples.stream().filter(s -> s.instance().equals(name)).toList();
    // The first minute belongs to whoever has just begun.
    own = own.subList(Math.min(1, own.size()), own.size());
    int part = Math.max(1, own.size() / 3);
    return last
        ? own.subList(Math.max(0, own.size() - part), own.size())
        : own.subList(0, Math.min(part, own.size()));
  }

  private List<String> grown(String name) {
    List<Sample> first = third(name, false);
    List<Sample> last = third(name, true);
    List<String> grown = new ArrayList<>();
    if (heap(last) > HEAP_FACTOR * heap(first) + HEAP_MIB) {
      grown.add("heap of " + name);
    }
    if (descriptors(last) > descriptors(first) + DESCRIPTORS) {
      grown.add("descriptors of " + name);
    }
    if (threads(last) > threads(first) + THREADS) {
      grown.add("threads of " + name);
    }
    if (first.isEmpty()) {
      grown.add(name + " was never seen");
    }
    return grown;
  }

  private String thirds() {
    StringBuilder text = new StringBuilder();
    for (Instance instance : instances) {
      if (instance.name().endsWith("steady")) {
        List<Sample> first = third(instance.name(), false);
        List<Sample> last = third(instance.name(), true);
        text.append(
            "| %s | %.1f / %.1f | %.0f / %.0f | %.0f / %.0f |\n"
                .formatted(
                    instance.name(),
                    heap(first),
                    heap(last),
                    descriptors(first),
                    descriptors(last),
                    threads(first),
                    threads(last)));
      }
    }
    return text.toString();
  }

  private static double heap(List<Sample> some) {
    return Rounds.median(some, Sample::heapMib);
  }

  private static double descriptors(List<Sample> some) {
    return Rounds.median(some, Sample::descriptors);
  }

  private static double threads(List<Sample> some) {
    return Rounds.median(some, Sample::threads);
  }
}
