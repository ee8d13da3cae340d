package io.bierelay.persist;

import static io.bierelay.persist.WorkflowUnderTest.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RealServices;
import java.io.File;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/subscribe.md print each event once. */
class SubscribeIT {

  @TempDir private Path directory;

  @Test
  void theOneInJava() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path example = Path.of("docs/examples/Subscriber.java").toAbsolutePath();
    printsEachOnce(List.of(java, "-cp", System.getProperty("java.class.path"), example.toString()));
  }

  @Test
  void theOneInNode() throws Exception {
    assumeTrue(succeeds("node", "--version"), "Node is not installed");
    assumeTrue(
        succeeds("npm", "install", "--silent", "--no-audit", "--no-fund", "amqplib@0.10.9"),
        "amqplib can't be installed here");
    Path example = directory.resolve("subscriber.mjs");
    Files.copy(Path.of("docs/examples/subscriber.mjs"), example);
    printsEachOnce(List.of("node", example.toString()));
  }

  private boolean succeeds(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = process.waitFor(60, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      return ended && process.exitValue() == 0;
    } catch (IOException notInstalled) {
      return false;
    }
  }

  private void printsEachOnce(List<String> command) throws Exception {
    RabbitAddress rabbit = RealServices.freshVirtualHost();
    File printed = directory.resolve("printed").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed);
    builder.environment().put("AMQP_URL", uri(rabbit));
    Process subscriber = builder.start();
    try (WorkflowUnderTest workflow = new WorkflowUnderTest(rabbit, RealServices.freshDatabase())) {
      awaitLines(printed, subscriber, 1);
      for (int round = 0; round < 2; round++) {
        workflow.publishNumbered("contention-updated", 0, 50);
      }
      workflow.publishNumbered("contention-updated", 50, 51);
      awaitLines(printed, subscriber, 52);
      List<String> lines = Files.readAllLines(printed.toPath());
      assertThat(lines).hasSize(52);
      assertThat(lines.get(1)).startsWith(numbered(0).toString());
      assertThat(lines.stream().distinct()).hasSize(52);
    } finally {
      subscriber.destroyForcibly();
    }
  }

  private static void awaitLines(File printed, Process subscriber, int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              List<String> lines = Files.readAllLines(printed.toPath());
              assertThat(subscriber.isAlive()).as("still running; it printed %s", lines).isTrue();
              return lines.size() >= count;
            });
  }

  private static String uri(RabbitAddress rabbit) {
    return "amqp://%s:%s@%s:%d/%s"
        .formatted(
            rabbit.username(),
            rabbit.password(),
            rabbit.host(),
            rabbit.port(),
            URLEncoder.encode(rabbit.virtualHost(), StandardCharsets.UTF_8));
  }
}
