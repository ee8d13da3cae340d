package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.Ports;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fat JAR as a process of its own: what it prints, and the code that it ends with. */
@Timeout(120)
class CommandLineIT {

  private static final Path JAR = Path.of(System.getProperty("bierelay.jar"));
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  @TempDir Path directory;

  private final List<Process> processes = new ArrayList<>();
  private final int adminPort = Ports.free();

  @AfterEach
  void endAll() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  /** How a process ended. */
  private record Ended(int code, String out, String err) {}

  private Path out() {
    return directory.resolve("out");
  }

  private Path err() {
    return directory.resolve("err");
  }

  private Process run(List<String> jvm, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.add("-jar");
    command.add(JAR.toString());
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out().toFile())
            .redirectError(err().toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("BIE_"));
    environment.put("BIE_ADMIN_PORT", String.valueOf(adminPort));
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private Ended end(Process process) throws IOException, InterruptedException {
    assertThat(process.waitFor(SOON.toSeconds(), TimeUnit.SECONDS))
        .as("ended within %s; out: %s", SOON, Files.readString(out()))
        .isTrue();
    return new Ended(process.exitValue(), Files.readString(out()), Files.readString(err()));
  }

  private Ended end(String... arguments) throws IOException, InterruptedException {
    return end(run(List.of(), arguments));
  }

  /** Nobody listens on the ports that it names. */
  private Path conf(String more) throws IOException {
    return Files.writeString(
        directory.resolve("relay.yaml"),
        """
        kafka.bootstrap.servers: 127.0.0.1:%d
        kafka.security.protocol: sasl-plaintext
        kafka.sasl.username: somebody
        kafka.sasl.password: topsecret1
        kafka.group.id: some-group
        kafka.topic.infix: TST
        registry.urls: http://127.0.0.1:%d
        rabbitmq:
          host: 127.0.0.1
          port: %d
          username: somebody
          password: topsecret2
        %s
        """
            .formatted(Ports.free(), Ports.free(), Ports.free(), more));
  }

