package io.bierelay.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.bierelay.operations.Alerts.Alert;
import io.bierelay.operations.PromQl.Selector;
import io.bierelay.operations.Runbook.Ended;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionSchemas;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import io.bierelay.sandbox.SandboxAuthority;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code docs/operations.md} tells people on call to do, done: its runbooks are played word by
 * word against the JAR, and at the end every query of dashboard and alerts is put to a Prometheus
 * that has scraped it all.
 */
@Timeout(600)
@TestMethodOrder(OrderAnnotation.class)
class OperationsIT {

  private static final Duration LIMIT = Duration.ofSeconds(180);
  private static final String TOKEN = "an-operator-s-token-of-the-test-and-of-nothing-else";
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final ContentionType REFUSED = ContentionType.DELETED;
  private static final ContentionType UNHEARD = ContentionType.COMPLETED;
  private static final int EVENTS = 200;
  private static final Pattern SERIES = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"");

  /** By the scrape's configuration, and for histograms. */
  private static final Set<String> OF_SCRAPES = Set.of("job", "instance", "namespace", "role");

  @TempDir static Path directory;

  private static final RabbitProcess RABBIT = new RabbitProcess();
  private static final ContentionEvents EVENT_SOURCE = new ContentionEvents(20261122);
  private static final int WORKFLOW_PORT = Ports.free();
  private static RelayServers servers;
  private static EventPublisher publisher;
  private static RelayProcess relay;
  private static RelayProcess workflow;
  private static PrometheusProcess prometheus;
  private static Map<String, String> environment;

  @BeforeAll
  static void start() throws Exception {
    RABBIT.start();
    servers = new RelayServers(RABBIT.address()).start(2);
    publisher = servers.publisher();
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("admin.credentials.files", List.of(credentials().toString()));
    settings.put("persist.dead.letters.alert", 3);
    settings.put("kafka.tombstones", "skip");
    // The second address is asked only when the first is away; for its sake authorities are known.
    settings.put("registry.urls", List.of(servers.registry().url(), "https://127.0.0.1:1"));
    settings.put("registry.attempts", 1);
    Path trusted = new SandboxAuthority("operations").pem(directory.resolve("trusted.pem"));
    settings.put("registry.truststore.location", trusted.toString());
    startWorkflow(settings);
    awaitReady(workflow);
    relay = RelayProcess.start(List.of("svc-bie-kafka"), settings, servers.adminUrl());
    prometheus =
        new PrometheusProcess(
            new TreeMap<>(
                Map.of(
                    "svc-bie-kafka",
                    servers.adminUrl().substring("http://".length()),
                    "workflow",
                    "127.0.0.1:" + WORKFLOW_PORT)));
    awaitReady(relay);
    environment =
        Map.of(
            "K", relay.adminUrl(),
            "W", workflow.adminUrl(),
            "RELAY_ADMIN_TOKEN", TOKEN,
            "TOPIC", TYPE.topic(),
            "FROM", Instant.now().minusSeconds(86_400).toString());
  }

  private static void startWorkflow(Map<String, Object> settings) {
    Map<String, Object> own = new HashMap<>(settings);
    own.put("admin.port", WORKFLOW_PORT);
    own.remove("kafka.sasl.password"); // With which it would not be started.
    workflow = RelayProcess.start(List.of("workflow"), own, "http://127.0.0.1:" + WORKFLOW_PORT);
  }

  private static void awaitReady(RelayProcess process) {
    await()
        .atMost(LIMIT)
        .failFast("the process ended", () -> !process.isAlive())
        .until(() -> new AdminClient(process.adminUrl()).status("/health/ready") == 200);
  }

  private static Path credentials() throws Exception {
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(TOKEN.getBytes(StandardCharsets.UTF_8));
    return Files.writeString(
        directory.resolve("credentials"),
        "on-call:operator:sha256:" + HexFormat.of().formatHex(hash) + "\n");
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable one :
        new AutoCloseable[] {prometheus, relay, workflow, publisher, servers, RABBIT}) {
      if (one != null) {
        try {
          one.close();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  @Test
  @Order(1)
  void partitionHeld() throws Exception {
    publisher.publishAll(EVENT_SOURCE, EVENTS);
    await().atMost(LIMIT).until(() -> rows("TRUE") == EVENTS);
    String changed =
        ContentionSchemas.of(TYPE)
            .toString()
            .replaceFirst("\\{\"type\":\"record\"", "{\"type\":\"record\",\"doc\":\"changed\"");
    int id = servers.registry().register(TYPE.subject(), changed);
    servers.registry().stop();
    publisher
        .publish(
            new ProducerRecord<>(
                TYPE.topic(), "k", ContentionEvents.encode(EVENT_SOURCE.next(TYPE), id)))
        .get();

    Runbook runbook = runbook("Partition held");
    assertThat(runbook.size()).isEqualTo(2);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(runbook.run(0))
                    .satisfies(
                        ended -> {
                          assertThat(ended.code()).as(ended.what()).isZero();
                          assertThat(ended.what())
                              .contains("exit code 1", "held", "\"reason\":\"schema registry: GET");
                        }));
    assertThat(runbook.run(1).code()).isEqualTo(1);
    await().atMost(LIMIT).until(() -> prometheus.isRaised("BieRelayPartitionHeld"));

    servers.registry().start();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(runbook.run(1))
                    .satisfies(
                        ended -> {
                          assertThat(ended.code()).as(ended.what()).isZero();
                          assertThat(ended.what()).contains("nothing is stuck");
                        }));
    await().atMost(LIMIT).until(() -> rows("TRUE") == EVENTS + 1);
    await().atMost(LIMIT).until(() -> !prometheus.isRaised("BieRelayPartitionHeld"));
  }

  @Test
  @Order(2)
  void deadLettersGrow() throws Exception {
    long before = rows("TRUE");
    sql(
        "ALTER TABLE bie_event ADD CONSTRAINT no CHECK (event_type <> '%s') NOT VALID"
            .formatted(REFUSED.eventType()));
    for (int i = 0; i < 3; i++) {
      publisher.publish(REFUSED, EVENT_SOURCE.next(REFUSED)).get();
    }
    byte[] noAvro = "no avro".getBytes(StandardCharsets.UTF_8);
    publisher.publish(new ProducerRecord<>(TYPE.topic(), "k", noAvro)).get();
    publisher.publish(new ProducerRecord<>(TYPE.topic(), "k", noAvro)).get();
    publisher.publish(new ProducerRecord<String, byte[]>(TYPE.topic(), "k", null)).get();

    Runbook runbook = runbook("Dead letters grow");
    assertThat(runbook.size()).isEqualTo(4);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(played(runbook, 0))
                    .contains("\"refused-by-database\":3", "\"not-wire-format\":2"));
    await().atMost(LIMIT).until(() -> prometheus.isRaised("BieRelayDeadLettersGrow"));
    await().atMost(LIMIT).until(() -> prometheus.isRaised("BieRelayDeadLettersMany"));

    sql("ALTER TABLE bie_event DROP CONSTRAINT no");
    assertThat(played(runbook, 1)).contains("\"done\":3", "\"complete\":true");
    await().atMost(LIMIT).until(() -> rows("TRUE") == before + 3);
    assertThat(played(runbook, 2)).contains("\"done\":2", "\"complete\":true");
    assertThat(played(runbook, 3)).contains("\"total\":0");
    await().atMost(LIMIT).until(() -> !prometheus.isRaised("BieRelayDeadLettersMany"));
    assertThat(count("dead_letter_action", "TRUE")).isPositive();
  }

  @Test
  @Order(3)
  void replayADay() throws Exception {
    String ofType = "event_type = '" + TYPE.eventType() + "'";
    long all = rows(ofType);
    sql(
        "DELETE FROM bie_event WHERE uuid IN (SELECT uuid FROM bie_event WHERE %s LIMIT 7)"
            .formatted(ofType));
    Runbook runbook = runbook("Replay a day");
    assertThat(runbook.size()).isEqualTo(2);
    JsonObject dry = new JsonObject(played(runbook, 0));
    long announced = dry.getLong("events");
    assertThat(dry.getBoolean("dryRun")).isTrue();
    // Beside the rows there are two records that became dead letters, and a tombstone.
    assertThat(announced).isEqualTo(all + 3);
    assertThat(dry.getJsonArray("elsewhere")).isEmpty();
    assertThat(rows(ofType)).isEqualTo(all - 7);

    JsonObject done = new JsonObject(played(runbook, 1));
    assertThat(done.getLong("events")).isEqualTo(announced);
    await().atMost(LIMIT).until(() -> rows(ofType) == all);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(scrape(workflow))
                    .containsPattern(
                        "bie_persist_duplicates_total\\{type=\"%s\"[^}]*\\} %.1f"
                            .formatted(TYPE.eventType(), (double) (all - 7))));
    await()
        .atMost(LIMIT)
        .until(
            () ->
                scrape(relay)
                    .lines()
                    .filter(line -> line.startsWith("bie_relay_lag{"))
                    .allMatch(line -> line.endsWith(" 0.0")));
    assertThat(relay.readLog()).contains("io.bierelay.audit", "replay of a day");
    assertThat(scrape(relay)).contains("bie_relay_lane_moves_total{");
  }

  @Test
  @Order(4)
  void everyQueryOfDashboardAndAlertsFindsWhatItNames() throws Exception {
    parkSome();
    failToStore();
    raiseTheMemoryAlarm();
    Map<String, Set<String>> scraped = scraped();
    Set<String> missing = new TreeSet<>();
    List<String> expressions =
        Stream.concat(Alerts.ofDashboard().stream(), Alerts.all().stream().map(Alert::expression))
            .toList();
    for (String expression : expressions) {
      PromQl read = PromQl.of(expression);
      assertThat(read.selectors()).as(expression).isNotEmpty();
      Set<String> labels = new HashSet<>(OF_SCRAPES);
      for (Selector selector : read.selectors()) {
        Set<String> known = scraped.get(selector.metric());
        if (known == null) {
          missing.add(selector.metric());
          continue;
        }
        labels.addAll(known);
        selector.labels().stream()
            .filter(label -> !known.contains(label) && !OF_SCRAPES.contains(label))
            .forEach(label -> missing.add(selector.metric() + "{" + label + "}"));
      }
      read.groupings().stream()
          .filter(label -> !labels.contains(label))
          .forEach(label -> missing.add("by (" + label + ") in " + expression));
    }
    assertThat(missing).isEmpty();
    // What compares finds nothing when all is well; everything else has an answer.
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(Alerts.ofDashboard())
                    .filteredOn(expression -> !expression.matches(".*( == | > |unless|ALERTS).*"))
                    .hasSizeGreaterThan(35)
                    .allSatisfy(
                        expression ->
                            assertThat(prometheus.query(expression)).as(expression).isNotEmpty()));
    Alerts.ofDashboard().forEach(prometheus::query);
    assertThat(prometheus.rules())
        .hasSameSizeAs(Alerts.all())
        .allSatisfy(rule -> assertThat(rule.getString("health")).as(rule.encode()).isEqualTo("ok"));
  }

  /** What docs/upgrading.md promises of a version that finds tables of a later one. */
  @Test
  @Order(5)
  void theWorkflowRunsOnTablesThatAreNewerThanItself() throws Exception {
    assertThat(workflow.terminate()).isZero();
    sql(
        "INSERT INTO bie_schema_history SELECT installed_rank + 100, '99', 'of a later version',"
            + " type, 'V99__later.sql', 1, installed_by, now(), 1, true FROM bie_schema_history"
            + " WHERE version = '2'");
    workflow.close();
    Map<String, Object> settings = new HashMap<>(servers.settings());
    startWorkflow(settings);
    awaitReady(workflow);
    long before = rows("TRUE");
    publisher.publishAll(EVENT_SOURCE, 10);
    await().atMost(LIMIT).until(() -> rows("TRUE") == before + 10);
  }

  private static void parkSome() throws Exception {
    String queue = UNHEARD.exchange() + ".workflow";
    try (Connection connection = RABBIT.address().connect();
        Channel channel = connection.createChannel()) {
      channel.queueUnbind(queue, UNHEARD.exchange(), "#");
      publisher.publish(UNHEARD, EVENT_SOURCE.next(UNHEARD)).get();
      await().atMost(LIMIT).until(() -> channel.messageCount("bie-events-parked") == 1);
      channel.queueBind(queue, UNHEARD.exchange(), "#");
      // And one that is no notification, which the workflow gives up.
      channel.basicPublish("", queue, new AMQP.BasicProperties(), new byte[] {1});
    }
    await().atMost(LIMIT).until(() -> scrape(workflow).contains("reason=\"no-message-id\""));
  }

  private static void failToStore() throws Exception {
    long before = rows("TRUE");
    sql("ALTER TABLE bie_event RENAME TO away");
    publisher.publish(TYPE, EVENT_SOURCE.next(TYPE)).get();
    await().atMost(LIMIT).until(() -> scrape(workflow).contains("bie_persist_retries_total{"));
    sql("ALTER TABLE away RENAME TO bie_event");
    await().atMost(LIMIT).until(() -> rows("TRUE") == before + 1);
  }

  private static boolean isBlocked(String value) {
    return scrape(relay)
        .lines()
        .anyMatch(line -> line.startsWith("bie_notify_blocked{") && line.endsWith("} " + value));
  }

  private static void raiseTheMemoryAlarm() throws Exception {
    assertThat(isBlocked("0.0")).isTrue();
    RABBIT.ctl("set_vm_memory_high_watermark", "0");
    try {
      publisher.publish(TYPE, EVENT_SOURCE.next(TYPE)).get();
      await().atMost(LIMIT).until(() -> isBlocked("1.0"));
      await().atMost(LIMIT).until(() -> prometheus.isRaised("BieRelayRabbitBlocked"));
    } finally {
      RABBIT.ctl("set_vm_memory_high_watermark", "0.4");
    }
    await().atMost(LIMIT).until(() -> isBlocked("0.0"));
  }

  /** Every metric of both instances, with the labels that any of its series has. */
  private static Map<String, Set<String>> scraped() {
    Map<String, Set<String>> metrics = new TreeMap<>();
    // Of Prometheus itself.
    metrics.put("up", OF_SCRAPES);
    metrics.put("ALERTS", Set.of("alertname", "alertstate", "severity"));
    for (String line : (scrape(relay) + scrape(workflow)).split("\n")) {
      Matcher series = SERIES.matcher(line);
      if (!line.startsWith("#") && series.matches()) {
        Set<String> labels = metrics.computeIfAbsent(series.group(1), name -> new TreeSet<>());
        if (series.group(2) != null) {
          LABEL.matcher(series.group(2)).results().forEach(label -> labels.add(label.group(1)));
        }
      }
    }
    return metrics;
  }

  private static Runbook runbook(String heading) {
    return new Runbook(heading, RelayProcess.jar().toAbsolutePath().getParent(), environment);
  }

  private static String played(Runbook runbook, int block) {
    Ended ended = runbook.run(block);
    assertThat(ended.code()).as(ended.what()).isZero();
    return ended.what();
  }

  private static String scrape(RelayProcess process) {
    return new AdminClient(process.adminUrl()).body("/metrics");
  }

  private static void sql(String statement) throws Exception {
    try (java.sql.Connection connection = servers.postgres().connect();
        Statement prepared = connection.createStatement()) {
      prepared.execute(statement);
    }
  }

  private static long rows(String condition) throws Exception {
    return count("bie_event", condition);
  }

  private static long count(String table, String condition) throws Exception {
    List<Long> counts = new ArrayList<>();
    try (java.sql.Connection connection = servers.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT count(*) FROM %s WHERE %s".formatted(table, condition))) {
      while (result.next()) {
        counts.add(result.getLong(1));
      }
    }
    return counts.get(0);
  }
}
