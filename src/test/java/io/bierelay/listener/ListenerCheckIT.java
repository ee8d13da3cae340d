package io.bierelay.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.CheckRun;
import io.bierelay.check.Finding;
import io.bierelay.check.Finding.Outcome;
import io.bierelay.sandbox.ListenerServers;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.SandboxSqs;
import io.bierelay.sandbox.TenureApi;
import io.bierelay.sandbox.Tenures;
import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code check} says of the servers of reporting-listener: all well, and one thing wrong. */
@Timeout(120)
class ListenerCheckIT {

  private static ListenerServers servers;
  private static Vertx vertx;

  /** Answers as SQS does whose caller is unknown, or lacks a right. */
  private static int refusing;

  private static int denying;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    servers = new ListenerServers(3).start();
    refusing = sqs("InvalidClientTokenId");
    denying = sqs("AccessDeniedException");
    check(Map.of()); // Loads the clients' classes, which may take longer than a step.
  }

  private static int sqs(String error) {
    String body =
        new JsonObject().put("__type", "com.amazonaws.sqs#" + error).put("message", "no").encode();
    return vertx
        .createHttpServer()
        .requestHandler(
            request ->
                request
                    .response()
                    .setStatusCode(403)
                    .putHeader("content-type", "application/x-amz-json-1.0")
                    .end(body))
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .join()
        .actualPort();
  }

  @AfterAll
  static void stop() {
    servers.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static CheckRun.Report check(Map<String, Object> changes) {
    Map<String, Object> all = new HashMap<>(servers.settings());
    all.putAll(changes);
    JsonObject values = new JsonObject(all);
    CheckRequest request = new CheckRequest(vertx, Settings.of(values), 0, false);
    CheckRun.Report report =
        CheckRun.of(new EntityChangeModule().checks(request), Duration.ofSeconds(8));
    assertThat(report.toString()).doesNotContain(TenureApi.TOKEN, servers.kafka().password());
    return report;
  }

  private static List<Finding> failed(CheckRun.Report report) {
    return report.findings().stream().filter(one -> one.outcome() == Outcome.FAILED).toList();
  }

  @Test
  void allIsWellAndNothingIsChanged() throws Exception {
    servers.sqs().send("{}");
    CheckRun.Report report = check(Map.of());
    assertThat(failed(report)).isEmpty();
    assertThat(report.findings())
        .extracting(Finding::server)
        .contains("SQS", "API of tenure", "Schema registry", "Kafka");
    assertThat(report.findings())
        .extracting(Finding::detail)
        .contains("1 messages wait")
        .anyMatch(detail -> detail.contains("the role creates it when it starts"));
    assertThat(servers.sqs().depth()).isEqualTo(new SandboxSqs.Depth(1, 0));
    try (Admin admin = Admin.create(servers.kafka().adminProperties())) {
      assertThat(admin.listTopics().names().get()).doesNotContain(Tenures.TOPIC);
    }
  }

  /** One thing that is wrong. */
  private record Fault(
      String name, Map<String, Object> changes, String server, String step, List<String> words) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Fault> faults() {
    int nobody = Ports.free();
    String queue = String.valueOf(servers.sqs().settings().get("listener.sqs.queue.url"));
    String endpoint = String.valueOf(servers.sqs().settings().get("listener.sqs.endpoint"));
    return List.of(
        new Fault(
            "SQS: nobody listens",
            Map.of("listener.sqs.endpoint", "http://127.0.0.1:" + nobody),
            "SQS",
            "TCP",
            List.of("nobody listens", "listener.sqs.endpoint")),
        new Fault(
            "SQS: unknown host",
            Map.of("listener.sqs.endpoint", "https://sqs.nowhere.invalid"),
            "SQS",
            "name",
            List.of("'sqs.nowhere.invalid' is not known", "listener.sqs.endpoint")),
        new Fault(
            "SQS: TLS to a plain port",
            Map.of("listener.sqs.endpoint", endpoint.replace("http:", "https:")),
            "SQS",
            "TLS",
            List.of("speaks HTTP without TLS", "write http")),
        new Fault(
            "SQS: no such queue",
            Map.of("listener.sqs.queue.url", queue + "-not-there"),
            "SQS",
            "queue",
            List.of("no such queue", "listener.sqs.queue.url")),
        new Fault(
            "SQS: credentials are not accepted",
            Map.of("listener.sqs.endpoint", "http://127.0.0.1:" + refusing),
            "SQS",
            "queue",
            List.of("403 (InvalidClientTokenId)", "AWS_ACCESS_KEY_ID")),
        new Fault(
            "API: nobody listens",
            Map.of("listener.api.url", "http://127.0.0.1:" + nobody),
            "API of tenure",
            "TCP",
            List.of("nobody listens", "listener.api.url")),
        new Fault(
            "API: wrong token",
            Map.of("listener.api.token.value", "another-token"),
            "API of tenure",
            "login",
            List.of("refused our token", "listener.api.token")),
        new Fault(
            "Kafka: may not write",
            Map.of("kafka.sasl.username", servers.kafka().username()),
            "Kafka",
            "topic",
            List.of("permission", "docs/permissions.md")),
        new Fault(
            "Kafka: wrong password",
            Map.of("kafka.sasl.password", "another-password"),
            "Kafka",
            "login",
            List.of("refused the login of 'reporting-listener'", "kafka.sasl.password")),
        new Fault(
            "Kafka: more replicas than brokers",
            Map.of("listener.topic.replication", 3),
            "Kafka",
            "topic",
            List.of("can't be created", "created with")),
        new Fault(
            "registry: no such subject",
            Map.of("listener.topic.name", "another-topic"),
            "Schema registry",
            "subject",
            List.of("no such subject", "schema registered")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void eachFaultIsNamed(Fault fault) {
    CheckRun.Report report = check(fault.changes());
    assertThat(failed(report))
        .as("%s", report.findings())
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.server()).isEqualTo(fault.server());
              assertThat(one.step()).isEqualTo(fault.step());
              assertThat(one.detail() + " → " + one.remedy()).contains(fault.words());
            });
  }

  @Test
  void whoMayNotAskForTheQueueIsToldWhatThatMeans() {
    CheckRun.Report report = check(Map.of("listener.sqs.endpoint", "http://127.0.0.1:" + denying));
    assertThat(failed(report)).isEmpty();
    assertThat(report.findings())
        .filteredOn(one -> one.outcome() == Outcome.NOTED)
        .singleElement()
        .satisfies(one -> assertThat(one.remedy()).contains("sqs:ReceiveMessage"));
  }

  @Test
  void anExistingTopicIsLookedAt() {
    servers.kafka().createTopics(List.of(Tenures.TOPIC + "-there"), 2);
    servers.registry().register(Tenures.TOPIC + "-there-value", Tenures.schema());
    CheckRun.Report report = check(Map.of("listener.topic.name", Tenures.TOPIC + "-there"));
    assertThat(failed(report)).isEmpty();
    assertThat(report.findings())
        .extracting(Finding::detail)
        .contains("2 partitions, WRITE allowed");

    CheckRun.Report other =
        check(
            Map.of(
                "listener.topic.name",
                Tenures.TOPIC + "-there",
                "kafka.sasl.username",
                servers.kafka().username()));
    assertThat(failed(other))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.detail()).contains("no permission to write the topic");
              assertThat(one.remedy()).contains("allows WRITE on topic " + Tenures.TOPIC);
            });
  }
}
