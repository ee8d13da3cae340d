package io.bierelay.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.sandbox.StoredCounter;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/**
 * Our image with RabbitMQ, PostgreSQL and Kafka, each in a container: {@code dev/test-containers}.
 */
@EnabledIfEnvironmentVariable(named = "BIERELAY_TEST_CONTAINERS", matches = "true")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 14, unit = TimeUnit.MINUTES)
class ContainersIT {

  private static final String PASSWORD = UUID.randomUUID().toString();
  private static final int STARTS = 5;
  private static final int BURST = 20_000;
  private static final long IMAGE_BYTES = 250_000_000;
  private static final Duration HELD = Duration.ofSeconds(4);

  /** How long a start may take, in ms; nothing is asked without it. */
  private static final String LIMIT = System.getenv("BIERELAY_TEST_START_LIMIT");

  private static final Network NETWORK = Network.newNetwork();
  private static final Vertx VERTX = Vertx.vertx();
  private static final SandboxRegistry REGISTRY = new SandboxRegistry();
  private static final Map<ContentionType, Integer> SCHEMAS = REGISTRY.registerContentionSchemas();
  private static final ContentionEvents EVENTS = new ContentionEvents(20261122);

  private static Contained kafka;
  private static Contained rabbit;
  private static Contained postgres;
  private static Contained ingest;
  private static Contained workflow;
  private static EventPublisher publisher;
  private static String gateway;
  private static int registryPort;

  @BeforeAll
  static void startAll() throws Exception {
    REGISTRY.start();
    gateway =
        DockerClientFactory.lazyClient()
            .inspectNetworkCmd()
            .withNetworkId(NETWORK.getId())
            .exec()
            .getIpam()
            .getConfig()
            .get(0)
            .getGateway();
    registryPort = forward(REGISTRY.url());
    rabbit =
        Contained.server(
                "rabbitmq",
                Images.RABBITMQ,
                NETWORK,
                5672,
                Map.of("RABBITMQ_DEFAULT_USER", "bie", "RABBITMQ_DEFAULT_PASS", PASSWORD))
            .start();
    postgres =
        Contained.server(
                "postgres",
                Images.POSTGRES,
                NETWORK,
                5432,
                Map.of("POSTGRES_USER", "bie", "POSTGRES_PASSWORD", PASSWORD, "POSTGRES_DB", "bie"))
            .start();
    kafka = kafka();
    kafka.start();
    createTopics();
    publisher = new EventPublisher(kafkaProperties(), SCHEMAS);
    workflow = Contained.relay("workflow", gateway, NETWORK, settings(), "workflow").start();
    awaitReady(workflow);
    ingest =
        Contained.relay("svc-bie-kafka", gateway, NETWORK, settings(), "svc-bie-kafka").start();
    awaitReady(ingest);
  }

