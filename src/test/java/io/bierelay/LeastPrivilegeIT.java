package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.bierelay.check.Finding;
import io.bierelay.check.Finding.Outcome;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.bierelay.launch.LaunchChecks;
import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Modules;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.DocumentedPermissions;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.IngestUnderTest;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.RedisProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SandboxPostgres;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.AuthorizationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The roles run with exactly the permissions of {@code docs/permissions.md}, and no more. */
@Timeout(180)
class LeastPrivilegeIT {

  private static final DocumentedPermissions PAGE = new DocumentedPermissions();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String PASSWORD = "w-secret";
  private static final ContentionType TYPE = ContentionType.values()[1];

  @TempDir static Path directory;

  private static final RabbitProcess RABBIT = new RabbitProcess();
  private static final SandboxPostgres POSTGRES = new SandboxPostgres();
  private static RelayServers servers;
  private static EventPublisher publisher;

  @BeforeAll
  static void start() {
    RABBIT.start();
    POSTGRES.start();
    servers = new RelayServers(RABBIT.address(), POSTGRES.address()).start(2);
    publisher = servers.publisher();
    PAGE.grant(servers.kafka());
    PAGE.makeUsers(RABBIT, PASSWORD);
    PAGE.grant(RABBIT, "/");
    DocumentedPermissions.grant(POSTGRES.address(), PASSWORD);
  }

  @AfterAll
  static void stop() {
    publisher.close();
    servers.close();
    RABBIT.close();
    POSTGRES.close();
  }

  private static Map<String, Object> settings(String user, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("admin.port", Ports.free());
    settings.put("rabbitmq.username", user);
    settings.put("rabbitmq.password", PASSWORD);
    settings.putAll(more);
    return settings;
  }

  private static Map<String, Object> workflow() {
    Map<String, Object> settings =
        settings(
            "workflow",
            Map.of(
                "postgres.username",
                DocumentedPermissions.STORING,
                "postgres.password",
                PASSWORD,
                "postgres.migration.username",
                POSTGRES.address().username(),
                "postgres.migration.password",
                POSTGRES.address().password()));
    settings.remove("kafka.sasl.password"); // With which it would not be started.
    return settings;
  }

  @ParameterizedTest
  @CsvSource({"relay,at-least-once", "relay-exactly-once,exactly-once"})
  void theRolesDoAllTheirWork(String user, String delivery) throws Exception {
    int before = rows();
    int letters = letters();
    LauncherRelay relay = new LauncherRelay();
    LauncherRelay workflow = new LauncherRelay();
    try {
      Map<String, Object> storing = workflow();
      workflow.start(List.of("workflow"), storing);
      // Until its queues are bound, what is published is parked.
      AdminClient admin = new AdminClient("http://127.0.0.1:" + storing.get("admin.port"));
      await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
      relay.start(List.of("svc-bie-kafka"), settings(user, Map.of("notify.delivery", delivery)));
      publisher.publishAll(new ContentionEvents(7), 50);
      publisher.publish(new ProducerRecord<>(TYPE.topic(), "k", new byte[] {1, 2, 3})).get();
      await().atMost(LIMIT).until(() -> rows() == before + 50);
      await().atMost(LIMIT).until(() -> letters() == letters + 1);
    } finally {
      relay.stop();
      workflow.stop();
    }
    assertThat(findings("svc-bie-kafka", settings(user, Map.of())))
        .noneMatch(one -> one.outcome() == Outcome.FAILED);
    assertThat(findings("workflow", workflow())).noneMatch(one -> one.outcome() == Outcome.FAILED);
  }

