package io.bierelay.persist;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.status.VerticleStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** The verticle alone against real servers, with what a test does to it and asks it. */
final class WorkflowUnderTest implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(60);

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Queue<VerticleStatus> statuses = new ConcurrentLinkedQueue<>();
  private final Queue<String> logged = new ConcurrentLinkedQueue<>();
  private final Vertx vertx;
  private final RabbitAddress rabbit;
  private final PostgresAddress postgres;
  private final Connection connection;
  private final Channel channel;
  private final LogTap tap = new LogTap();

  WorkflowUnderTest(RabbitAddress rabbit, PostgresAddress postgres) throws Exception {
    this.rabbit = rabbit;
    this.postgres = postgres;
    this.vertx =
        Vertx.builder()
            .with(
                new io.vertx.core.VertxOptions()
                    .setMetricsOptions(new MicrometerMetricsOptions().setEnabled(true)))
            .withMetrics(new MicrometerMetricsFactory(registry))
            .build();
    this.connection = rabbit.connect();
    this.channel = connection.createChannel();
    channel.confirmSelect();
    ch.qos.logback.classic.Logger own = logger("io.bierelay");
    own.setLevel(Level.TRACE);
    tap.setContext(own.getLoggerContext());
    tap.start();
    logger("ROOT").addAppender(tap);
    vertx
        .eventBus()
        .<JsonObject>consumer(
            VerticleStatus.ADDRESS, m -> statuses.add(VerticleStatus.fromJson(m.body())));
  }

  private static ch.qos.logback.classic.Logger logger(String name) {
    return (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(name);
  }

  private final class LogTap extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent event) {
      String thrown =
          event.getThrowableProxy() == null
              ? ""
              : "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy());
      logged.add(
          event.getLevel()
              + " "
              + event.getLoggerName()
              + " "
              + event.getFormattedMessage()
              + thrown);
    }
  }

  Vertx vertx() {
    return vertx;
  }

  /** Deploys, with settings over those of the servers; returns the deployment's id. */
  String deploy(Map<String, Object> over, int instances) throws Exception {
    statuses.clear();
    JsonObject config = new JsonObject();
    rabbit.settings().forEach(config::put);
    postgres.settings().forEach(config::put);
    over.forEach(config::put);
    return vertx
        .deployVerticle(
            EventPersistVerticle.class,
            new DeploymentOptions().setConfig(config).setInstances(instances))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  void undeploy(String id) throws Exception {
    vertx.undeploy(id).toCompletionStage().toCompletableFuture().get(15, TimeUnit.SECONDS);
  }

  VerticleStatus awaitState(VerticleStatus.State state) {
    await().atMost(PATIENCE).until(() -> last() != null && last().state() == state);
    return last();
  }

  private VerticleStatus last() {
    VerticleStatus last = null;
    for (VerticleStatus status : statuses) {
      last = status;
    }
    return last;
  }

  List<String> logged() {
    return List.copyOf(logged);
  }

  /** Publishes as svc-bie-kafka does, to the exchange of a type. */
  void publish(String type, String id, Map<String, Object> headers, String body) throws Exception {
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId(id)
            .contentType("application/json")
            .deliveryMode(2)
            .headers(headers)
            .build();
    channel.basicPublish(
        "bie-events-" + type, type + ".topic.0", properties, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Publishes so many simple events of one type with ids that follow from their numbers. */
  void publishNumbered(String type, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      publish(
          type,
          numbered(i).toString(),
          headers(type, i),
          notification(
              type, "{\"ClaimId\":%d,\"DiagnosticTypeCode\":\"%d\"}".formatted(i, i % 50)));
    }
    confirmed();
  }

  static UUID numbered(int i) {
    return new UUID(0x5000L | ((long) i << 32), 0x8000_0000_0000_0000L | i);
  }

  void confirmed() throws Exception {
    channel.waitForConfirmsOrDie(30_000);
  }

  static Map<String, Object> headers(String type, long offset) {
    Map<String, Object> headers = new HashMap<>();
    headers.put("topic", topic(type));
    headers.put("partition", 0);
    headers.put("offset", offset);
    headers.put("event-type", type);
    headers.put("notified-at", 1_686_598_140_987L);
    return headers;
  }

  static String topic(String type) {
    return switch (type) {
      case "contention-associated" -> "TST_CONTENTION_BIE_CONTENTION_ASSOCIATED_TO_CLAIM_V02";
      default ->
          "TST_CONTENTION_BIE_"
              + type.replace('-', '_').toUpperCase(java.util.Locale.ROOT)
              + "_V02";
    };
  }

  static String notification(String type, String event) {
    return "{\"topic\":\"%s\",\"notifiedAt\":\"2023-06-12T19:29 UTC+00:00\",\"event\":%s}"
        .formatted(topic(type), event);
  }

  /** The rows of a query, each as its columns' texts. */
  List<List<String>> query(String sql) throws SQLException {
    try (java.sql.Connection database = postgres.connect();
        Statement statement = database.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(row);
      }
      return rows;
    }
  }

  void execute(String sql) throws SQLException {
    try (java.sql.Connection database = postgres.connect();
        Statement statement = database.createStatement()) {
      statement.execute(sql);
    }
  }

  long count(String table) throws SQLException {
    return Long.parseLong(query("SELECT count(*) FROM " + table).get(0).get(0));
  }

  void awaitCount(String table, long expected) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(SQLException.class)
        .until(() -> count(table) >= expected);
  }

  /** The next dead letter, taken from its queue; null if there is none. */
  GetResponse deadLetter() throws Exception {
    return channel.basicGet("bie-events-dead-letter", true);
  }

  long ready(String queue) throws Exception {
    return channel.messageCount(queue);
  }

  /** What a counter says, over all its tags. */
  double total(String metric) {
    return registry.find(metric).counters().stream().mapToDouble(c -> c.count()).sum();
  }

  /** Another channel's work, such as declaring something that clashes. */
  Connection connection() {
    return connection;
  }

  @Override
  public void close() throws Exception {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } finally {
      logger("ROOT").detachAppender(tap);
      logger("io.bierelay").setLevel(null);
      connection.abort(2_000);
    }
  }
}
