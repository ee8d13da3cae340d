package io.bierelay.bench.relay;

import io.bierelay.bench.Descendants;
import io.bierelay.bench.ImageOptions;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.profile.FlameGraph;
import io.bierelay.bench.profile.ProfilePart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A flame graph of the relay while it drains the second half of a backlog. */
public final class RelayProfile {

  private RelayProfile() {}

  /** Argument: the directory for the picture, which holds performance.md if it is the page's. */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    int events = Integer.getInteger("bench.events", 600_000);
    Path scratch = Files.createTempDirectory("bench-profile");
    int code = 1;
    try (Stage stage = new Stage(scratch, 4).start()) {
      stage.fill(events);
      stage.renew();
      Path recording = scratch.resolve("relay.jfr");
      List<String> jvm = new ArrayList<>(ProfilePart.jvm(recording));
      jvm.addAll(ImageOptions.JVM);
      Instant half;
      Instant end;
      try (MeasuredProcess process = Candidate.RELAY.start(stage.order(), scratch, jvm)) {
        half = reach(stage, process, events / 2);
        end = reach(stage, process, events);
        process.stop(Duration.ofMinutes(2L * MeasuredProcess.PATIENCE));
      }
      FlameGraph graph = FlameGraph.of(recording, half, end);
      ProfilePart.write("relay", graph, stage.machine(), Path.of(arguments[0]));
      code = 0;
    } finally {
      try (Stream<Path> files = Files.walk(scratch)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
    System.exit(code);
  }

  private static Instant reach(Stage stage, MeasuredProcess process, long events) {
    Awaitility.await(events + " events")
        .pollInSameThread()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofMinutes(20))
        .until(
            () -> {
              process.requireAlive();
              return stage.depth() >= events;
            });
    return Instant.now();
  }
}
