package io.bierelay.bench.relay;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.bierelay.avro.AvroJson;
import io.bierelay.avro.JsonBuffer;
import io.bierelay.bench.Machine;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.bench.workflow.Database;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionSchemas;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.SandboxRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * The servers of the relay's benchmark: Kafka with its backlog, a registry, and a RabbitMQ with a
 * fresh virtual host for each candidate.
 */
public final class Stage implements AutoCloseable {

  /** What surrounds an event in a notification; see docs/events.md. */
  private static final String ENVELOPE =
      "{\"topic\":\"%s\",\"notifiedAt\":\"2023-06-12T19:29 UTC+00:00\",\"event\":}";

  private static final int PORTION = 50_000;

  private final Path scratch;
  private final int partitions;
  private final RabbitProcess rabbit = new RabbitProcess();
  private final SandboxRegistry registry = new SandboxRegistry();
  private final Map<ContentionType, Integer> schemaIds = registry.registerContentionSchemas();
  private MeasuredProcess kafka;
  private Properties kafkaClient;
  private int rounds;
  private Connection amqp;
  private Channel channel;
  private RabbitAddress address;
  private Database database;

  /** Each of the five topics has so many partitions. */
  public Stage(Path scratch, int partitions) {
    this.scratch = scratch;
    this.partitions = partitions;
  }

  /** A PostgreSQL too, with a fresh database for each candidate; before the start. */
  public Stage withDatabase() {
    database = new Database();
    return this;
  }

