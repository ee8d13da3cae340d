package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.check.CheckRun;
import io.bierelay.check.Finding;
import io.bierelay.check.Finding.Outcome;
import io.bierelay.launch.LaunchChecks;
import io.bierelay.launch.LaunchPlan;
import io.bierelay.launch.LaunchRequest;
import io.bierelay.launch.Modules;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.Ports;
import io.bierelay.sandbox.PostgresAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.SandboxAuthority;
import io.bierelay.sandbox.SandboxKafka;
import io.bierelay.sandbox.SandboxPostgres;
import io.bierelay.sandbox.SandboxRegistry;
import io.bierelay.settings.ConfigurationException;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The command {@code check} against real servers: all well, and with one thing wrong at a time. */
@Timeout(120)
class CheckIT {

  private static final String HOST = "127.0.0.1";
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration LONG = Duration.ofDays(300);
  private static final String STORE_PASSWORD = "store-password";
  private static final String SECRET = "quite-a-Secret-4711";

  @TempDir static Path directory;

  private static final ExecutorService FOUR = Executors.newFixedThreadPool(4);
  private static final Map<String, Integer> PORTS = new HashMap<>();
  private static final Vertx VERTX = Vertx.vertx();
  private static final SandboxRegistry REGISTRY = new SandboxRegistry();
  private static final RabbitProcess RABBIT = new RabbitProcess();
  private static final SandboxPostgres POSTGRES = new SandboxPostgres();
  private static SandboxKafka kafka;
  private static ServerSocket silent;
  private static ServerSocket full;
  private static final List<Socket> WAITING = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    startKafka();
    Map<ContentionType, Integer> ids = REGISTRY.registerContentionSchemas();
    REGISTRY.start();
    RABBIT.start();
    POSTGRES.start();
    RABBIT.ctl("add_user", "weak", SECRET);
    RABBIT.ctl("set_permissions", "weak", "", "", "");
    try (EventPublisher publisher = new EventPublisher(kafka.adminProperties(), ids)) {
      ContentionEvents events = new ContentionEvents(1);
      for (int i = 0; i < 3; i++) {
        publisher
            .publish(ContentionType.values()[0], events.next(ContentionType.values()[0]))
            .get();
      }
    }
    silent = new ServerSocket(0, 50, InetAddress.getByName(HOST));
    full = new ServerSocket(0, 1, InetAddress.getByName(HOST));
    fill(full);
    // The first one loads the clients' classes, which on a busy machine takes longer than a step.
    check(List.of("svc-bie-kafka", "workflow"), Map.of(), 1, true);
  }

  /** Until nobody gets in any more: from then on the system drops what comes. */
  private static void fill(ServerSocket server) throws IOException {
    for (int i = 0; i < 20; i++) {
      Socket socket = new Socket();
      WAITING.add(socket);
      try {
        socket.connect(new InetSocketAddress(HOST, server.getLocalPort()), 300);
      } catch (SocketTimeoutException e) {
        return;
      }
    }
    throw new IllegalStateException("the system takes more connections than it was told to");
  }

  private static Path store(String file, SandboxAuthority.Issued issued) {
    return issued.pkcs12(directory.resolve(file), STORE_PASSWORD);
  }

  /** With listeners for TLS beside the one for the sandbox's users, each with another mistake. */
  private static void startKafka() {
    SandboxAuthority authority = new SandboxAuthority("right authority");
    SandboxAuthority other = new SandboxAuthority("another authority");
    Path trust = authority.pkcs12(directory.resolve("trust.p12"), STORE_PASSWORD);
    other.pkcs12(directory.resolve("wrong-trust.p12"), STORE_PASSWORD);
    store("client.p12", authority.client("client"));
    store("wrong-client.p12", other.client("stranger"));
    Map<String, Path> stores =
        Map.of(
            "TLS", store("tls.p12", authority.server("broker")),
            "MUTUAL", store("mutual.p12", authority.server("broker")),
            "WRONGHOST", store("host.p12", authority.issue("CN=broker", LONG, "kafka.example")),
            "EXPIRED",
                store("expired.p12", authority.issue("CN=broker", Duration.ofDays(-3), HOST)));
    List<Integer> free = Ports.free(6);
    int client = free.get(0);
    int controller = free.get(1);
    SandboxKafka.Builder builder = SandboxKafka.builder().port(client);
    StringBuilder listeners = new StringBuilder("CLIENT://%s:%d".formatted(HOST, client));
    StringBuilder map = new StringBuilder("CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT");
    int next = 2;
    for (Map.Entry<String, Path> store : stores.entrySet()) {
      String name = store.getKey();
      PORTS.put(name, free.get(next++));
      listeners.append(",%s://%s:%d".formatted(name, HOST, PORTS.get(name)));
      map.append(",%s:SSL".formatted(name));
      String prefix = "listener.name." + name.toLowerCase(Locale.ROOT) + ".ssl.";
      builder
          .with(prefix + "keystore.location", store.getValue().toString())
          .with(prefix + "keystore.type", "PKCS12")
          .with(prefix + "keystore.password", STORE_PASSWORD)
          .with(prefix + "truststore.location", trust.toString())
          .with(prefix + "truststore.type", "PKCS12")
          .with(prefix + "truststore.password", STORE_PASSWORD)
          .with(prefix + "client.auth", name.equals("MUTUAL") ? "required" : "none");
    }
    kafka =
        builder
            .with("controller.quorum.voters", "1@%s:%d".formatted(HOST, controller))
            .with("advertised.listeners", listeners.toString())
            .with("listeners", "%s,CONTROLLER://%s:%d".formatted(listeners, HOST, controller))
            .with("listener.security.protocol.map", map.toString())
            .with("super.users", "User:sandbox-admin;User:ANONYMOUS;User:CN=client")
            .build();
    kafka.start();
    kafka.createTopics(
        Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList(), 2);
  }

  @AfterAll
  static void stop() throws Exception {
    FOUR.shutdownNow();
    for (Socket socket : WAITING) {
      socket.close();
    }
    silent.close();
    full.close();
    kafka.close();
    REGISTRY.close();
    RABBIT.close();
    POSTGRES.close();
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  private static Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", kafka.bootstrap());
    settings.put("kafka.security.protocol", "sasl-plaintext");
    settings.put("kafka.sasl.username", kafka.username());
    settings.put("kafka.sasl.password", kafka.password());
    settings.put("kafka.group.id", "a-group");
    settings.put("kafka.topic.infix", ContentionType.INFIX);
    settings.put("registry.urls", List.of(REGISTRY.url()));
    settings.putAll(RABBIT.address().settings());
    settings.putAll(POSTGRES.address().settings());
    return settings;
  }

  private static CheckRun.Report check(
      List<String> roles, Map<String, Object> changes, int read, boolean values) {
    Map<String, Object> all = settings();
    all.putAll(changes);
    if (!roles.contains("svc-bie-kafka")) {
      all.remove("kafka.sasl.password");
    }
    all.values().removeIf(value -> value.equals("unset"));
    try {
      Path file = Files.createTempFile(directory, "settings", ".json");
      Files.writeString(file, new JsonObject(all).encode());
      LaunchRequest request = new LaunchRequest(roles, List.of(file), Optional.empty(), Map.of());
      LaunchPlan plan =
          LaunchPlan.make(VERTX, request, Modules.onClassPath())
              .toCompletionStage()
              .toCompletableFuture()
              .join();
      long began = System.nanoTime();
      CheckRun.Report report = LaunchChecks.run(VERTX, plan, read, values);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LIMIT);
      assertThat(report.toString())
          .doesNotContain(kafka.password(), RABBIT.address().password(), SECRET)
          .doesNotContain(POSTGRES.address().password(), STORE_PASSWORD);
      return report;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void allIsWellAndNothingIsChanged() throws Exception {
    CheckRun.Report report =
        check(List.of("svc-bie-kafka", "workflow"), Map.of("postgres.migrate", true), 2, false);

    assertThat(report.findings()).filteredOn(one -> one.outcome() == Outcome.FAILED).isEmpty();
    assertThat(report.findings())
        .extracting(Finding::server)
        .contains("Kafka", "Schema registry", "RabbitMQ", "PostgreSQL");
    assertThat(report.events())
        .hasSize(2)
        .allSatisfy(event -> assertThat(event.containsKey("value")).isFalse());
    try (Admin admin = Admin.create(kafka.adminProperties())) {
      assertThat(admin.listConsumerGroups().all().get()).isEmpty();
    }
    assertThat(RABBIT.ctl("list_exchanges", "-q", "name")).doesNotContain("bie-");
    assertThat(RABBIT.ctl("list_queues", "-q", "name")).doesNotContain("bie-");
    assertThat(ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).isEqualTo("0");
  }

  @Test
  void anOldBrokerIsNotedOnlyWhereWhatIsRoutedCounts() throws Exception {
    boolean old = Integer.parseInt(RABBIT.ctl("version").strip().split("\\.")[0]) < 4;
    Finding routed =
        version(Map.of("notify.delivery", "exactly-once", "notify.ledger.trust", "routed"));
    assertThat(routed.outcome()).isEqualTo(old ? Outcome.NOTED : Outcome.PASSED);
    if (old) {
      assertThat(routed.detail()).contains("a quorum queue there may lose");
      assertThat(routed.remedy()).contains("notify.ledger.trust");
    }
    assertThat(version(Map.of("notify.ledger.trust", "routed")).outcome())
        .isEqualTo(Outcome.PASSED);
    assertThat(version(Map.of("notify.delivery", "exactly-once")).outcome())
        .isEqualTo(Outcome.PASSED);
  }

  private static Finding version(Map<String, Object> changes) {
    return check(List.of("svc-bie-kafka"), changes, 0, false).findings().stream()
        .filter(one -> one.server().equals("RabbitMQ") && one.step().equals("version"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatIsThereAlreadyStaysAsItIs() throws Exception {
    String exchange = ContentionType.values()[0].exchange();
    String queue = exchange + ".workflow";
    try (Connection connection = RABBIT.address().connect()) {
      Channel channel = connection.createChannel();
      channel.exchangeDeclare(exchange, "topic", true);
      channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "quorum"));
      channel.queueBind(queue, exchange, "#");
      channel.confirmSelect();
      channel.basicPublish("", queue, null, new byte[] {1});
      channel.waitForConfirmsOrDie(10_000);

      CheckRun.Report report =
          check(List.of("svc-bie-kafka", "workflow"), Map.of("postgres.migrate", true), 0, false);

      assertThat(report.findings())
          .filteredOn(one -> one.target().equals(exchange))
          .extracting(Finding::detail)
          .contains("there; may configure, write");
      assertThat(report.findings())
          .filteredOn(one -> one.target().equals(queue))
          .extracting(Finding::detail)
          .containsExactly("there; may bind, configure, read");
      GetResponse only = channel.basicGet(queue, true);
      assertThat(only.getEnvelope().isRedeliver()).isFalse();
      assertThat(only.getMessageCount()).isZero();
      channel.queueDelete(queue);
      channel.exchangeDelete(exchange);
    }
  }

  @Test
  void valuesAreShownOnlyWhenAskedFor() {
    CheckRun.Report report = check(List.of("svc-bie-kafka"), Map.of(), 3, true);
    assertThat(report.events()).hasSize(3);
    assertThat(report.events())
        .allSatisfy(
            event -> assertThat(new JsonObject(event.getString("value")).isEmpty()).isFalse());
  }

  /**
   * One thing that is wrong.
   *
   * @param changes of the settings
   * @param server whose check must find it
   * @param step which of its steps
   * @param cause what must be said
   * @param remedy part of the remedy
   */
  private record Fault(
      String name,
      String role,
      Map<String, Object> changes,
      String server,
      String step,
      String cause,
      String remedy) {

    @Override
    public String toString() {
      return name;
    }
  }

  private static Map<String, Object> tls(String listener, String... more) {
    Map<String, Object> changes = new HashMap<>();
    changes.put("kafka.security.protocol", "ssl");
    changes.put("kafka.bootstrap.servers", HOST + ":" + PORTS.get(listener));
    changes.put("kafka.ssl.truststore.location", directory.resolve("trust.p12").toString());
    changes.put("kafka.ssl.truststore.password", STORE_PASSWORD);
    for (int i = 0; i < more.length; i += 2) {
      boolean store = more[i].endsWith("location");
      changes.put(more[i], store ? directory.resolve(more[i + 1]).toString() : more[i + 1]);
    }
    return changes;
  }

  private static Fault kafka(String name, Map<String, Object> changes, String... expected) {
    return new Fault(
        name, "svc-bie-kafka", changes, "Kafka", expected[0], expected[1], expected[2]);
  }

  private static Fault rabbit(String name, Map<String, Object> changes, String... expected) {
    return new Fault(
        name, "svc-bie-kafka", changes, "RabbitMQ", expected[0], expected[1], expected[2]);
  }

  private static Fault registry(String name, Map<String, Object> changes, String... expected) {
    return new Fault(
        name, "svc-bie-kafka", changes, "Schema registry", expected[0], expected[1], expected[2]);
  }

  private static Fault postgres(String name, Map<String, Object> changes, String... expected) {
    return new Fault(
        name, "workflow", changes, "PostgreSQL", expected[0], expected[1], expected[2]);
  }

  static List<Fault> faults() {
    int nobody = Ports.free();
    String topic = ContentionType.values()[0].topic();
    int plainRabbit = RABBIT.address().port();
    return List.of(
        kafka(
            "Kafka: nobody listens",
            Map.of("kafka.bootstrap.servers", HOST + ":" + nobody),
            "TCP",
            "connection refused: nobody listens",
            "kafka.bootstrap.servers"),
        kafka(
            "Kafka: unknown host",
            Map.of("kafka.bootstrap.servers", "no-such-host.invalid:9092"),
            "name",
            "'no-such-host.invalid' is not known",
            "kafka.bootstrap.servers"),
        kafka(
            "Kafka: packets are dropped",
            Map.of("kafka.bootstrap.servers", HOST + ":" + full.getLocalPort()),
            "TCP",
            "packets are dropped",
            "firewall"),
        kafka(
            "Kafka: a port that says nothing",
            Map.of("kafka.bootstrap.servers", HOST + ":" + silent.getLocalPort()),
            "protocol",
            "said nothing",
            "another service"),
        kafka(
            "Kafka: TLS to a port that says nothing",
            with(tls("TLS"), "kafka.bootstrap.servers", HOST + ":" + silent.getLocalPort()),
            "TLS",
            "said nothing to the TLS handshake",
            "firewall"),
        kafka(
            "Kafka: wrong password",
            Map.of("kafka.sasl.password", SECRET),
            "login",
            "refused the login of 'svc-bie-kafka'",
            "kafka.sasl.password"),
        kafka(
            "Kafka: wrong mechanism",
            Map.of("kafka.sasl.mechanism", "SCRAM-SHA-512"),
            "login",
            "does not take this way to log in",
            "kafka.sasl.mechanism"),
        kafka(
            "Kafka: a login is wanted",
            Map.of("kafka.security.protocol", "plaintext"),
            "login",
            "does not answer requests",
            "sasl-"),
        kafka(
            "Kafka: no such topic",
            Map.of("kafka.topic.infix", "NOWHERE"),
            "topic",
            "there is no such topic",
            "kafka.topic"),
        kafka(
            "Kafka: no ACL",
            Map.of("kafka.sasl.username", kafka.listenerSettings().get("kafka.sasl.username")),
            "topic",
            "no permission to read the topic",
            "ACL"),
        kafka(
            "Kafka: no ACL on the group",
            Map.of("kafka.sasl.username", kafka.listenerSettings().get("kafka.sasl.username")),
            "group",
            "no permission to use the consumer group",
            "READ on group a-group"),
        kafka(
            "Kafka: wrong CA",
            tls("TLS", "kafka.ssl.truststore.location", "wrong-trust.p12"),
            "TLS",
            "an authority that we don't trust: CN=right authority",
            "kafka.ssl.truststore.location"),
        kafka(
            "Kafka: wrong host name",
            tls("WRONGHOST"),
            "TLS",
            "is not for host '127.0.0.1' but for kafka.example",
            "kafka.bootstrap.servers"),
        kafka("Kafka: expired", tls("EXPIRED"), "TLS", "'broker' expired on", "renew"),
        kafka(
            "Kafka: no client certificate",
            tls("MUTUAL"),
            "TLS",
            "it wants a client certificate",
            "set kafka.ssl.keystore.location"),
        kafka(
            "Kafka: another's client certificate",
            tls(
                "MUTUAL",
                "kafka.ssl.keystore.location",
                "wrong-client.p12",
                "kafka.ssl.keystore.password",
                STORE_PASSWORD),
            "TLS",
            "certificate",
            "signed by CN=right authority"),
        kafka(
            "Kafka: TLS to a plain port",
            with(tls("TLS"), "kafka.bootstrap.servers", kafka.bootstrap()),
            "TLS",
            "speaks Kafka without TLS",
            "kafka.security.protocol to plaintext"),
        kafka(
            "Kafka: plain to a TLS port",
            Map.of("kafka.bootstrap.servers", HOST + ":" + PORTS.get("TLS")),
            "protocol",
            "speaks TLS",
            "kafka.security.protocol to sasl-ssl"),
        registry(
            "registry: nobody listens",
            Map.of("registry.urls", "http://127.0.0.1:" + nobody),
            "TCP",
            "nobody listens",
            "registry.urls"),
        registry(
            "registry: says nothing",
            Map.of("registry.urls", "http://127.0.0.1:" + silent.getLocalPort()),
            "protocol",
            "said nothing",
            "registry.urls"),
        registry(
            "registry: no such subject",
            Map.of("kafka.topics", List.of(topic, "ANOTHER_CONTENTION_UPDATED_V02")),
            "subject",
            "no such subject",
            "schema registered"),
        registry(
            "registry: TLS to a plain port",
            Map.of("registry.urls", REGISTRY.url().replace("http:", "https:")),
            "TLS",
            "speaks HTTP without TLS",
            "write http"),
        registry(
            "registry: plain to a TLS port",
            Map.of("registry.urls", "http://127.0.0.1:" + PORTS.get("TLS")),
            "protocol",
            "speaks TLS",
            "write https"),
        registry(
            "registry: is none",
            Map.of("registry.urls", REGISTRY.url() + "/elsewhere"),
            "login",
            "no schema registry's answer",
            "path"),
        rabbit(
            "RabbitMQ: wrong password",
            Map.of("rabbitmq.password", SECRET),
            "login",
            "refused the login",
            "rabbitmq.password"),
        rabbit(
            "RabbitMQ: no such virtual host",
            Map.of("rabbitmq.virtual.host", "nowhere"),
            "login",
            "virtual host 'nowhere'",
            "rabbitmq.virtual.host"),
        rabbit(
            "RabbitMQ: says nothing",
            Map.of("rabbitmq.port", silent.getLocalPort()),
            "protocol",
            "said nothing",
            "rabbitmq.port"),
        rabbit(
            "RabbitMQ: TLS to a plain port",
            Map.of("rabbitmq.tls", true, "rabbitmq.port", plainRabbit),
            "TLS",
            "speaks AMQP without TLS",
            "rabbitmq.tls to false"),
        rabbit(
            "RabbitMQ: plain to a TLS port",
            Map.of("rabbitmq.port", PORTS.get("TLS")),
            "protocol",
            "speaks TLS",
            "rabbitmq.tls to true"),
        rabbit(
            "RabbitMQ: no permission",
            Map.of("rabbitmq.username", "weak", "rabbitmq.password", SECRET),
            "exchange",
            "no permission to configure",
            "set_permissions"),
        postgres(
            "PostgreSQL: nobody listens",
            Map.of("postgres.port", nobody),
            "TCP",
            "nobody listens",
            "postgres.port"),
        postgres(
            "PostgreSQL: says nothing",
            Map.of("postgres.port", silent.getLocalPort()),
            "protocol",
            "said nothing",
            "postgres.port"),
        postgres(
            "PostgreSQL: wrong password",
            Map.of("postgres.password", SECRET),
            "login",
            "refused the login",
            "postgres"),
        postgres(
            "PostgreSQL: no such database",
            Map.of("postgres.database", "nowhere"),
            "login",
            "no database 'nowhere'",
            "postgres"),
        postgres(
            "PostgreSQL: no tables",
            Map.of("postgres.migrate", false),
            "schema",
            "the tables are not there",
            "migrations"));
  }

  private static Map<String, Object> with(Map<String, Object> map, String key, Object value) {
    map.put(key, value);
    return map;
  }

  /** As at the start of a role: no server is asked before the settings can be used. */
  @Test
  void aStoreThatIsNotOpenedByItsPasswordEndsItBeforeTheFirstServer() {
    assertThatThrownBy(
            () ->
                check(
                    List.of("svc-bie-kafka"),
                    tls("TLS", "kafka.ssl.truststore.password", SECRET),
                    0,
                    false))
        .hasRootCauseInstanceOf(ConfigurationException.class)
        .rootCause()
        .hasMessageContaining("'kafka.ssl.truststore.location' is '")
        .hasMessageContaining("not opened by its password")
        .hasMessageNotContaining(SECRET);
  }

  /** All begin at once, since most of their time is spent waiting. */
  static Stream<Arguments> checkedFaults() {
    return faults().stream()
        .map(
            fault ->
                Arguments.of(
                    fault,
                    CompletableFuture.supplyAsync(
                        () -> check(List.of(fault.role()), fault.changes(), 0, false), FOUR)))
        .toList()
        .stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("checkedFaults")
  void eachFaultIsNamed(Fault fault, CompletableFuture<CheckRun.Report> checked) {
    CheckRun.Report report = checked.join();
    assertThat(report.passed()).isFalse();
    assertThat(report.findings())
        .filteredOn(one -> one.outcome() == Outcome.FAILED)
        .as("%s", report.findings())
        .anySatisfy(
            one -> {
              assertThat(one.server()).isEqualTo(fault.server());
              assertThat(one.step()).isEqualTo(fault.step());
              assertThat(one.detail()).contains(fault.cause());
              assertThat(one.remedy()).contains(fault.remedy());
            });
    // What is wrong at one server is not blamed on another; a topic's name is its subject's as
    // well.
    if (!fault.changes().keySet().toString().contains("topic")) {
      assertThat(report.findings())
          .filteredOn(one -> one.outcome() == Outcome.FAILED)
          .extracting(Finding::server)
          .containsOnly(fault.server());
    }
  }

  @Test
  void tlsWithACertificateIsWell() {
    CheckRun.Report report =
        check(
            List.of("svc-bie-kafka"),
            tls(
                "MUTUAL",
                "kafka.ssl.keystore.location",
                "client.p12",
                "kafka.ssl.keystore.password",
                STORE_PASSWORD),
            0,
            false);
    assertThat(report.passed()).as("%s", report.findings()).isTrue();
    assertThat(report.findings())
        .filteredOn(one -> one.step().equals("TLS"))
        .singleElement()
        .extracting(Finding::detail)
        .asString()
        .contains("'broker', signed by right authority", "our certificate: 'client'");
  }

  @Test
  void evenWhenEveryServerDropsPacketsItEndsInTime() {
    int port = full.getLocalPort();
    CheckRun.Report report =
        check(
            List.of("svc-bie-kafka", "workflow"),
            Map.of(
                "kafka.bootstrap.servers",
                List.of(HOST + ":" + port, "localhost:" + port),
                "registry.urls",
                "http://127.0.0.1:" + port,
                "rabbitmq.port",
                port,
                "postgres.port",
                port),
            0,
            false);
    assertThat(report.findings())
        .filteredOn(one -> one.detail().contains("packets are dropped"))
        .extracting(Finding::server)
        .contains("Kafka", "Schema registry", "RabbitMQ", "PostgreSQL");
  }

  @Test
  void theDatabaseIsOldOrGivesTooLittle() throws Exception {
    PostgresAddress owner = POSTGRES.address();
    for (String file : List.of("V1__events.sql", "V2__dead_letter_actions.sql")) {
      run(owner, Files.readString(Path.of("src/main/resources/db/migration", file)));
    }
    run(
        owner,
        "CREATE TABLE bie_schema_history (version text, success boolean);"
            + "INSERT INTO bie_schema_history VALUES ('1', true)");
    try {
      assertThat(failed(Map.of("postgres.migrate", false)).detail())
          .contains("of version 1, this release wants 2");
      run(owner, "INSERT INTO bie_schema_history VALUES ('2', true)");
      try (var connection = DriverManager.getConnection(owner.jdbcUrl(), "postgres", "");
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE ROLE reader LOGIN PASSWORD '" + SECRET + "'");
      }
      run(owner, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
      Finding grant =
          failed(
              Map.of(
                  "postgres.username",
                  "reader",
                  "postgres.password",
                  SECRET,
                  "postgres.migrate",
                  false));
      assertThat(grant.detail()).contains("'reader' has no permission to INSERT");
      assertThat(grant.remedy()).contains("GRANT SELECT, INSERT");
    } finally {
      run(owner, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
  }

  private static Finding failed(Map<String, Object> changes) {
    return check(List.of("workflow"), changes, 0, false).findings().stream()
        .filter(one -> one.outcome() == Outcome.FAILED)
        .findFirst()
        .orElseThrow();
  }

  private static void run(PostgresAddress address, String sql) throws SQLException {
    try (var connection = address.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String ask(String sql) throws SQLException {
    try (var connection = POSTGRES.address().connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
