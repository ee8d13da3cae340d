package io.bierelay.sandbox;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The demo's second system: a tenure API, SQS and the role reporting-listener; and, by
 * configuration alone, a relay of its topic to an exchange of its own.
 */
final class DemoListener implements AutoCloseable {

  /** The exchange that the tenures' topic is relayed to. */
  static final String EXCHANGE = "tenure-events";

  private static final String[] TYPES = {
    "TenureCreatedEvent", "TenureUpdatedEvent", "TenureUpdatedEvent", "PersonCreatedEvent"
  };

  private final PrintStream out;
  private final Sandbox sandbox;
  private final ListenerServers servers;
  private final RelayUnderTest listener = new LauncherRelay();
  private final RelayUnderTest circle = new LauncherRelay();
  private final AtomicInteger notified = new AtomicInteger();
  private Connection connection;
  private AvroTopic topic;
  private int changes;
  private int tenures;
  private int arrived;

  DemoListener(PrintStream out, Sandbox sandbox) {
    this.out = out;
    this.sandbox = sandbox;
    this.servers = new ListenerServers(5, sandbox.kafka(), sandbox.registry());
  }

  /** Starts servers and roles, and subscribes. */
  void start() {
    servers.start();
    try {
      connection = sandbox.amqp().address().connect();
      Channel channel = connection.createChannel();
      channel.exchangeDeclare(EXCHANGE, BuiltinExchangeType.TOPIC, true);
      String queue = channel.queueDeclare().getQueue();
      channel.queueBind(queue, EXCHANGE, "#");
      channel.basicConsume(queue, true, (tag, one) -> notified.incrementAndGet(), tag -> {});
    } catch (IOException | TimeoutException e) {
      throw new IllegalStateException("cannot subscribe to " + EXCHANGE, e);
    }
    sandbox.kafka().createTopics(List.of(Tenures.TOPIC), 1);
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("listener.sqs.wait", "1s");
    listener.start(List.of("reporting-listener"), settings);
    circle.start(List.of("svc-bie-kafka"), circleSettings());
    topic = servers.records();
    out.printf(
        "  listener %s/  (SQS to topic %s, and from there to exchange %s)%n%n",
        servers.adminUrl(), Tenures.TOPIC, EXCHANGE);
  }

  /** Adding a topic is this: nothing of it is code. */
  private Map<String, Object> circleSettings() {
    Map<String, Object> settings = new HashMap<>(sandbox.settings());
    settings.put("event.exchange.prefix", "tenure-");
    settings.put("event.types", Map.of("events", Tenures.TOPIC));
    settings.put("kafka.topics", List.of(Tenures.TOPIC));
    settings.put("kafka.group.id", RelayServers.GROUP + "-tenures");
    settings.put("admin.port", Ports.free());
    return settings;
  }

  /** Publishes one change; every fourth is of a type that nobody relays. */
  void publish() {
    String type = TYPES[changes++ % TYPES.length];
    JsonObject event = Tenures.event(type, UUID.randomUUID(), UUID.randomUUID());
    tenures += type.startsWith("Tenure") ? 1 : 0;
    servers.sqs().send(Tenures.enveloped(event));
  }

  /** Prints what has arrived in Kafka since the last time, decoded. */
  void show() {
    for (AvroTopic.Decoded one : topic.poll()) {
      arrived++;
      out.printf(
          "  tenure   %s %s %s %s%n",
          one.at("EventType"),
          one.at("Tenure", "Id"),
          one.at("Tenure", "TenureType"),
          one.at("Tenure", "StartOfTenureDate"));
    }
  }

  /** Publishes some changes and waits; whether all arrived, in Kafka and at the exchange. */
  boolean once(int count, long seconds) {
    for (int i = 0; i < count; i++) {
      publish();
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while ((arrived < tenures || notified.get() < tenures) && System.nanoTime() < deadline) {
      show();
    }
    out.printf(
        "%ntenures: %d changes in SQS, %d to relay, %d in Kafka, %d at exchange %s%n",
        changes, tenures, arrived, notified.get(), EXCHANGE);
    return arrived == tenures && notified.get() == tenures;
  }

  @Override
  public void close() {
    Parallel.run(List.of(listener::stop, circle::stop));
    Optional.ofNullable(topic).ifPresent(AvroTopic::close);
    Optional.ofNullable(connection).ifPresent(Connection::abort);
    servers.close();
  }
}