  /** Returns when Kafka, the registry and RabbitMQ take connections. */
  public Stage start() throws IOException {
    registry.start();
    Path file = scratch.resolve("kafka.properties");
    kafka =
        MeasuredProcess.start(
            List.of(
                MeasuredProcess.java(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                KafkaHost.class.getName(),
                Integer.toString(partitions),
                file.toString()),
            scratch.resolve("kafka.log"));
    rabbit.start();
    kafka.awaitLine("Kafka is ready");
    kafkaClient = new Properties();
    try (var in = Files.newInputStream(file)) {
      kafkaClient.load(in);
    }
    return this;
  }

  /** Puts so many events into the topics, spread over all partitions. */
  void fill(int events) {
    try (EventPublisher publisher = publisher()) {
      for (int done = 0; done < events; done += PORTION) {
        publisher.publishAll(new ContentionEvents(done), Math.min(PORTION, events - done));
      }
    }
  }

  /** The same with events whose Avro has so many bytes, or a few more. */
  void fill(int events, int bytes) throws Exception {
    String blank = "x".repeat(bytes);
    ContentionType[] types = ContentionType.values();
    ContentionEvents made = new ContentionEvents(3);
    try (EventPublisher publisher = publisher()) {
      for (int i = 0; i < events; i++) {
        ContentionType type = types[i % types.length];
        GenericRecord event = made.next(type);
        String field = event.getSchema().getField("Details") == null ? "Description" : "Details";
        event.put(field, "");
        int rest = bytes - ContentionEvents.encode(event, 1).length;
        event.put(field, blank.substring(0, Math.max(0, rest)));
        var unused = publisher.publish(type, event);
        if (i % 1_000 == 0) {
          publisher.flush();
        }
      }
      publisher.flush();
    }
  }

  EventPublisher publisher() {
    return new EventPublisher(kafkaClient, schemaIds);
  }

  /** What a producer needs. */
  public Properties kafkaClient() {
    return kafkaClient;
  }

  /** What the registry gave them. */
  public Map<ContentionType, Integer> schemaIds() {
    return schemaIds;
  }

  /** Exchanges and quorum queues as in life, all empty, in a virtual host of their own. */
  public void renew() throws Exception {
    release();
    String name = "bench" + ++rounds;
    if (database != null) {
      database.renew(name);
    }
    rabbit.ctl("add_vhost", name);
    rabbit.ctl("set_permissions", "-p", name, rabbit.address().username(), ".*", ".*", ".*");
    address = rabbit.address().withVirtualHost(name);
    amqp = address.connect();
    channel = amqp.createChannel();
    for (ContentionType type : ContentionType.values()) {
      channel.exchangeDeclare(type.exchange(), BuiltinExchangeType.TOPIC, true);
      channel.queueDeclare(queue(type), true, false, false, Map.of("x-queue-type", "quorum"));
      channel.queueBind(queue(type), type.exchange(), "#");
    }
  }

  static String queue(ContentionType type) {
    return type.exchange() + ".bench";
  }

  /** The benchmark's connection. */
  public Connection amqp() {
    return amqp;
  }

  /** How many messages are in the queues. */
  long depth() throws IOException {
    long sum = 0;
    for (ContentionType type : ContentionType.values()) {
      sum += channel.messageCount(queue(type));
    }
    return sum;
  }

  /** What a candidate is told; each is another consumer group. */
  public Order order() {
    Properties all = new Properties();
    kafkaClient.forEach((key, value) -> all.put("kafka." + key, value));
    all.put("kafka.group.id", group());
    all.put("kafka.auto.offset.reset", "earliest");
    String login = kafkaClient.getProperty("sasl.jaas.config");
    all.put("login.username", login.replaceAll(".* username=\"([^\"]*)\".*", "$1"));
    all.put("login.password", login.replaceAll(".* password=\"([^\"]*)\".*", "$1"));
    all.put("registry", registry.url());
    all.put("rabbit.host", address.host());
    all.put("rabbit.port", Integer.toString(address.port()));
    all.put("rabbit.username", address.username());
    all.put("rabbit.password", address.password());
    all.put("rabbit.vhost", address.virtualHost());
    if (database != null) {
      all.put("postgres.url", database.address().jdbcUrl());
      all.put("postgres.username", database.address().username());
      all.put("postgres.password", database.address().password());
    }
    List<String> topics = new ArrayList<>();
    for (ContentionType type : ContentionType.values()) {
      topics.add(type.topic());
      all.put("type." + type.topic(), type.eventType());
      all.put("size." + type.topic(), Integer.toString(size(type)));
    }
    all.put("topics", String.join(",", topics));
    return new Order(all);
  }

  private String group() {
    return "bench" + rounds;
  }

  /** The notifications' average size, by the relay's own decoder. */
  private static int size(ContentionType type) {
    int samples = 200;
    ContentionEvents events = new ContentionEvents(1);
    AvroJson json = AvroJson.compile(ContentionSchemas.of(type));
    JsonBuffer buffer = new JsonBuffer();
    long sum = 0;
    for (int i = 0; i < samples; i++) {
      byte[] wire = ContentionEvents.encode(events.next(type), 1);
      buffer.reset();
      json.write(wire, 5, wire.length - 5, buffer);
      sum += buffer.size();
    }
    return (int) (sum / samples) + ENVELOPE.formatted(type.topic()).length();
  }

  /** The group of this round begins so many events before the end, over all partitions. */
  public void beginBeforeEnd(int events) throws Exception {
    try (Admin admin = Admin.create(kafkaClient)) {
      Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
      Arrays.stream(ContentionType.values())
          .forEach(
              type -> {
                for (int i = 0; i < partitions; i++) {
                  latest.put(new TopicPartition(type.topic(), i), OffsetSpec.latest());
                }
              });
      Map<TopicPartition, OffsetAndMetadata> begin = new HashMap<>();
      admin
          .listOffsets(latest)
          .all()
          .get()
          .forEach(
              (partition, end) ->
                  begin.put(
                      partition,
                      new OffsetAndMetadata(Math.max(0, end.offset() - events / latest.size()))));
      admin.alterConsumerGroupOffsets(group(), begin).all().get();
    }
  }

  /** The broker's process; RabbitMQ is no child of ours that the address would tell. */
  ProcessHandle broker() {
    return ProcessHandle.current()
        .descendants()
        .filter(p -> p.info().command().orElse("").contains("beam"))
        .findFirst()
        .orElseThrow();
  }

  /** The database of the one whose turn it is. */
  public Database database() {
    return database;
  }

  /** Where the one whose turn it is finds its exchanges. */
  public RabbitAddress rabbitAddress() {
    return address;
  }

  /** RabbitMQ itself, to be maltreated. */
  public RabbitProcess rabbit() {
    return rabbit;
  }

  /** A queue of the workflow for each type, and nothing that collects messages beside it. */
  public void workflowQueues() throws IOException {
    for (ContentionType type : ContentionType.values()) {
      channel.queueDelete(queue(type));
      String name = type.exchange() + ".workflow";
      channel.queueDeclare(
          name,
          true,
          false,
          false,
          Map.of("x-queue-type", "quorum", "x-dead-letter-exchange", "bie-events-dead-letter"));
      channel.queueBind(name, type.exchange(), "#");
    }
  }

  /** This machine and the servers. */
  public Machine machine() throws SQLException {
    Machine machine =
        new Machine()
            .with("Kafka", AppInfoParser.getVersion())
            .with("RabbitMQ", amqp == null ? "?" : amqp.getServerProperties().get("version"));
    return database == null ? machine : machine.with("PostgreSQL", database.version());
  }

  private void release() throws Exception {
    if (amqp != null) {
      amqp.close();
      rabbit.ctl("delete_vhost", "bench" + rounds);
      // What it still has to do with it must not be the next one's burden.
      var broker = broker();
      Duration[] before = {Duration.ZERO};
      await("RabbitMQ at rest")
          .pollInSameThread()
          .pollInterval(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                Duration now = MeasuredProcess.cpu(broker);
                boolean rests = now.minus(before[0]).toMillis() < 50;
                before[0] = now;
                return rests;
              });
    }
  }

  @Override
  public void close() {
    if (amqp != null) {
      amqp.abort();
    }
    rabbit.close();
    if (database != null) {
      database.close();
    }
    registry.close();
    if (kafka != null) {
      // By a signal it would leave its log behind, which is large.
      kafka.endInput();
      kafka.close();
    }
  }
}
