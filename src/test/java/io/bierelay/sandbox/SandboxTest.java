package io.bierelay.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsResult;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The sandbox is as strict as what it stands for. */
class SandboxTest {
  private static final Sandbox SANDBOX = new Sandbox();

  @BeforeAll
  static void start() {
    SANDBOX.start();
  }

  @AfterAll
  static void stop() {
    SANDBOX.close();
  }

  @Test
  void kafkaWantsACertificate() {
    SandboxTls tls = SANDBOX.certificates().orElseThrow();
    Properties stranger = new Properties();
    stranger.put("bootstrap.servers", SANDBOX.kafka().bootstrap());
    stranger.put("security.protocol", "SSL");
    stranger.put("ssl.truststore.type", "PEM");
    stranger.put("ssl.truststore.location", tls.trust().toString());
    assertThatThrownBy(() -> topics(stranger)).hasCauseInstanceOf(SslAuthenticationException.class);
    try (SandboxTls foreign = new SandboxTls()) {
      stranger.put("ssl.keystore.type", "PEM");
      stranger.put(
          "ssl.keystore.location", foreign.client(SANDBOX.kafka().username()).pair().toString());
      assertThatThrownBy(() -> topics(stranger))
          .hasCauseInstanceOf(SslAuthenticationException.class);
    }
  }

  @Test
  void theRegistryWantsACertificate() throws Exception {
    URI subjects = URI.create(SANDBOX.registry().url() + "/subjects");
    assertThat(subjects.getScheme()).isEqualTo("https");
    SSLContext known = SANDBOX.certificates().orElseThrow().client("reader").context();
    assertThat(answer(subjects, known).statusCode()).isEqualTo(200);
    assertThatThrownBy(() -> answer(subjects, strangers())).isInstanceOf(IOException.class);
  }

  @Test
  void theAmqpBrokerWantsACertificate() throws Exception {
    RabbitAddress address = SANDBOX.amqp().address();
    assertThat(address.takesConnections()).isTrue();
    ConnectionFactory stranger = address.connectionFactory();
    stranger.useSslProtocol(strangers());
    assertThatThrownBy(stranger::newConnection).isInstanceOf(IOException.class);
    RabbitAddress open =
        new RabbitAddress(address.host(), address.port(), "guest", "guest", address.virtualHost());
    assertThat(open.takesConnections()).isFalse();
  }

  @Test
  void postgresWantsACertificate() throws Exception {
    PostgresAddress address = SANDBOX.postgres().address();
    address.connect().close();
    Path trust = SANDBOX.certificates().orElseThrow().trust();
    for (String user : List.of(address.username(), "postgres")) {
      String url = address.jdbcUrl() + "?user=" + user;
      assertThatThrownBy(
              () -> DriverManager.getConnection(url + "&sslmode=verify-full&sslrootcert=" + trust))
          .hasMessageContaining("certificate");
      assertThatThrownBy(() -> DriverManager.getConnection(url + "&sslmode=disable"))
          .hasMessageContaining("pg_hba.conf");
    }
  }