  private String get(String path, int status) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HTTP.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
                .timeout(Duration.ofSeconds(2))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return response.body();
  }

  private void awaitLive() {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(() -> get("/health/live", 200));
  }

  @Test
  void helpNamesOptionsAndExitCodes() throws Exception {
    Ended ended = end("--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains("--role", "--conf", "--verticles", "--help", "--version", "config")
        .contains("Exit codes:", "0 ", "1 ", "2 ", "3 ", "4 ");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void theVersionIsTheManifests() throws Exception {
    String manifest;
    try (JarFile jar = new JarFile(JAR.toFile())) {
      manifest = jar.getManifest().getMainAttributes().getValue("Implementation-Version");
    }
    assertThat(manifest).matches("\\d+\\.\\d+\\.\\d+.*");
    Ended ended = end("--version");
    assertThat(ended.code()).isZero();
    assertThat(ended.out().strip()).isEqualTo("bie-relay " + manifest);
  }

  @Test
  void anUnknownRoleIsAUsageError() throws Exception {
    Ended ended = end("--role", "nonsense");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .contains("unknown role 'nonsense'")
        .contains("reporting-listener, svc-bie-kafka, workflow")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--rol workflow", "", "--role", "--config x"})
  void aWrongCommandLineIsAUsageError(String line) throws Exception {
    Ended ended = end(line.isEmpty() ? new String[0] : line.split(" "));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("Usage: bie-relay").doesNotContain("\tat ");
  }

  @ParameterizedTest
  @CsvSource({
    "--role workflow --cofn x,Possible solutions: --conf",
    "--role workflow cofnig,Did you mean: bie-relay config"
  })
  void aTypoInTheCommandLineIsUnderstood(String line, String meant) throws Exception {
    Ended ended = end(line.split(" "));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains(meant).doesNotContain("\tat ");
  }

  @Test
  void everyConfigurationProblemIsToldInOneRun() throws Exception {
    Path conf = conf("kafka.gruop.id: x\nlaunch.stop.timeout: soon\nadmin.port: 99999");
    Ended ended =
        end("--role", "svc-bie-kafka", "--conf", conf.toString(), "--conf", "missing.yaml");
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err())
        .contains("unknown key 'kafka.gruop.id'; did you mean 'kafka.group.id'?")
        .contains("'launch.stop.timeout' has value 'soon'")
        .contains("'admin.port' has value '99999'")
        .contains("--conf missing.yaml: no such file or directory")
        .doesNotContain("topsecret", "\tat ");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void whatIsMissingIsToldInOneRun() throws Exception {
    Ended ended = end("--role", "svc-bie-kafka,workflow");
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err())
        .contains("'kafka.bootstrap.servers' is required", "'kafka.group.id' is required")
        .contains("'rabbitmq.password' is required", "BIE_RABBITMQ_PASSWORD");
  }

  @Test
  void aMissingFileIsAConfigurationError() throws Exception {
    Ended ended = end("--role", "workflow", "--conf", "missing.yaml");
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err()).contains("missing.yaml: no such file");
  }

  @Test
  void aTopicOfNoKnownTypeIsAConfigurationError() throws Exception {
    Ended ended =
        end(
            "--role",
            "svc-bie-kafka",
            "--conf",
            conf("kafka.topics: TST_CONTENTION_UPDATED_V02,TST_NONSENSE").toString());
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err()).contains("TST_NONSENSE").contains("event.types");
  }

  @Test
  void aPortThatIsTakenPreventsTheStart() throws Exception {
    try (ServerSocket taken = new ServerSocket(adminPort, 1, InetAddress.getByName("127.0.0.1"))) {
      Ended ended = end("--role", "svc-bie-kafka", "--conf", conf("").toString());
      assertThat(ended.code()).isEqualTo(4);
      assertThat(ended.err())
          .contains("AdminVerticle did not start", ":" + taken.getLocalPort(), "admin.port")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void configShowsEachValueWithItsSourceAndMasksSecrets() throws Exception {
    Path conf = conf("");
    Ended ended = end("--role", "svc-bie-kafka", "--conf", conf.toString(), "config");
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .containsPattern("(?m)^admin\\.port +" + adminPort + " +environment$")
        .containsPattern("(?m)^admin\\.host +127\\.0\\.0\\.1 +default$")
        .containsPattern("(?m)^kafka\\.group\\.id +some-group +\\Q" + conf + "\\E$")
        .containsPattern("(?m)^kafka\\.sasl\\.password +\\*{6} +\\Q" + conf + "\\E$")
        .containsPattern("(?m)^kafka\\.ssl\\.key\\.password +unset$")
        .doesNotContain("topsecret")
        .doesNotContain("postgres");
  }

  @Test
  void withoutItsServersItStaysUpAndSaysWhatItWaitsFor() throws Exception {
    Process process = run(List.of(), "--role", "svc-bie-kafka", "--conf", conf("").toString());
    awaitLive();
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(get("/health/ready", 503))
                    .contains("KafkaIngestVerticle", "WAITING", "Kafka at 127.0.0.1")
                    .contains("RabbitMQ at 127.0.0.1")
                    .doesNotContain("topsecret"));
    get("/health/live", 200);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(get("/metrics", 200)).contains("jvm_memory_used_bytes"));
    assertThat(process.isAlive()).isTrue();
    process.destroy();
    Ended ended = end(process);
    assertThat(ended.code()).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).doesNotContain("topsecret", " ERROR ");
    assertThat(ended.out().lines().filter(line -> line.contains(" WARN ")))
        .anyMatch(line -> line.contains(" waits: "))
        .allMatch(line -> line.contains(" waits: ") || line.contains("every user of this machine"));
  }

  @Test
  void nothingIsWrittenToTheDisk() throws Exception {
    Path temporary = Files.createDirectory(directory.resolve("tmp"));
    Process process =
        run(
            List.of("-XX:-UsePerfData", "-Djava.io.tmpdir=" + temporary),
            "--role",
            "svc-bie-kafka",
            "--conf",
            conf("").toString());
    awaitLive();
    process.destroy();
    assertThat(end(process).code()).isZero();
    assertThat(temporary).isEmptyDirectory();
  }

  /** Before the hook is there the JVM alone answers the signal, with 143. */
  @ParameterizedTest
  @ValueSource(ints = {50, 150, 250, 350, 450, 600, 800, 1_000, 1_250, 1_500})
  void aSignalAtAnyMomentEndsIt(int millis) throws Exception {
    Process process =
        run(
            List.of("-Xlog:class+load:file=" + directory.resolve("classes")),
            "--role",
            "svc-bie-kafka",
            "--conf",
            conf("").toString());
    assertThat(process.waitFor(millis, TimeUnit.MILLISECONDS)).isFalse();
    process.destroy();
    long begun = System.nanoTime();
    Ended ended = end(process);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    if (ended.code() != 0) {
      assertThat(ended.code()).isEqualTo(143);
      // Whoever begins to start Vert.x has its hook.
      assertThat(Files.readString(directory.resolve("classes")))
          .doesNotContain(" io.vertx.core.impl.VertxImpl ");
    }
    assertThat(ended.out()).doesNotContain(" ERROR ");
  }

  @Test
  void aSecondStartAfterAKillIsNotInTheWay() throws Exception {
    String conf = conf("").toString();
    Process killed = run(List.of(), "--role", "svc-bie-kafka", "--conf", conf);
    awaitLive();
    killed.destroyForcibly().waitFor();
    Process next = run(List.of(), "--role", "svc-bie-kafka", "--conf", conf);
    awaitLive();
    next.destroy();
    assertThat(end(next).code()).isZero();
  }

  @Test
  void aVerticleThatIsSwitchedOffIsNotLoaded() throws Exception {
    assertThat(loaded(true))
        .contains("io.bierelay.ingest.KafkaIngestVerticle ")
        .contains("org.apache.kafka.clients.");
    assertThat(loaded(false))
        .contains("io.bierelay.notify.RabbitNotifierVerticle ")
        .doesNotContain("io.bierelay.ingest.KafkaIngestVerticle ")
        .doesNotContain("org.apache.kafka.clients.consumer.KafkaConsumer ");
  }

  private String loaded(boolean ingest) throws Exception {
    Path verticles =
        Files.writeString(
            directory.resolve("verticles.json"),
            """
            {"roles": {"svc-bie-kafka": [
              {"verticle": "AdminVerticle"},
              {"verticle": "RabbitNotifierVerticle"},
              {"verticle": "KafkaIngestVerticle", "enabled": %s}]}}
            """
                .formatted(ingest));
    Path conf = conf("");
    if (!ingest) {
      // With which nothing would be started where nobody uses it.
      List<String> lines = Files.readAllLines(conf);
      lines.removeIf(line -> line.startsWith("kafka.sasl.password"));
      Files.write(conf, lines);
    }
    Path classes = directory.resolve("classes-" + ingest);
    Process process =
        run(
            List.of("-Xlog:class+load:file=" + classes),
            "--role",
            "svc-bie-kafka",
            "--conf",
            conf.toString(),
            "--verticles",
            verticles.toString());
    awaitLive();
    await().atMost(SOON).untilAsserted(() -> get("/health/started", 200));
    process.destroy();
    assertThat(end(process).code()).isZero();
    return Files.readString(classes);
  }

  @Test
  void checkSaysWhatIsWrongInTimeAndWithoutSecrets() throws Exception {
    long began = System.nanoTime();
    Path conf = conf("");
    Ended ended = end("check", "--role", "svc-bie-kafka", "--conf", conf.toString());
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    assertThat(ended.code()).as(ended.err()).isEqualTo(1);
    assertThat(ended.out())
        .contains("\nKafka\n".strip(), "✗ TCP", "nobody listens", "→ is the server running?")
        .doesNotContain("topsecret");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void checkSpeaksJson() throws Exception {
    Path conf = conf("");
    Ended ended = end("--role", "svc-bie-kafka", "check", "--json", "--conf", conf.toString());
    assertThat(ended.code()).isEqualTo(1);
    JsonObject said = new JsonObject(ended.out());
    assertThat(said.getBoolean("passed")).isFalse();
    assertThat(said.getJsonArray("findings").encode())
        .contains("\"outcome\":\"failed\"", "\"server\":\"Schema registry\"")
        .doesNotContain("topsecret");
  }

  @Test
  void checkRefusesAWrongCommandLineAndConfiguration() throws Exception {
    assertThat(end("check").code()).isEqualTo(2);
    assertThat(end("check", "--role", "nobody").code()).isEqualTo(2);
    assertThat(end("check", "--role", "workflow", "--show-values").code()).isEqualTo(2);
    Ended ended = end("check", "--role", "svc-bie-kafka", "--env", "qs");
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err()).contains("--env qs: no such environment", "qa");
    Ended incomplete = end("config", "--role", "svc-bie-kafka", "--env", "qa");
    assertThat(incomplete.code()).isEqualTo(3);
    assertThat(incomplete.err())
        .contains("'rabbitmq.password' is required")
        .doesNotContain("bootstrap");
  }

  @Test
  void aSecretInTheCommandLineIsWarnedAboutAndNeverRepeated() throws Exception {
    Process process =
        run(
            List.of("-Daws.secretAccessKey=hunter-22"),
            "--role",
            "svc-bie-kafka",
            "--conf",
            conf("").toString());
    await()
        .atMost(SOON)
        .until(() -> Files.readString(out()).contains("a secret ('aws.secretAccessKey')"));
    process.destroy();
    Ended ended = end(process);
    assertThat(ended.out() + ended.err()).contains("command line").doesNotContain("hunter");

    for (List<String> arguments :
        List.of(List.of("--rabbitmq.password=hunter-22"), List.of("--api-token", "hunter-22"))) {
      Ended refused = end(arguments.toArray(String[]::new));
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.out() + refused.err()).contains("******").doesNotContain("hunter");
    }
  }

  @Test
  void anotherRoleIsNotStartedWithKafkasCredentials() throws Exception {
    Ended ended =
        end(
            "--role",
            "workflow",
            "--conf",
            conf("postgres: {database: d, username: u, password: p}").toString());
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err())
        .contains("'kafka.sasl.password' is given", "take it out")
        .doesNotContain("topsecret");
  }
}