  private static List<Finding> findings(String role, Map<String, Object> settings)
      throws IOException {
    Path file = Files.createTempFile(directory, "settings", ".json");
    Files.writeString(file, new JsonObject(settings).encode());
    Vertx vertx = Vertx.vertx();
    try {
      LaunchRequest request =
          new LaunchRequest(List.of(role), List.of(file), Optional.empty(), Map.of());
      LaunchPlan plan =
          LaunchPlan.make(vertx, request, Modules.onClassPath())
              .toCompletionStage()
              .toCompletableFuture()
              .join();
      return LaunchChecks.run(vertx, plan, 0, false).findings();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private interface Doing {
    void on(Channel channel) throws Exception;
  }

  private static int refusal(String user, Doing doing) throws Exception {
    RabbitAddress as = RABBIT.address();
    try (Connection connection =
        new RabbitAddress(as.host(), as.port(), user, PASSWORD, as.virtualHost()).connect()) {
      Channel channel = connection.createChannel();
      try {
        channel.confirmSelect();
        doing.on(channel);
        channel.waitForConfirms(5_000);
        return 0;
      } catch (IOException | ShutdownSignalException e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
          if (t instanceof ShutdownSignalException shutdown
              && shutdown.getReason() instanceof AMQP.Channel.Close close) {
            return close.getReplyCode();
          }
        }
        throw e;
      }
    }
  }

  @Test
  void rabbitRefusesTheRest() throws Exception {
    String exchange = TYPE.exchange();
    String queue = exchange + ".workflow";
    byte[] body = {1};
    try (Connection connection = RABBIT.address().connect()) {
      Channel channel = connection.createChannel();
      channel.exchangeDeclare(exchange, "topic", true);
      channel.queueDeclare(
          queue,
          true,
          false,
          false,
          Map.of("x-queue-type", "quorum", "x-dead-letter-exchange", "bie-events-dead-letter"));
      channel.queueDeclare("bie-ledger.T.0", true, false, false, Map.of());
    }
    assertThat(refusal("workflow", c -> c.basicPublish(exchange, "x", null, body))).isEqualTo(403);
    assertThat(refusal("workflow", c -> c.exchangeDeclare("mine", "topic"))).isEqualTo(403);
    assertThat(refusal("workflow", c -> c.basicGet("bie-ledger.T.0", true))).isEqualTo(403);
    for (String relay : List.of("relay", "relay-exactly-once")) {
      assertThat(refusal(relay, c -> c.basicGet(queue, true))).isEqualTo(403);
      assertThat(refusal(relay, c -> c.queueDelete(queue))).isEqualTo(403);
      assertThat(refusal(relay, c -> c.queuePurge(queue))).isEqualTo(403);
      assertThat(refusal(relay, c -> c.queueBind(queue, exchange, "x"))).isEqualTo(403);
      assertThat(refusal(relay, c -> c.basicPublish("amq.topic", "x", null, body))).isEqualTo(403);
    }
    assertThat(refusal("relay", c -> c.basicPublish("", queue, null, body))).isEqualTo(403);
    assertThat(refusal("relay", c -> c.basicGet("bie-ledger.T.0", true))).isEqualTo(403);
    assertThat(refusal("relay-exactly-once", c -> c.basicGet("bie-ledger.T.0", true))).isZero();
  }

  @Test
  void kafkaRefusesTheRest() throws Exception {
    servers.kafka().createTopics(List.of("ANOTHER"), 1);
    try (Admin admin = Admin.create(servers.kafka().serviceProperties())) {
      assertThatThrownBy(() -> admin.describeTopics(List.of("ANOTHER")).allTopicNames().get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(AuthorizationException.class);
      assertThatThrownBy(
              () -> admin.createTopics(List.of(new NewTopic("NEW", 1, (short) 1))).all().get())
          .hasCauseInstanceOf(AuthorizationException.class);
      assertThatThrownBy(() -> admin.deleteTopics(List.of(TYPE.topic())).all().get())
          .hasCauseInstanceOf(AuthorizationException.class);
      assertThat(admin.listTopics().names().get()).doesNotContain("ANOTHER").hasSize(5);
    }
  }

  @Test
  void theFleetsDataNeedNoMoreOfRedis() throws Exception {
    String rule = PAGE.lines("(?m)^(ACL SETUSER bie-relay .*)$").get(0).group(1);
    try (RedisProcess redis = new RedisProcess().start()) {
      Map<String, Object> access = redis.settings();
      URI uri = URI.create(String.valueOf(access.get("redis.url")));
      try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
        String said =
            "AUTH %s\r\n%s\r\nQUIT\r\n"
                .formatted(access.get("redis.password"), rule.replace("PASSWORD", PASSWORD));
        socket.getOutputStream().write(said.getBytes(StandardCharsets.UTF_8));
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer).isEqualTo("+OK\r\n+OK\r\n+OK\r\n");
      }
      Map<String, Object> settings = settings("relay", access);
      settings.put("redis.username", "bie-relay");
      settings.put("redis.password", PASSWORD);
      settings.put("kafka.topics", List.of(TYPE.topic()));
      try (IngestUnderTest relay = new IngestUnderTest(settings)) {
        relay.addState();
        relay.addConsumer();
        await()
            .atMost(LIMIT)
            .until(
                () ->
                    relay
                        .ask(
                            SubscriptionBus.PAUSE,
                            new PauseRequest(
                                    TYPE.topic(), SubscriptionBus.ALL_PARTITIONS, "anna", "release")
                                .toJson())
                        .getBoolean("durable"));
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(
                            relay
                                .ask(SubscriptionBus.GROUP, new JsonObject())
                                .getJsonArray("degraded"))
                        .isEmpty());
      }
    }
  }

  private static int rows() throws Exception {
    try (var connection = POSTGRES.address().connect();
        Statement statement = connection.createStatement();
        ResultSet there = statement.executeQuery("SELECT to_regclass('bie_event') IS NOT NULL")) {
      there.next();
      if (!there.getBoolean(1)) {
        return 0;
      }
    }
    try (var connection = POSTGRES.address().connect();
        Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*) FROM bie_event")) {
      count.next();
      return count.getInt(1);
    }
  }

  private static int letters() throws Exception {
    return RABBIT
        .ctl("list_queues", "-q", "name", "messages")
        .lines()
        .filter(line -> line.startsWith("bie-events-dead-letter\t"))
        .mapToInt(line -> Integer.parseInt(line.split("\t")[1].strip()))
        .sum();
  }
}