  private static HttpResponse<String> answer(URI uri, SSLContext context) throws Exception {
    return HttpClient.newBuilder()
        .sslContext(context)
        .build()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Of somebody who believes the sandbox and shows nothing. */
  private static SSLContext strangers() throws Exception {
    KeyStore believed = KeyStore.getInstance("PKCS12");
    believed.load(null, null);
    try (InputStream pem = Files.newInputStream(SANDBOX.certificates().orElseThrow().trust())) {
      believed.setCertificateEntry(
          "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory authorities =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    authorities.init(believed);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, authorities.getTrustManagers(), null);
    return context;
  }

  @Test
  void kafkaRefusesAClientThatDoesNotAuthenticate() {
    Properties anonymous = new Properties();
    anonymous.put("bootstrap.servers", SANDBOX.kafka().bootstrap());
    anonymous.put("default.api.timeout.ms", "1500");
    anonymous.put("request.timeout.ms", "1000");
    assertThatThrownBy(() -> topics(anonymous)).isInstanceOf(ExecutionException.class);
  }

  @Test
  void theServiceSeesTheTopicsAndMayNotWrite() throws Exception {
    Properties service = SANDBOX.kafka().serviceProperties();
    // Otherwise it is the producer's id that is refused, before any record.
    service.put("enable.idempotence", "false");
    assertThat(topics(service).names().get())
        .containsAll(Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList());
    try (var producer =
        new KafkaProducer<>(service, new StringSerializer(), new ByteArraySerializer())) {
      var record = new ProducerRecord<String, byte[]>(ContentionType.DELETED.topic(), new byte[0]);
      assertThatThrownBy(() -> producer.send(record).get())
          .hasCauseInstanceOf(TopicAuthorizationException.class);
    }
  }

  @Test
  void kafkaKeepsItsAddressAndItsRecordsOverAStop() {
    ContentionType type = ContentionType.CLASSIFIED;
    try (SandboxKafka kafka = new SandboxKafka()) {
      String before = kafka.bootstrap();
      kafka.start();
      assertThatThrownBy(() -> topics(kafka.clientProperties(kafka.username(), "wrong")))
          .hasCauseInstanceOf(SaslAuthenticationException.class);
      kafka.createTopics(List.of(type.topic()), 1);
      var event = new ContentionEvents(7).next(type);
      try (var publisher = new EventPublisher(kafka.adminProperties(), Map.of(type, 1))) {
        publisher.publish(type, event).join();
        assertThat(publisher.published()).containsEntry(type, 1L);
      }
      kafka.stop();
      kafka.start();
      assertThat(kafka.bootstrap()).isEqualTo(before);
      Properties reader = kafka.serviceProperties();
      reader.put("group.id", "again");
      reader.put("auto.offset.reset", "earliest");
      try (var consumer =
          new KafkaConsumer<>(reader, new StringDeserializer(), new ByteArrayDeserializer())) {
        consumer.subscribe(List.of(type.topic()));
        byte[] value =
            Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> consumer.poll(Duration.ofMillis(100)), r -> !r.isEmpty())
                .iterator()
                .next()
                .value();
        assertThat(ContentionEvents.decode(value, ContentionSchemas.of(type))).isEqualTo(event);
      }
    }
  }

  @Test
  void theAmqpBrokerIgnoresQuorumArgumentsAndConfirms() throws Exception {
    for (String virtualHost : List.of("/", SANDBOX.amqp().address().virtualHost())) {
      RabbitAddress address = SANDBOX.amqp().address().withVirtualHost(virtualHost);
      try (var connection = address.connect();
          var channel = connection.createChannel()) {
        channel.exchangeDeclare("sandbox-test", BuiltinExchangeType.TOPIC, true);
        var arguments = Map.<String, Object>of("x-queue-type", "quorum", "x-delivery-limit", 3);
        channel.queueDeclare("sandbox-test", true, false, false, arguments);
        channel.queueBind("sandbox-test", "sandbox-test", "#");
        channel.confirmSelect();
        channel.basicPublish(
            "sandbox-test",
            "a.b",
            true,
            MessageProperties.PERSISTENT_BASIC,
            "hello".getBytes(UTF_8));
        assertThat(channel.waitForConfirms(5_000)).isTrue();
        assertThat(channel.basicGet("sandbox-test", true).getBody()).asString().isEqualTo("hello");
        channel.queueDelete("sandbox-test");
      }
    }
    assertThat(SANDBOX.amqp().address().withVirtualHost("other").takesConnections()).isFalse();
  }

  @Test
  void postgresKeepsItsDataOverAStopAndWantsThePassword() throws SQLException {
    try (SandboxPostgres postgres = new SandboxPostgres().start()) {
      PostgresAddress address = postgres.address();
      try (var connection = address.connect();
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE kept AS SELECT 42 AS answer");
      }
      postgres.stop();
      postgres.start();
      try (var connection = address.connect();
          var statement = connection.createStatement();
          var rows = statement.executeQuery("SELECT answer FROM kept")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(42);
      }
      var wrong =
          new PostgresAddress(
              address.host(), address.port(), address.database(), address.username(), "wrong");
      assertThatThrownBy(wrong::connect).hasMessageContaining("password authentication failed");
    }
  }

  @Test
  void addressesAreReadFromUris() {
    assertThat(RabbitAddress.parse("amqp://me:s%2Fe+cret@broker:5673/a%2Fb"))
        .isEqualTo(new RabbitAddress("broker", 5673, "me", "s/e+cret", "a/b"));
    assertThat(RabbitAddress.parse("amqp://me:pw@broker").virtualHost()).isEqualTo("/");
    PostgresAddress parsed = PostgresAddress.parse("postgresql://me:pw@db/relay");
    assertThat(parsed).isEqualTo(new PostgresAddress("db", 5432, "relay", "me", "pw"));
    assertThat(parsed.toString()).doesNotContain("pw");
    assertThatThrownBy(() -> RabbitAddress.parse("amqp://broker/"))
        .hasMessageContaining("user:password");
  }

  private static ListTopicsResult topics(Properties properties) throws Exception {
    try (Admin admin = Admin.create(properties)) {
      ListTopicsResult result = admin.listTopics();
      result.names().get(20, TimeUnit.SECONDS);
      return result;
    }
  }
}
