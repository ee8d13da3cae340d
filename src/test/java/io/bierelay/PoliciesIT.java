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
import io.bierelay.sandbox.RabbitProcess;
import io.bierelay.sandbox.RelayServers;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of an event that can't go the ordinary way: nobody has bound a queue, it can't be
 * decoded, it is larger than RabbitMQ takes, or its topic is another one than before.
 */
class PoliciesIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final ContentionType OTHER = ContentionType.DELETED;
  private static final String PARKED = "bie-events-parked";
  private static final String DEAD = "bie-events-dead-letter";

  private static RabbitProcess rabbit;

  private final ContentionEvents events = new ContentionEvents(7);
  private RelayServers servers;
  private AdminClient admin;
  private LauncherRelay relay;
  private EventPublisher publisher;
  private Connection connection;
  private Channel channel;

  @BeforeAll
  static void startRabbit() {
    rabbit = new RabbitProcess().start();
  }

  @AfterAll
  static void stopRabbit() {
    rabbit.close();
  }

  @BeforeEach
  void open() throws Exception {
    servers = new RelayServers(rabbit.address()).start(1);
    admin = new AdminClient(servers.adminUrl());
    relay = new LauncherRelay();
    publisher = servers.publisher();
    connection = rabbit.address().connect();
    channel = connection.createChannel();
  }

  @AfterEach
  void close() throws Exception {
    relay.stop();
    publisher.close();
    for (ContentionType type : ContentionType.values()) {
      channel.exchangeDelete(type.exchange());
    }
    channel.queueDelete(PARKED);
    channel.queueDelete(DEAD);
    connection.close();
    servers.close();
  }

  @Test
  void whatNoQueueTakesIsParkedWithItsExchangeAndInOrder() throws Exception {
    String queue = bind(OTHER);
    start(Map.of());
    publish(TYPE, 700);
    publish(OTHER, 300);
    awaitAccounts(TYPE, 700, Map.of("parked", 700));
    awaitAccounts(OTHER, 300, Map.of("confirmed", 300));
    assertThat(channel.messageCount(queue)).isEqualTo(300);
    assertThat(channel.messageCount(PARKED)).isEqualTo(700);
    List<Long> offsets = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      GetResponse parked = channel.basicGet(PARKED, true);
      offsets.add((Long) parked.getProps().getHeaders().get("offset"));
      assertThat(parked.getProps().getHeaders().get("unroutable-exchange"))
          .hasToString(TYPE.exchange());
      assertThat(parked.getEnvelope().getRoutingKey())
          .isEqualTo(TYPE.eventType() + "." + TYPE.topic() + ".0");
    }
    assertThat(offsets).isSorted().doesNotHaveDuplicates();
    assertThat(admin.body("/metrics"))
        .containsPattern("bie_relay_events_parked_total\\{[^}]*\\} 700\\.0")
        .containsPattern("bie_notify_unroutable_total\\{[^}]*\\} 700\\.0");
  }

  @Test
  void aFullQueueOfParkedEventsHoldsOnlyThePartitionsThatNeedIt() throws Exception {
    bind(OTHER);
    channel.queueDeclare(
        PARKED, true, false, false, Map.of("x-max-length", 10, "x-overflow", "reject-publish"));
    start(Map.of());
    publish(TYPE, 100);
    awaitHeld(TYPE, "basic.nack");
    publish(OTHER, 200);
    awaitAccounts(OTHER, 200, Map.of("confirmed", 200));
    assertThat(row(TYPE).getLong("committed")).isLessThan(100);
    String queue = bind(TYPE);
    await().atMost(LIMIT).until(() -> row(TYPE).getLong("committed") == 100);
    assertThat(row(TYPE).getJsonObject("accounts").getBoolean("agree")).isTrue();
    assertThat(row(TYPE).getString("reason")).isEmpty();
    assertThat(admin.body("/metrics"))
        .containsPattern("bie_notify_sessions_total\\{[^}]*\\} 1\\.0");
    assertThat(channel.messageCount(queue)).isPositive();
  }

  @Test
  void whereThePolicyIsToHoldThePartitionWaitsForAQueueAndTheOthersGoOn() throws Exception {
    bind(OTHER);
    start(Map.of("notify.unroutable", "hold"));
    publish(TYPE, 500);
    publish(OTHER, 200);
    awaitHeld(TYPE, "no queue is bound to exchange '" + TYPE.exchange() + "'");
    awaitAccounts(OTHER, 200, Map.of("confirmed", 200));
    String queue = bind(TYPE);
    awaitAccounts(TYPE, 500, Map.of("confirmed", 500));
    assertThat(offsets(queue, 500)).isSorted().doesNotHaveDuplicates();
    assertThat(channel.messageCount(queue)).isZero();
  }

  @Test
  void whenItStopsReadinessIsTheFirstToSaySo() throws Exception {
    start(Map.of("notify.unroutable", "hold"));
    publish(TYPE, 10);
    awaitHeld(TYPE, "no queue is bound");
    assertThat(admin.status("/health/ready")).isEqualTo(200);
    // It drains for as long as it may, since nothing is confirmed.
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(relay::stop);
    await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 503);
    assertThat(stopped).isNotDone();
    assertThat(admin.status("/health/live")).isEqualTo(200);
    stopped.get(60, TimeUnit.SECONDS);
  }

  @Test
  void whereThePolicyIsToDropItIsCounted() throws Exception {
    start(Map.of("notify.unroutable", "drop"));
    publish(TYPE, 50);
    awaitAccounts(TYPE, 50, Map.of("dropped", 50));
    assertThat(admin.body("/metrics"))
        .containsPattern("bie_relay_events_dropped_total\\{[^}]*\\} 50\\.0");
  }

  @Test
  void poisonHoldsItsPartitionWhereThatIsThePolicyAndLeavesWhenItIsNot() throws Exception {
    String queue = bind(TYPE);
    String otherQueue = bind(OTHER);
    start(Map.of("event.poison", "hold"));
    publish(TYPE, 10);
    publisher.publish(new ProducerRecord<>(TYPE.topic(), "k", bytes("no avro"))).get();
    publish(TYPE, 10);
    publish(OTHER, 100);
    awaitHeld(TYPE, "offset 10 is poison");
    awaitAccounts(OTHER, 100, Map.of("confirmed", 100));
    await().atMost(LIMIT).until(() -> row(TYPE).getLong("committed") == 10);
    assertThat(channel.messageCount(queue)).isEqualTo(10);
    assertThat(channel.messageCount(otherQueue)).isEqualTo(100);
    relay.stop();

    start(Map.of());
    awaitAccounts(TYPE, 11, Map.of("confirmed", 10, "quarantined", 1));
    assertThat(offsets(queue, 20)).isSorted().doesNotHaveDuplicates().doesNotContain(10L);
    GetResponse letter = channel.basicGet(DEAD, true);
    assertThat(letter.getBody()).isEqualTo(bytes("no avro"));
    assertThat(letter.getProps().getHeaders()).containsKeys("reason", "first-failed-at");
  }

  @Test
  void whatIsLargerThanRabbitTakesBecomesADeadLetterAndThePartitionGoesOn() throws Exception {
    rabbit.ctl("eval", "application:set_env(rabbit, max_message_size, 100000).");
    try {
      String queue = bind(TYPE);
      start(Map.of());
      publish(TYPE, 10);
      GenericRecord large = events.next(TYPE);
      large.put("Details", "large ".repeat(50_000));
      publisher.publish(TYPE, large).get();
      publish(TYPE, 10);
      awaitAccounts(TYPE, 21, Map.of("confirmed", 20, "quarantined", 1));
      // The session ended over it: what was unconfirmed then may be there twice.
      int there = (int) channel.messageCount(queue);
      assertThat(new HashSet<>(offsets(queue, there))).hasSize(20).doesNotContain(10L);
      GetResponse letter = channel.basicGet(DEAD, true);
      assertThat(letter.getProps().getHeaders().get("reason"))
          .hasToString("too-large-for-rabbitmq");
      assertThat(letter.getProps().getContentEncoding()).isEqualTo("gzip");
    } finally {
      rabbit.ctl("eval", "application:set_env(rabbit, max_message_size, 134217728).");
    }
  }

  @Test
  void aTopicThatIsCreatedAgainWhileItIsReadBeginsAnewWithOtherIds() throws Exception {
    String queue = bind(TYPE);
    start(Map.of());
    publish(TYPE, 50);
    awaitAccounts(TYPE, 50, Map.of("confirmed", 50));
    List<String> before = ids(queue, 50);
    recreate();
    // As many as before, and more: the old position is a valid one in the new topic.
    publish(TYPE, 80);
    awaitNotified(queue, 80, before);
  }

  @Test
  void aTopicThatWasCreatedAgainWhileNobodyReadBeginsAnewWithOtherIds() throws Exception {
    String queue = bind(TYPE);
    start(Map.of());
    publish(TYPE, 50);
    awaitAccounts(TYPE, 50, Map.of("confirmed", 50));
    await().atMost(LIMIT).until(() -> row(TYPE).getLong("committed") == 50);
    List<String> before = ids(queue, 50);
    relay.stop();
    try (Admin kafka = Admin.create(servers.kafka().adminProperties())) {
      var group = kafka.listConsumerGroupOffsets(RelayServers.GROUP);
      var committed = group.partitionsToOffsetAndMetadata().get();
      recreate();
      // Kafka forgets a deleted topic's offsets; a commit that comes late brings them back.
      kafka.alterConsumerGroupOffsets(RelayServers.GROUP, committed).all().get();
    }
    publish(TYPE, 80);
    start(Map.of());
    awaitNotified(queue, 80, before);
  }

  @Test
  void aStaticMemberComesBackWithoutARebalance() throws Exception {
    bind(TYPE);
    start(Map.of("kafka.group.instance.id", "relay-0"));
    publish(TYPE, 10);
    awaitAccounts(TYPE, 10, Map.of("confirmed", 10));
    try (Admin kafka = Admin.create(servers.kafka().adminProperties())) {
      var group = kafka.describeConsumerGroups(List.of(RelayServers.GROUP)).all().get();
      assertThat(group.get(RelayServers.GROUP).members())
          .singleElement()
          .satisfies(member -> assertThat(member.groupInstanceId()).contains("relay-0"));
    }
    relay.stop();
    start(Map.of("kafka.group.instance.id", "relay-0"));
    publish(TYPE, 10);
    awaitAccounts(TYPE, 10, Map.of("confirmed", 10));
  }

  private void start(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.putAll(more);
    relay.start(List.of("svc-bie-kafka"), settings);
    await().atMost(LIMIT).until(() -> admin.status("/health/ready") == 200);
  }

  private void recreate() throws Exception {
    Properties properties = servers.kafka().adminProperties();
    try (Admin kafka = Admin.create(properties)) {
      kafka.deleteTopics(List.of(TYPE.topic())).all().get();
      await()
          .atMost(LIMIT)
          .ignoreExceptions()
          .until(
              () -> {
                kafka.createTopics(List.of(new NewTopic(TYPE.topic(), 1, (short) 1))).all().get();
                return true;
              });
    }
    // Its producer may still know the old topic.
    publisher.close();
    publisher = servers.publisher();
  }

  private void publish(ContentionType type, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      var unused = publisher.publish(type, events.next(type));
    }
    publisher.flush();
  }

  private String bind(ContentionType type) throws Exception {
    channel.exchangeDeclare(type.exchange(), "topic", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, type.exchange(), "#");
    return queue;
  }

  private JsonObject row(ContentionType type) {
    return admin.subscriptions().stream()
        .filter(row -> type.topic().equals(row.getString("topic")))
        .findFirst()
        .orElse(new JsonObject().put("accounts", new JsonObject()));
  }

  private void awaitHeld(ContentionType type, String why) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(row(type).getString("state")).isEqualTo("held");
              assertThat(row(type).getString("reason")).contains(why);
            });
  }

  /** Everything is received and done with, in these ways and no others. */
  private void awaitAccounts(ContentionType type, int received, Map<String, Integer> parts) {
    JsonObject expected = new JsonObject().put("received", received).put("agree", true);
    for (String each :
        List.of(
            "confirmed", "quarantined", "parked", "dropped", "skipped", "discarded", "inFlight")) {
      expected.put(each, parts.getOrDefault(each, 0));
    }
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(row(type).getJsonObject("accounts").getMap())
                    .isEqualTo(expected.getMap()));
  }

  private void awaitNotified(String queue, int count, List<String> before) {
    Map<String, Long> seen = new HashMap<>();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              GetResponse message = channel.basicGet(queue, true);
              for (; message != null; message = channel.basicGet(queue, true)) {
                if (!before.contains(message.getProps().getMessageId())) {
                  seen.put(
                      message.getProps().getMessageId(),
                      (Long) message.getProps().getHeaders().get("offset"));
                }
              }
              assertThat(new HashSet<>(seen.values())).hasSize(count);
            });
    await().atMost(LIMIT).until(() -> row(TYPE).getLong("committed") == count);
  }

  private List<String> ids(String queue, int count) throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(channel.basicGet(queue, true).getProps().getMessageId());
    }
    return ids;
  }

  private List<Long> offsets(String queue, int count) throws Exception {
    List<Long> offsets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      offsets.add((Long) channel.basicGet(queue, true).getProps().getHeaders().get("offset"));
    }
    return offsets;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
