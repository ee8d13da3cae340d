package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.guarantee.FaultProxy;
import io.bierelay.kafka.KafkaConnection;
import io.bierelay.kafka.KafkaFailure;
import io.bierelay.sandbox.AdminClient;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.LauncherRelay;
import io.bierelay.sandbox.NotificationCounter;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RealServices;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxKafka.Listener;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.settings.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kafka's client certificate is replaced under load, by one of another authority; then the broker
 * trusts the former one no more and every connection is cut. Nothing is restarted, nothing is lost,
 * nothing comes twice.
 */
class CertificateRotationIT {

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String LISTENER = "MUTUAL";
  private static final double PER_SECOND = 200;

  private final SandboxAuthority before = new SandboxAuthority("Former CA");
  private final SandboxAuthority after = new SandboxAuthority("New CA");

  @TempDir private Path files;
  private int attempts;

  @Test
  void aClientCertificateIsReplacedUnderLoad() throws Exception {
    Path brokersTrust = files.resolve("clients.pem");
    Files.writeString(
        brokersTrust,
        SandboxAuthority.pemOf(before.certificate()) + SandboxAuthority.pemOf(after.certificate()));
    Path server = before.server("broker").pem(files.resolve("server.pem"));
    List<Integer> ports = Ports.free(3);
    Map<String, String> tls = new HashMap<>();
    tls.put("ssl.keystore.type", "PEM");
    tls.put("ssl.keystore.location", server.toString());
    tls.put("ssl.truststore.type", "PEM");
    tls.put("ssl.truststore.location", brokersTrust.toString());
    tls.put("ssl.client.auth", "required");
    Path trust = before.pem(files.resolve("trust.pem"));
    Path own = before.client("relay").pem(files.resolve("own.pem"));
    Path former = Files.copy(own, files.resolve("former.pem"));
    RabbitAddress rabbit = RealServices.freshVirtualHost();
    Vertx vertx = Vertx.vertx();
    LauncherRelay relay = new LauncherRelay();
    try (SandboxKafka kafka =
            SandboxKafka.builder()
                .listener(
                    new Listener(LISTENER, "SSL", ports.get(0), "127.0.0.1", ports.get(1), tls))
                .build()
                .start();
        FaultProxy proxy = new FaultProxy(vertx, ports.get(1), ports.get(0));
        SandboxRegistry registry = new SandboxRegistry()) {
      kafka.createTopics(
          Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList(), 2);
      authorize(kafka);
      Map<ContentionType, Integer> ids = registry.registerContentionSchemas();
      registry.start();
      JsonObject settings =
          new JsonObject(new HashMap<>(rabbit.settings()))
              .put("kafka.bootstrap.servers", "127.0.0.1:" + proxy.port())
              .put("kafka.security.protocol", "ssl")
              .put("kafka.ssl.truststore.location", trust.toString())
              .put("kafka.ssl.keystore.location", own.toString())
              .put("kafka.group.id", "rotation")
              .put("kafka.topic.infix", ContentionType.INFIX)
              .put("registry.urls", registry.url())
              .put("admin.port", ports.get(2));
      try (NotificationCounter counter = new NotificationCounter(rabbit);
          EventPublisher publisher = new EventPublisher(kafka.adminProperties(), ids)) {
        relay.start(List.of("svc-bie-kafka"), settings.getMap());
        AdminClient admin = new AdminClient("http://127.0.0.1:" + ports.get(2));
        await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
        publisher.publishSteadily(new ContentionEvents(7), PER_SECOND);
        await().atMost(LIMIT).until(() -> sum(counter.notified()) > 100);

        Path next = after.client("relay").pem(files.resolve("next.pem"));
        Files.move(next, own, StandardCopyOption.ATOMIC_MOVE);
        after.pem(brokersTrust);
        trustAgain(kafka, brokersTrust);
        // The broker takes the change from its own log, a moment after it has promised it.
        await()
            .atMost(LIMIT)
            .untilAsserted(
                () ->
                    assertThat(refusal(settings, former))
                        .contains("client certificate", "keystore.location"));
        long notified = sum(counter.notified());
        assertThat(proxy.cut()).isPositive();

        await().atMost(LIMIT).until(() -> sum(counter.notified()) > notified + 500);
        assertThat(admin.status("/health/ready")).isEqualTo(200);
        publisher.pause();
        publisher.flush();
        await().atMost(LIMIT).until(() -> sum(counter.notified()) >= sum(publisher.published()));
        // What comes twice may come late: all is committed only when nothing is on its way.
        await()
            .during(Duration.ofSeconds(2))
            .atMost(LIMIT)
            .until(() -> counter.notified().equals(publisher.published()));
      } finally {
        relay.stop();
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static long sum(Map<ContentionType, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * What the broker says to who still shows the former certificate, in a file of its own for each
   * attempt: a TLS session that was made while it was still trusted would be resumed, and shows no
   * certificate.
   */
  private String refusal(JsonObject settings, Path former) throws Exception {
    Path copy = Files.copy(former, files.resolve("former-" + attempts++ + ".pem"));
    Settings old = Settings.of(settings.copy().put("kafka.ssl.keystore.location", copy.toString()));
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            KafkaConnection.properties(old),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      return consumer.partitionsFor(ContentionType.values()[0].topic(), LIMIT).toString();
    } catch (RuntimeException e) {
      return KafkaFailure.describe(e);
    }
  }

  /** Has the broker read its trust store again, for new connections. */
  private static void trustAgain(SandboxKafka kafka, Path file) throws Exception {
    String key = "listener.name.mutual.ssl.truststore.location";
    try (Admin admin = Admin.create(kafka.adminProperties())) {
      ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
      AlterConfigOp set =
          new AlterConfigOp(new ConfigEntry(key, file.toString()), AlterConfigOp.OpType.SET);
      admin.incrementalAlterConfigs(Map.of(broker, List.of(set))).all().get();
    }
  }

  private static void authorize(SandboxKafka kafka) throws Exception {
    try (Admin admin = Admin.create(kafka.adminProperties())) {
      admin.createAcls(List.of(right(ResourceType.TOPIC), right(ResourceType.GROUP))).all().get();
    }
  }

  private static AclBinding right(ResourceType type) {
    return new AclBinding(
        new ResourcePattern(type, "*", PatternType.LITERAL),
        new AccessControlEntry("User:CN=relay", "*", AclOperation.READ, AclPermissionType.ALLOW));
  }
}
