package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.OtlpReceiver;
import io.bierelay.sandbox.OtlpReceiver.Span;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RelayProcess;
import io.bierelay.sandbox.RelayServers;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * One trace from the Kafka record through the AMQP headers to the row, each role a process of its
 * own; and what is left of it without a collector, and switched off.
 */
class TracingIT {

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final ContentionEvents EVENTS = new ContentionEvents(4711);
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT_SPAN = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + PARENT_SPAN + "-01";

  private static RelayServers servers;
  private static EventPublisher publisher;
  private static Connection connection;
  private static Channel channel;
  private static String queue;

  @BeforeAll
  static void start() throws Exception {
    servers = new RelayServers().start(1);
    publisher = servers.publisher();
    connection = servers.rabbit().connect();
    channel = connection.createChannel();
    channel.exchangeDeclare(TYPE.exchange(), "topic", true);
    queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, TYPE.exchange(), "#");
  }

  @AfterAll
  static void stop() throws Exception {
    try (RelayServers all = servers;
        EventPublisher p = publisher;
        Connection c = connection) {
      if (channel != null) {
        channel.close();
      }
    }
  }

  @AfterEach
  void forget() throws Exception {
    channel.queuePurge(queue);
  }

  private static Map<String, Object> settings(OtlpReceiver collector) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("tracing.mode", "otlp");
    settings.put("tracing.endpoint", collector.endpoint());
    settings.put("tracing.headers", "x-key=s3cret");
    settings.put("tracing.interval", "100ms");
    settings.put("service.env", "qa");
    return settings;
  }

  private static RelayProcess start(String role, Map<String, Object> settings) {
    Map<String, Object> own = new HashMap<>(settings);
    int port = Ports.free();
    own.put("admin.port", port);
    own.keySet().removeIf(key -> key.startsWith("postgres.") && !role.contains("workflow"));
    own.keySet().removeIf(key -> key.startsWith("kafka.") && !role.contains("kafka"));
    return RelayProcess.start(List.of(role.split(",")), own, "http://127.0.0.1:" + port);
  }

  /** With headers in pairs of name and value. */
  private static RecordMetadata publish(String... headers) throws Exception {
    var event = EVENTS.next(TYPE);
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(
            TYPE.topic(),
            String.valueOf(event.get("ClaimId")),
            ContentionEvents.encode(event, servers.schemaIds().get(TYPE)));
    for (int i = 0; i < headers.length; i += 2) {
      record.headers().add(headers[i], headers[i + 1].getBytes(StandardCharsets.UTF_8));
    }
    return publisher.publish(record).get();
  }

  @Test
  void oneTraceFromTheRecordToTheRow() throws Exception {
    try (OtlpReceiver collector = new OtlpReceiver();
        RelayProcess ingest = start("svc-bie-kafka", settings(collector));
        RelayProcess workflow = start("workflow", settings(collector))) {
      ingest.awaitReady();
      workflow.awaitReady();

      RecordMetadata one = publish("traceparent", PARENT, "tracestate", "congo=t61rcWkgMzE");
      List<Span> chain = chain(collector, one);
      assertThat(chain).allSatisfy(span -> assertThat(span.trace()).isEqualTo(TRACE));
      assertThat(chain.get(0).parent()).isEqualTo(PARENT_SPAN);
      GetResponse message = message(one);
      Map<String, Object> headers = message.getProps().getHeaders();
      assertThat(headers.get("traceparent"))
          .hasToString("00-" + TRACE + "-" + chain.get(1).id() + "-01");
      assertThat(headers.get("tracestate")).hasToString("congo=t61rcWkgMzE");
      checkWhatTheySay(chain, one, message.getProps().getMessageId());
      // What Vert.x's client for PostgreSQL traces by itself stands below the row.
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  collector.spans().stream()
                      .anyMatch(
                          span ->
                              span.trace().equals(TRACE)
                                  && span.parent().equals(chain.get(3).id())));
      assertThat(collector.requests())
          .allSatisfy(request -> assertThat(request.get("x-key")).containsExactly("s3cret"));
      assertThat(ingest.readLog() + workflow.readLog()).doesNotContain("s3cret");

      List<Span> fresh = chain(collector, publish());
      assertThat(fresh.get(0).parent()).isEmpty();
      assertThat(fresh.get(0).trace()).hasSize(32).isNotEqualTo(TRACE);
      List<Span> hostile =
          chain(collector, publish("traceparent", "00-" + "0".repeat(9_000), "tracestate", "\r\n"));
      assertThat(hostile.get(0).parent()).isEmpty();
      assertThat(hostile.get(0).trace()).isNotEqualTo(fresh.get(0).trace());

      // Not sampled by whoever began it: passed on, and not sent.
      RecordMetadata quiet =
          publish("traceparent", "00-" + "a".repeat(32) + "-1234567890abcdef-00");
      assertThat(message(quiet).getProps().getHeaders().get("traceparent").toString())
          .startsWith("00-" + "a".repeat(32))
          .endsWith("-00")
          .doesNotContain("1234567890abcdef");
      assertThat(collector.spans()).noneMatch(span -> span.trace().startsWith("aaaa"));
      assertThat(ingest.terminate()).isZero();
      assertThat(workflow.terminate()).isZero();
    }
  }

  /** Record, publish, delivery, row: each below the one before it. */
  private static List<Span> chain(OtlpReceiver collector, RecordMetadata record) {
    return await()
        .atMost(LIMIT)
        .until(
            () -> {
              List<Span> all = collector.spans();
              Span first =
                  all.stream()
                      .filter(
                          s ->
                              Long.valueOf(record.offset())
                                  .equals(s.attributes().get("messaging.kafka.offset")))
                      .findFirst()
                      .orElse(null);
              List<Span> found = new java.util.ArrayList<>();
              for (Span next = first; next != null && found.size() < 4; next = below(all, next)) {
                found.add(next);
              }
              return found;
            },
            found -> found.size() == 4);
  }

  private static Span below(List<Span> all, Span above) {
    return all.stream()
        .filter(s -> s.parent().equals(above.id()) && s.trace().equals(above.trace()))
        .findFirst()
        .orElse(null);
  }

  private static void checkWhatTheySay(List<Span> chain, RecordMetadata record, String id) {
    assertThat(chain)
        .extracting(Span::name)
        .containsExactly(
            "process " + TYPE.topic(),
            "publish " + TYPE.exchange(),
            chain.get(2).name(),
            "INSERT bie_event");
    assertThat(chain).extracting(Span::kind).containsExactly(5, 4, 5, 3);
    assertThat(chain.get(0).attributes())
        .containsEntry("messaging.system", "kafka")
        .containsEntry("messaging.destination.name", TYPE.topic())
        .containsEntry("messaging.destination.partition.id", "" + record.partition())
        .containsEntry("messaging.message.id", id);
    assertThat(chain.get(1).attributes())
        .containsEntry("messaging.system", "rabbitmq")
        .containsEntry("messaging.message.id", id);
    assertThat(chain.get(2).attributes())
        .containsEntry("messaging.system", "rabbitmq")
        .containsEntry("messaging.operation.type", "process")
        .containsEntry("messaging.message.id", id);
    assertThat(chain.get(3).attributes()).containsEntry("db.system.name", "postgresql");
    assertThat(chain)
        .allSatisfy(
            span -> {
              assertThat(span.status()).isZero();
              assertThat(span.endNanos()).isGreaterThanOrEqualTo(span.startNanos());
              assertThat(span.resource())
                  .containsEntry("service.name", "bie-relay")
                  .containsEntry("deployment.environment.name", "qa");
            });
    assertThat(chain.get(0).resource()).containsEntry("role", "svc-bie-kafka");
    assertThat(chain.get(3).resource()).containsEntry("role", "workflow");
  }

  @Test
  void withoutACollectorEventsGoThroughAndTheExitIsClean() throws Exception {
    OtlpReceiver gone = new OtlpReceiver();
    gone.close();
    int before = rows();
    try (RelayProcess relay = start("svc-bie-kafka,workflow", settings(gone))) {
      relay.awaitReady();
      for (int i = 0; i < 50; i++) {
        publish("traceparent", PARENT);
      }
      await().atMost(LIMIT).until(() -> rows() == before + 50);
      AdminClient admin = new AdminClient(relay.adminUrl());
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  admin
                      .body("/metrics")
                      .lines()
                      .filter(l -> l.startsWith("bie_relay_trace_spans_total{"))
                      .filter(l -> l.contains("outcome=\"failed\""))
                      .anyMatch(l -> !l.endsWith(" 0.0")));
      // What the last spans may hold up is bounded, which SpanQueueTest plays: here it ends at all.
      assertThat(relay.terminate()).isZero();
      assertThat(relay.readLog().lines().filter(line -> line.contains("spans can't be sent")))
          .hasSize(1);
      assertThat(relay.readLog()).doesNotContain("io.opentelemetry");
    }
  }

  @Test
  void switchedOffNothingIsTakenOverAndNobodyExports() throws Exception {
    LauncherRelay relay = new LauncherRelay();
    relay.start(List.of("svc-bie-kafka", "workflow"), servers.settings());
    try {
      RecordMetadata one = publish("traceparent", PARENT, "tracestate", "a=b");
      assertThat(message(one).getProps().getHeaders())
          .doesNotContainKeys("traceparent", "tracestate");
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .doesNotContain("trace-export");
    } finally {
      relay.stop();
    }
  }

  @Test
  void forwardedItGoesOntoTheMessageAsItIs() throws Exception {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("tracing.mode", "forward");
    LauncherRelay relay = new LauncherRelay();
    relay.start(List.of("svc-bie-kafka", "workflow"), settings);
    try {
      Map<String, Object> headers =
          message(publish("traceparent", PARENT, "tracestate", "a=b")).getProps().getHeaders();
      assertThat(headers.get("traceparent")).hasToString(PARENT);
      assertThat(headers.get("tracestate")).hasToString("a=b");
      assertThat(message(publish()).getProps().getHeaders()).doesNotContainKey("traceparent");
    } finally {
      relay.stop();
    }
  }

  private static GetResponse message(RecordMetadata record) {
    return await()
        .atMost(LIMIT)
        .until(
            () -> {
              GetResponse next = channel.basicGet(queue, true);
              return next != null
                      && Long.valueOf(record.offset())
                          .equals(next.getProps().getHeaders().get("offset"))
                  ? next
                  : null;
            },
            found -> found != null);
  }

  private static int rows() throws Exception {
    try (var db = servers.postgres().connect();
        var statement = db.createStatement();
        ResultSet found = statement.executeQuery("select count(*) from bie_event")) {
      found.next();
      return found.getInt(1);
    } catch (java.sql.SQLException noTableYet) {
      return 0;
    }
  }
}
