package io.bierelay.bench.workflow;

import io.bierelay.bench.Descendants;
import io.bierelay.bench.Machine;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.profile.FlameGraph;
import io.bierelay.bench.profile.ProfilePart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.stream.Stream;

/** A flame graph of the role workflow while it drains its queues, warm. */
public final class WorkflowProfile {

  private WorkflowProfile() {}

  /** Argument: the directory for the picture, which holds performance.md if it is the page's. */
  public static void main(String[] arguments) throws Exception {
    Descendants.endWithThisProcess();
    int rows = Integer.getInteger("bench.events", 300_000);
    Path scratch = Files.createTempDirectory("bench-profile");
    int code = 1;
    try (Arena arena = new Arena()) {
      arena.renew();
      Path recording = scratch.resolve("workflow.jfr");
      Instant begun;
      Instant end;
      try (Contestant workflow =
          arena.start(
              Contestant.Kind.RELAY, scratch, ProfilePart.jvm(recording).toArray(String[]::new))) {
        workflow.awaitReady();
        arena.publish(0, rows);
        arena.awaitStored(rows, workflow);
        try (java.sql.Connection lock = arena.postgres().lock()) {
          arena.publish(rows, 2 * rows);
          begun = Instant.now();
        }
        arena.awaitStored(2 * rows, workflow);
        end = Instant.now();
        workflow.process().stop(Duration.ofMinutes(2L * MeasuredProcess.PATIENCE));
      }
      Machine machine =
          new Machine()
              .with("RabbitMQ", arena.broker())
              .with("PostgreSQL", arena.postgres().version());
      FlameGraph graph = FlameGraph.of(recording, begun, end);
      ProfilePart.write("workflow", graph, machine, Path.of(arguments[0]));
      code = 0;
    } finally {
      try (Stream<Path> files = Files.walk(scratch)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
    System.exit(code);
  }
}