  @AfterAll
  static void endAll() {
    Stream.of(publisher, ingest, workflow, kafka, rabbit, postgres, REGISTRY)
        .filter(Objects::nonNull)
        .forEach(
            one -> {
              try {
                one.close();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    NETWORK.close();
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  /** The registry is in this JVM; the containers reach it by their network's gateway. */
  private static int forward(String url) throws Exception {
    int port = URI.create(url).getPort();
    NetClient client = VERTX.createNetClient();
    return VERTX
        .createNetServer()
        .connectHandler(
            in -> {
              in.pause();
              client
                  .connect(port, "127.0.0.1")
                  .onFailure(e -> in.close())
                  .onSuccess(
                      out -> {
                        in.closeHandler(v -> out.close());
                        out.closeHandler(v -> in.close());
                        in.pipeTo(out);
                        out.pipeTo(in);
                      });
            })
        .listen(0, gateway)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS)
        .actualPort();
  }

  private static Contained kafka() {
    Map<String, String> environment = new HashMap<>();
    environment.put("KAFKA_NODE_ID", "1");
    environment.put("KAFKA_PROCESS_ROLES", "broker,controller");
    environment.put("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER");
    environment.put("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093");
    environment.put(
        "KAFKA_LISTENERS", "INSIDE://:9092,CONTROLLER://localhost:9093,OUTSIDE://:9094");
    environment.put(
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
        "INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT,OUTSIDE:PLAINTEXT");
    environment.put("KAFKA_INTER_BROKER_LISTENER_NAME", "INSIDE");
    environment.put("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1");
    environment.put("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1");
    environment.put("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1");
    environment.put("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
    // What it calls itself to the outside is known only once it has its port.
    return Contained.server("kafka", Images.KAFKA, NETWORK, 9094, environment)
        .advertising("INSIDE://kafka:9092,OUTSIDE://localhost:");
  }

  private static Properties kafkaProperties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", "localhost:" + kafka.port());
    return properties;
  }

  private static void createTopics() {
    List<NewTopic> topics =
        Arrays.stream(ContentionType.values())
            .map(type -> new NewTopic(type.topic(), 3, (short) 1))
            .toList();
    patiently()
        .ignoreExceptions()
        .until(
            () -> {
              try (Admin admin = Admin.create(kafkaProperties())) {
                admin.createTopics(topics).all().get(20, TimeUnit.SECONDS);
              } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                  throw e;
                }
              }
              return true;
            });
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("BIE_ADMIN_INSECURE_ROLE", "viewer");
    settings.put("BIE_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092");
    settings.put("BIE_KAFKA_SECURITY_PROTOCOL", "plaintext");
    settings.put("BIE_KAFKA_GROUP_ID", "containers");
    settings.put("BIE_KAFKA_TOPIC_INFIX", ContentionType.INFIX);
    settings.put("BIE_KAFKA_TOPIC_TEMPLATE", "{infix}_CONTENTION_BIE_{event}");
    settings.put("BIE_REGISTRY_URLS", "http://registry:" + registryPort);
    settings.put("BIE_RABBITMQ_HOST", "rabbitmq");
    settings.put("BIE_RABBITMQ_USERNAME", "bie");
    settings.put("BIE_RABBITMQ_PASSWORD", PASSWORD);
    settings.put("BIE_POSTGRES_HOST", "postgres");
    settings.put("BIE_POSTGRES_DATABASE", "bie");
    settings.put("BIE_POSTGRES_USERNAME", "bie");
    settings.put("BIE_POSTGRES_PASSWORD", PASSWORD);
    return settings;
  }

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofSeconds(180)).pollInterval(Duration.ofMillis(200));
  }

  private static void awaitReady(Contained relay) {
    patiently()
        .failFast(
            () -> {
              if (!relay.running()) {
                throw new IllegalStateException(relay.name() + " ended:\n" + relay.logs());
              }
            })
        .until(() -> new AdminClient(relay.url()).status("/health/ready") == 200);
  }

  /** All that Kafka took is in the table, type by type, and nothing else. */
  private static void awaitStored(String when) {
    publisher.flush();
    Map<ContentionType, Long> published = publisher.published();
    PostgresAddress database =
        new PostgresAddress("127.0.0.1", postgres.port(), "bie", "bie", PASSWORD);
    patiently()
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              try (StoredCounter counter = new StoredCounter(database)) {
                assertThat(counter.stored()).isEqualTo(published);
              } catch (IllegalStateException e) {
                throw new AssertionError(e.getMessage(), e);
              }
            });
    System.out.printf("%n%s%n%-24s %10s %10s%n", when, "", "published", "stored");
    published.forEach(
        (type, count) -> System.out.printf("%-24s %10d %10d%n", type.eventType(), count, count));
  }

  @Test
  @Order(1)
  void theImageIsSmallAndConfined() throws Exception {
    long size = DockerClientFactory.lazyClient().inspectImageCmd(Images.RELAY).exec().getSize();
    System.out.printf("image: %d MB%n", size / 1_000_000);
    assertThat(size).isLessThanOrEqualTo(IMAGE_BYTES);
    for (Contained relay : List.of(ingest, workflow)) {
      assertThat(relay.exec("id", "-u").getStdout().strip()).isEqualTo("10001");
      assertThat(relay.exec("grep", "CapEff", "/proc/1/status").getStdout()).contains("00000000");
      for (String path : List.of("/app/x", "/x", "/etc/x", "/opt/java/x", "/var/tmp/x")) {
        var written = relay.exec("touch", path);
        assertThat(written.getExitCode()).as(path).isNotZero();
        assertThat(written.getStderr()).contains("Read-only file system");
      }
      assertThat(relay.exec("cat", "/proc/1/cmdline").getStdout()).startsWith("java\0");
    }
  }

  @Test
  @Order(2)
  void fromEndToEndWithin384MiB() throws Exception {
    publisher.publishAll(EVENTS, BURST);
    awaitStored("a burst of " + BURST);
    for (Contained relay : List.of(ingest, workflow)) {
      System.out.printf("%s: at most %d MiB%n", relay.name(), relay.peakMiB());
      assertThat(relay.state().getOOMKilled()).isFalse();
      assertThat(relay.peakMiB()).isLessThan(384);
    }
  }

  @Test
  @Order(3)
  void nothingIsLostWhateverIsPausedKilledOrCutOff() {
    publisher.publishSteadily(EVENTS, 100);
    for (Contained each : List.of(ingest, workflow, rabbit, postgres, kafka)) {
      fault(each, "paused", each::pause, each::unpause);
      fault(each, "killed", each::kill, each::startAgain);
      fault(each, "cut off", each::disconnect, each::reconnect);
    }
    publisher.pause();
    awaitStored("after all faults");
    for (Contained relay : List.of(ingest, workflow)) {
      assertThat(relay.state().getOOMKilled()).isFalse();
    }
  }

  private static void fault(Contained each, String what, Runnable begin, Runnable end) {
    begin.run();
    await().pollDelay(HELD).atMost(HELD.multipliedBy(2)).until(() -> true);
    end.run();
    long from = System.nanoTime();
    awaitReady(workflow);
    awaitReady(ingest);
    long published = publisher.published().values().stream().mapToLong(Long::longValue).sum();
    patiently()
        .until(
            () ->
                publisher.published().values().stream().mapToLong(Long::longValue).sum()
                    > published);
    System.out.printf(
        "%-14s %-8s ready again after %.1f s%n",
        each.name(), what, (System.nanoTime() - from) / 1e9);
  }

  @Test
  @Order(4)
  void aStartIsQuick() throws Exception {
    assertThat(ingest.stop()).isZero();
    assertThat(workflow.stop()).isZero();
    for (String role : List.of("svc-bie-kafka", "workflow")) {
      Took with = median(role, "");
      Took without = median(role, " -Xshare:off");
      System.out.printf(
          "%s: start to ready, median of %d: %s with the cache, %s without%n",
          role, STARTS, with, without);
      // The processor's time, for the clock's says more of what else the machine does.
      assertThat(with.cpu()).isLessThan(without.cpu());
      if (LIMIT != null) {
        assertThat(with.clock()).as(role).isLessThanOrEqualTo(Long.parseLong(LIMIT));
      }
    }
  }

  /** In ms. */
  private record Took(long clock, long cpu) {
    @Override
    public String toString() {
      return "%d ms (%d ms of CPU)".formatted(clock, cpu);
    }
  }

  private static Took median(String role, String more) throws Exception {
    List<Long> clock = new ArrayList<>();
    List<Long> cpu = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      Map<String, String> environment = settings();
      environment.put(
          "JAVA_TOOL_OPTIONS",
          "-XX:MaxRAMPercentage=50 -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
              + " -XX:CompileThresholdScaling=2 -Xms48m -XX:NewSize=32m -XX:SurvivorRatio=3"
              + more);
      try (Contained relay = Contained.relay(role, gateway, NETWORK, environment, role)) {
        relay.start();
        // Not the first start: that one includes Testcontainers' own looks at it. And ready first:
        // the first process of a container does not hear SIGTERM before it asks for it.
        awaitReady(relay);
        assertThat(relay.stop()).as("exit code of %s; it said:%n%s", role, relay.logs()).isZero();
        long from = System.nanoTime();
        relay.startAgain();
        await()
            .atMost(Duration.ofSeconds(120))
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(10))
            .until(() -> new AdminClient(relay.url()).status("/health/ready") == 200);
        clock.add((System.nanoTime() - from) / 1_000_000);
        cpu.add(relay.cpuMillis());
        assertThat(relay.stop()).as("exit code of %s; it said:%n%s", role, relay.logs()).isZero();
      }
    }
    return new Took(middle(clock), middle(cpu));
  }

  private static long middle(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}
