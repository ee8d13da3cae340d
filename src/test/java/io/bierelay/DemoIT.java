package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.Demo;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.ScratchDirectory;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The demo as a newcomer runs it, with its broker in the JVM: it works, with TLS and without, and
 * leaves nothing behind.
 */
class DemoIT {

  private static final Map<String, Set<String>> MUTUAL =
      Stream.of("Kafka", "the schema registry", "RabbitMQ", "PostgreSQL")
          .collect(Collectors.toMap(name -> name, name -> Set.of("own", "server")));
  private static final Pattern ADMIN = Pattern.compile("admin {4}(http://[^/]+)/");
  private static final Pattern PSQL =
      Pattern.compile("psql 'postgresql://.*@127\\.0\\.0\\.1:(\\d+)/");
  private static final String PLAINTEXT = "--plaintext";

  @ParameterizedTest
  @ValueSource(strings = {"", PLAINTEXT})
  void onceShowsThatAllAgreeAndLeavesNothing(String mode) throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create("demo")) {
      Process demo = run(scratch, mode, "--once", "--events", "100");
      assertThat(demo.waitFor(120, TimeUnit.SECONDS)).isTrue();
      String output = output(scratch);
      assertThat(demo.exitValue()).as(output).isZero();
      assertThat(output)
          .containsPattern("contention-updated +20 +20 +20 +=")
          .containsPattern("all +100 +100 +100 +=")
          .contains(
              "published = notified = stored, "
                  + (mode.isEmpty() ? "with TLS and client certificates" : "without TLS"))
          .containsPattern(
              mode.isEmpty() ? "TLS +for all four servers" : "TLS +off \\(--plaintext\\)");
      assertThat(leftBehind(scratch)).isEmpty();
    }
  }

  @Test
  void withTheListenerChangesReachKafkaAndByConfigurationAnExchangeOfTheirOwn() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create("demo")) {
      Process demo = run(scratch, "", "--once", "--events", "10", "--with-listener");
      assertThat(demo.waitFor(150, TimeUnit.SECONDS)).isTrue();
      String output = output(scratch);
      assertThat(demo.exitValue()).as(output).isZero();
      assertThat(output)
          .contains("tenures: 20 changes in SQS, 15 to relay, 15 in Kafka, 15 at exchange")
          .containsPattern("tenure +TenureCreatedEvent .*86400");
      assertThat(leftBehind(scratch)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", PLAINTEXT})
  void steadyRunsUntilItIsToldToStopAndLeavesNothing(String mode) throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create("demo")) {
      Process demo = run(scratch, mode, "--rate", "50");
      try {
        await()
            .atMost(Duration.ofSeconds(90))
            .until(() -> Pattern.compile("stored +[1-9]").matcher(output(scratch)).find());
        AdminClient admin = new AdminClient(group(ADMIN, scratch));
        assertThat(admin.status("/health/ready")).isEqualTo(200);
        assertThat(admin.status("/")).isEqualTo(200);
        int postgres = Integer.parseInt(group(PSQL, scratch));
        assertThat(Ports.answers("127.0.0.1", postgres)).isTrue();
        if (mode.isEmpty()) {
          await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(() -> assertThat(shown(admin)).isEqualTo(MUTUAL));
        } else {
          assertThat(shown(admin)).isEmpty();
        }

        demo.destroy();
        assertThat(demo.waitFor(10, TimeUnit.SECONDS)).as("ends in time").isTrue();
        assertThat(demo.exitValue()).isZero();
        await().until(() -> !Ports.answers("127.0.0.1", postgres));
        assertThat(leftBehind(scratch)).isEmpty();
      } finally {
        demo.destroyForcibly();
      }
    }
  }

  /** For each server whether the relay showed it a certificate, and saw its. */
  private static Map<String, Set<String>> shown(AdminClient admin) {
    Map<String, Set<String>> shown = new HashMap<>();
    for (Object one : new JsonObject(admin.body("/api/status")).getJsonArray("certificates")) {
      JsonObject fact = (JsonObject) one;
      if (!fact.getString("kind").equals("trusted")) {
        shown
            .computeIfAbsent(fact.getString("server"), server -> new HashSet<>())
            .add(fact.getString("kind"));
      }
    }
    return shown;
  }

  private static Process run(ScratchDirectory scratch, String mode, String... arguments)
      throws IOException {
    Path temporary = Files.createDirectories(scratch.resolve("tmp"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary,
                "-Dlogback.configurationFile=logback-demo.xml",
                "-Dbierelay.demo.log=" + scratch.resolve("demo.log"),
                "-cp",
                System.getProperty("java.class.path"),
                Demo.class.getName()));
    command.addAll(List.of(arguments));
    if (!mode.isEmpty()) {
      command.add(mode);
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(scratch.resolve("output").toFile())
        .start();
  }

  private static String output(ScratchDirectory scratch) throws IOException {
    return Files.readString(scratch.resolve("output"));
  }

  private static String group(Pattern pattern, ScratchDirectory scratch) throws IOException {
    Matcher matcher = pattern.matcher(output(scratch));
    assertThat(matcher.find()).as(output(scratch)).isTrue();
    return matcher.group(1);
  }

  /** The JVM's own performance data file is not ours, and goes with the process. */
  private static List<String> leftBehind(ScratchDirectory scratch) throws IOException {
    try (var files = Files.list(scratch.resolve("tmp"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith("hsperfdata"))
          .toList();
    }
  }
}
