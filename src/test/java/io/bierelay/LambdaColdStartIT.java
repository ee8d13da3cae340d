package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.LambdaArchive;
import io.bierelay.sandbox.LambdaEvents;
import io.bierelay.sandbox.LambdaProcess;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.RuntimeApi;
import io.bierelay.sandbox.RuntimeApi.Answer;
import io.bierelay.sandbox.Tenures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The function's cold start, with an archive of its class data and without. */
class LambdaColdStartIT {

  private static final int ROUNDS = Integer.getInteger("coldstart.rounds", 3);
  private static final ListenerServers SERVERS = new ListenerServers(5);

  /** As in aws/Dockerfile. */
  private static final List<String> LEAN = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  @TempDir static Path scratch;
  private static Path archive;

  /** A cold start: up to asking for the first event, and that event. */
  private record Start(double initMs, double firstMs, String log) {}

  @BeforeAll
  static void makeArchive() throws Exception {
    SERVERS.start();
    Path list = scratch.resolve("classes.lst");
    LambdaArchive.train(SERVERS, list);
    archive = scratch.resolve("function.jsa");
    LambdaArchive.dump(list, archive);
    System.out.printf(
        "lambda archive: %d classes listed, %d MB%n",
        Files.readAllLines(list).size(), Files.size(archive) >> 20);
  }

  @AfterAll
  static void stop() {
    SERVERS.close();
  }

  private static List<String> archived(String... more) {
    List<String> flags = new ArrayList<>(LEAN);
    flags.add("-Xshare:auto");
    flags.add("-XX:SharedArchiveFile=" + archive);
    flags.addAll(List.of(more));
    return flags;
  }

  private static Start start(List<String> flags, Map<String, Object> settings) throws Exception {
    try (RuntimeApi lambda = new RuntimeApi().start()) {
      long begun = System.nanoTime();
      try (LambdaProcess function =
          new LambdaProcess(lambda, settings, flags.toArray(String[]::new))) {
        await()
            .pollInterval(Duration.ofMillis(5))
            .atMost(Duration.ofSeconds(60))
            .until(() -> lambda.ready().isDone());
        double initMs = (System.nanoTime() - begun) / 1e6;
        Answer first =
            lambda
                .invoke(LambdaEvents.batch(Tenures.updated(UUID.randomUUID()).encode()), 30_000)
                .get(60, TimeUnit.SECONDS);
        assertThat(first.ok()).as("%s\n%s", first.body(), function.readLog()).isTrue();
        assertThat(first.body().getJsonArray("batchItemFailures")).isEmpty();
        function.terminate();
        return new Start(initMs, first.nanos() / 1e6, function.readLog());
      }
    }
  }

  @Test
  void theArchiveHoldsTheFunctionsClassesAndItWorks() throws Exception {
    Start start = start(archived("-Xlog:class+load"), SERVERS.coreSettings());
    List<String> loaded = start.log().lines().filter(line -> line.contains(" source: ")).toList();
    long shared =
        loaded.stream().filter(line -> line.contains("source: shared objects file")).count();
    System.out.printf("lambda archive: %d of %d classes from it%n", shared, loaded.size());
    assertThat(loaded)
        .anyMatch(
            line ->
                line.contains("io.bierelay.listener.LambdaHandler source: shared objects file"));
    assertThat(shared).isGreaterThan(loaded.size() * 8L / 10);
  }

  /** As when the image's JVM is renewed without its archive: slower, and nothing else. */
  @Test
  void anArchiveThatDoesNotFitIsIgnored() throws Exception {
    Path other = Files.writeString(scratch.resolve("other.jsa"), "of another JVM");
    start(List.of("-Xshare:auto", "-XX:SharedArchiveFile=" + other), SERVERS.coreSettings());
  }

  /** Figures for docs/performance.md; taken in turns, as the machine may be busy. */
  @Test
  void theArchiveCutsTheColdStart() throws Exception {
    List<Start> plain = new ArrayList<>();
    List<Start> lean = new ArrayList<>();
    List<Start> shared = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      plain.add(start(List.of(), SERVERS.coreSettings()));
      lean.add(start(LEAN, SERVERS.coreSettings()));
      shared.add(start(archived(), SERVERS.coreSettings()));
    }
    print("the JVM's defaults", plain);
    print(String.join(" ", LEAN), lean);
    print("these and the archive", shared);
    assertThat(initMs(shared)).isLessThan(initMs(plain));
  }

  private static void print(String name, List<Start> starts) {
    System.out.printf(
        "lambda cold start, median of %d: init %.0f ms, first %.0f ms: %s%n",
        starts.size(), initMs(starts), median(starts.stream().map(Start::firstMs).toList()), name);
  }

  private static double initMs(List<Start> starts) {
    return median(starts.stream().map(Start::initMs).toList());
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
