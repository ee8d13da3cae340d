package io.bierelay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import io.bierelay.event.SubscriptionBus;
import io.bierelay.event.SubscriptionBus.PauseRequest;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.EventPublisher;
import io.bierelay.sandbox.IngestUnderTest;
import io.bierelay.sandbox.RelayServers;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What people see of partitions and do to them: paused, they stand still through a rebalance;
 * moved, exactly what was announced is published again, in order and under the same ids.
 */
class SubscriptionControlsIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PARTITIONS = 4;
  private static final ContentionType TYPE = ContentionType.UPDATED;
  private static final String TOPIC = TYPE.topic();

  private static RelayServers servers;

  private record Seen(String id, long offset) {}

  private final ContentionEvents events = new ContentionEvents(11);
  private final Map<Integer, List<Seen>> seen = new ConcurrentHashMap<>();
  private EventPublisher publisher;
  private Connection connection;
  private IngestUnderTest relay;
  private Map<Integer, Long> ends;

  @BeforeAll
  static void startServers() {
    servers = new RelayServers().start(PARTITIONS);
  }

  @AfterAll
  static void stopServers() {
    servers.close();
  }

  @BeforeEach
  void open() throws Exception {
    publisher = servers.publisher();
    connection = servers.rabbit().connect();
    subscribe();
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("kafka.topics", List.of(TOPIC));
    settings.put("kafka.client", Map.of("heartbeat.interval.ms", "500"));
    relay = new IngestUnderTest(settings);
  }

  @AfterEach
  void close() throws Exception {
    relay.close();
    publisher.close();
    connection.close();
  }

  @Test
  void aPausedTopicStandsStillThroughARebalanceAndGoesOnWhereItStood() throws Exception {
    relay.addConsumer();
    publish(200);
    awaitAllFinished();
    int before = count();
    Instant asked = Instant.now();
    JsonObject reply =
        relay.ask(
            SubscriptionBus.PAUSE,
            new PauseRequest(TOPIC, SubscriptionBus.ALL_PARTITIONS, "anna", "deploying").toJson());
    assertThat(reply.getBoolean("durable")).isFalse();
    assertThat(reply.getString("note")).contains("SubscriptionStateVerticle");
    assertThat(reply.getJsonArray("partitions")).hasSize(PARTITIONS);
    await().atMost(LIMIT).until(() -> states().equals(Set.of("paused")));
    assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(2));
    assertThat(relay.rows())
        .allSatisfy(row -> assertThat(row.getString("pausedBy")).isEqualTo("anna: deploying"));

    publish(300);
    await().atMost(LIMIT).until(() -> lag() == 300);
    String second = relay.addConsumer();
    await()
        .atMost(LIMIT)
        .until(() -> relay.owners() == 2 && relay.rows().size() == PARTITIONS && lag() == 300);
    assertThat(states()).containsExactly("paused");
    await().atMost(LIMIT).until(() -> relay.rows().stream().anyMatch(row -> seconds(row) >= 3));
    relay.removeConsumer(second);
    await().atMost(LIMIT).until(() -> relay.rows().size() == PARTITIONS && lag() == 300);
    assertThat(count()).isEqualTo(before);
    assertThat(relay.rows())
        .allSatisfy(row -> assertThat(row.getString("state")).isEqualTo("paused"))
        .allSatisfy(row -> assertThat(row.getJsonObject("accounts").getBoolean("agree")).isTrue());

    relay.ask(
        SubscriptionBus.RESUME,
        new PauseRequest("*", SubscriptionBus.ALL_PARTITIONS, "anna", "").toJson());
    awaitAllFinished();
    assertThat(states()).containsExactly("running");
    assertThat(count()).isEqualTo(before + 300);
    seen.values().forEach(SubscriptionControlsIT::assertOnceAndInOrder);
  }

  @Test
  void aPausedPartitionLetsTheOthersGoOnAndCanBeResumedWithinAPausedTopic() throws Exception {
    relay.addConsumer();
    publish(100);
    awaitAllFinished();
    relay.ask(SubscriptionBus.PAUSE, new PauseRequest("*", -1, "anna", "").toJson());
    JsonObject resumed =
        relay.ask(SubscriptionBus.RESUME, new PauseRequest(TOPIC, 2, "ben", "").toJson());
    assertThat(resumed.getJsonArray("partitions")).hasSize(1);
    publish(200);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(relay.rows())
                    .hasSize(PARTITIONS)
                    .allSatisfy(
                        row -> {
                          boolean free = row.getInteger("partition") == 2;
                          assertThat(row.getString("state")).isEqualTo(free ? "running" : "paused");
                          assertThat(row.getLong("lag") == 0).isEqualTo(free);
                        }));
    relay.ask(SubscriptionBus.RESUME, new PauseRequest("*", -1, "anna", "").toJson());
    awaitAllFinished();
  }

  @Test
  void aDryRunSaysHowManyAndAReplayPublishesExactlyThoseAgainInOrderUnderTheSameIds()
      throws Exception {
    relay.addConsumer();
    relay.addConsumer();
    publish(400);
    awaitAllFinished();
    int before = count();
    long end = ends.get(1);
    Set<Seen> first = new HashSet<>(seen.get(1));
    long to = end - 40;

    JsonObject dry = seek(1, "offset", to, true);
    assertThat(dry.getLong("events")).isEqualTo(40);
    assertThat(dry.getBoolean("dryRun")).isTrue();
    assertThat(dry.getString("exchange")).isEqualTo(TYPE.exchange());
    assertThat(row(1).getLong("committed")).isEqualTo(end);

    JsonObject done = seek(1, "offset", to, false);
    assertThat(done.getLong("events")).isEqualTo(40);
    assertThat(done.getJsonArray("partitions").getJsonObject(0).getLong("from")).isEqualTo(end);
    await().atMost(LIMIT).until(() -> count() == before + 40);
    awaitAllFinished();
    assertThat(count()).isEqualTo(before + 40);
    List<Seen> again = seen.get(1).subList(seen.get(1).size() - 40, seen.get(1).size());
    assertThat(again).extracting(Seen::offset).isSorted();
    assertThat(again.get(0).offset()).isEqualTo(to);
    assertThat(first).as("the same ids").containsAll(again);

    JsonObject all = seek(-1, "earliest", -1, true);
    long total = ends.values().stream().mapToLong(Long::longValue).sum();
    assertThat(all.getLong("events")).isEqualTo(total);
    assertThat(all.getJsonArray("partitions")).hasSize(PARTITIONS);
    seek(-1, "earliest", -1, false);
    await().atMost(LIMIT).until(() -> count() == before + 40 + total);
    awaitAllFinished();
  }

  @Test
  void aMomentIsFoundAndWhatIsSkippedIsSaid() throws Exception {
    relay.addConsumer();
    publish(50);
    awaitAllFinished();
    Instant between = Instant.now().plusMillis(20);
    await().atMost(LIMIT).until(() -> Instant.now().isAfter(between));
    Map<Integer, Long> then = new HashMap<>(ends);
    publish(100);
    awaitAllFinished();
    int before = count();
    long expected = ends.get(0) - then.get(0);
    JsonObject request = request(0, "timestamp", -1, false).put("timestamp", between.toString());
    assertThat(relay.ask(SubscriptionBus.SEEK, request).getLong("events")).isEqualTo(expected);
    await().atMost(LIMIT).until(() -> count() == before + expected);

    relay.ask(SubscriptionBus.PAUSE, new PauseRequest(TOPIC, 3, "anna", "").toJson());
    publish(100);
    await()
        .atMost(LIMIT)
        .until(
            () ->
                row(3).getLong("lag") == ends.get(3) - row(3).getLong("committed")
                    && row(3).getLong("lag") > 0);
    long skipped = row(3).getLong("lag");
    JsonObject latest = seek(3, "latest", -1, false);
    assertThat(latest.getLong("skipped")).isEqualTo(skipped);
    assertThat(latest.getLong("events")).isZero();
    relay.ask(SubscriptionBus.RESUME, new PauseRequest(TOPIC, 3, "anna", "").toJson());
    awaitAllFinished();
    assertThat(seen.get(3)).extracting(Seen::offset).doesNotContain(ends.get(3) - 1);
  }

  @Test
  void aMoveInFullFlightLosesNothingAndKeepsTheOrder() throws Exception {
    relay.addConsumer();
    publish(2_000);
    awaitAllFinished();
    publisher.publishSteadily(events, 3_000);
    for (int round = 0; round < 5; round++) {
      int all = count();
      await().atMost(LIMIT).until(() -> count() > all + 300);
      JsonObject moved = seek(0, "offset", 10, false);
      assertThat(moved.getLong("events")).isPositive();
    }
    publisher.pause();
    publisher.flush();
    awaitEnds();
    awaitAllFinished();
    List<Long> offsets = seen.get(0).stream().map(Seen::offset).toList();
    int restarts = 0;
    for (int i = 1; i < offsets.size(); i++) {
      long step = offsets.get(i) - offsets.get(i - 1);
      if (step != 1) {
        assertThat(offsets.get(i)).as("after %s", offsets.get(i - 1)).isEqualTo(10);
        restarts++;
      }
    }
    assertThat(restarts).isEqualTo(5);
    assertThat(offsets.get(offsets.size() - 1)).isEqualTo(ends.get(0) - 1);
  }

  @Test
  void whatCannotBeDoneIsRefusedWithAReason() throws Exception {
    relay.addConsumer();
    publish(100);
    awaitAllFinished();
    long end = ends.get(1);
    assertThat(refusal(request(1, "offset", end + 1, true)))
        .returns(SubscriptionBus.OUT_OF_RANGE, ReplyException::failureCode)
        .extracting(Throwable::getMessage)
        .asString()
        .contains("valid are 0 to " + end);
    assertThat(refusal(request(99, "earliest", -1, true)))
        .returns(SubscriptionBus.NOT_FOUND, ReplyException::failureCode)
        .hasMessageContaining("has the partitions 0 to 3, not 99");
    assertThat(refusal(request(0, "earliest", -1, true).put("topic", "nonsense")))
        .returns(SubscriptionBus.NOT_FOUND, ReplyException::failureCode)
        .hasMessageContaining(TOPIC);
    assertThat(refusal(request(0, "yesterday", -1, true)))
        .returns(SubscriptionBus.BAD_REQUEST, ReplyException::failureCode);
    assertThat(refusal(request(0, "timestamp", -1, true).put("timestamp", "noon")))
        .returns(SubscriptionBus.BAD_REQUEST, ReplyException::failureCode);
    assertThat(refusal(new JsonObject().put("topic", 7)))
        .returns(SubscriptionBus.BAD_REQUEST, ReplyException::failureCode);
    assertThat(relay.rows()).allMatch(row -> row.getString("state").equals("running"));
  }

  @Test
  void theGroupIsSeenWithItsOwnersRatesAndAges() throws Exception {
    relay.addConsumer();
    publish(100);
    awaitAllFinished();
    JsonObject group = relay.ask(SubscriptionBus.GROUP, new JsonObject());
    assertThat(group.getJsonArray("degraded")).isEmpty();
    assertThat(rowsOf(group))
        .hasSize(PARTITIONS)
        .allSatisfy(
            row -> {
              assertThat(row.getString("kind")).isEqualTo("partition");
              assertThat(row.getJsonObject("owner").getString("memberId")).isNotEmpty();
              assertThat(row.getJsonObject("owner").getString("instance"))
                  .endsWith(":" + ProcessHandle.current().pid());
              assertThat(row.getDouble("lagSeconds")).isZero();
              assertThat(row.getDouble("rate5")).isPositive();
              assertThat(Instant.parse(row.getString("lastEventAt")))
                  .isAfter(Instant.now().minusSeconds(120));
            });
  }

  @Test
  void aMemberOfAnotherVersionIsShownByWhatKafkaKnowsOfIt() throws Exception {
    relay.addConsumer();
    publish(100);
    awaitAllFinished();
    Properties properties = servers.kafka().adminProperties();
    properties.put("group.id", RelayServers.GROUP);
    properties.put("client.id", "old-version");
    properties.put("enable.auto.commit", "false");
    properties.put(
        "partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    try (KafkaConsumer<byte[], byte[]> other =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      other.subscribe(List.of(TOPIC));
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                other.poll(Duration.ofMillis(100));
                return other.assignment().size() == PARTITIONS / 2
                    && relay.rows().size() == PARTITIONS / 2;
              });
      publish(200);
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> {
                other.poll(Duration.ofMillis(100));
                assertShown(relay.ask(SubscriptionBus.GROUP, new JsonObject()));
              });
    }
  }

  private static void assertShown(JsonObject group) {
    assertThat(group.getJsonArray("degraded").encode()).contains("old-version at 127.0.0.1");
    assertThat(rowsOf(group)).hasSize(PARTITIONS);
    assertThat(rowsOf(group))
        .filteredOn(row -> row.getJsonObject("owner").getString("clientId").equals("old-version"))
        .hasSize(PARTITIONS / 2)
        .allSatisfy(
            row -> {
              assertThat(row.getJsonObject("owner").getString("host")).isEqualTo("127.0.0.1");
              assertThat(row.getLong("lag")).isPositive();
              assertThat(row.getDouble("lagSeconds")).isPositive();
            });
  }

  private void publish(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      var unused = publisher.publish(TYPE, events.next(TYPE));
    }
    publisher.flush();
    awaitEnds();
  }

  private void awaitEnds() throws Exception {
    ends = new HashMap<>();
    try (Admin kafka = Admin.create(servers.kafka().adminProperties())) {
      for (int i = 0; i < PARTITIONS; i++) {
        TopicPartition tp = new TopicPartition(TOPIC, i);
        var answer = kafka.listOffsets(Map.of(tp, OffsetSpec.latest()));
        ends.put(i, answer.partitionResult(tp).get().offset());
      }
    }
  }

  /** Every partition is committed to its end, and all that was published has come. */
  private void awaitAllFinished() {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(relay.rows())
                    .hasSize(PARTITIONS)
                    .allSatisfy(
                        row ->
                            assertThat(row.getLong("committed"))
                                .isEqualTo(ends.get(row.getInteger("partition"))))
                    .allSatisfy(row -> assertThat(row.getLong("lag")).isZero()));
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              long confirmed =
                  relay.rows().stream()
                      .mapToLong(row -> row.getJsonObject("accounts").getLong("inFlight"))
                      .sum();
              assertThat(confirmed).isZero();
            });
  }

  private JsonObject seek(int partition, String to, long offset, boolean dryRun) {
    return relay.ask(SubscriptionBus.SEEK, request(partition, to, offset, dryRun));
  }

  private static JsonObject request(int partition, String to, long offset, boolean dryRun) {
    JsonObject request =
        new JsonObject()
            .put("topic", TOPIC)
            .put("partition", partition)
            .put("to", to)
            .put("dryRun", dryRun)
            .put("who", "anna")
            .put("why", "test");
    return offset < 0 ? request : request.put("offset", offset);
  }

  private ReplyException refusal(JsonObject request) {
    return catchThrowableOfType(
        ReplyException.class, () -> relay.ask(SubscriptionBus.SEEK, request));
  }

  private JsonObject row(int partition) {
    return relay.rows().stream()
        .filter(row -> row.getInteger("partition") == partition)
        .findFirst()
        .orElseThrow();
  }

  private static List<JsonObject> rowsOf(JsonObject group) {
    return group.getJsonArray("subscriptions").stream().map(JsonObject.class::cast).toList();
  }

  private Set<String> states() {
    Set<String> states = new HashSet<>();
    relay.rows().forEach(row -> states.add(row.getString("state")));
    return states;
  }

  private long lag() {
    return relay.rows().stream().mapToLong(row -> row.getLong("lag")).sum();
  }

  private static double seconds(JsonObject row) {
    Double seconds = row.getDouble("lagSeconds");
    return seconds == null ? -1 : seconds;
  }

  private int count() {
    return seen.values().stream().mapToInt(List::size).sum();
  }

  private static void assertOnceAndInOrder(List<Seen> partition) {
    assertThat(partition).extracting(Seen::offset).isSorted().doesNotHaveDuplicates();
  }

  private void subscribe() throws Exception {
    Channel channel = connection.createChannel();
    channel.exchangeDeclare(TYPE.exchange(), "topic", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, TYPE.exchange(), "#");
    DeliverCallback note =
        (tag, message) -> {
          Map<String, Object> headers = message.getProperties().getHeaders();
          int partition = ((Number) headers.get("partition")).intValue();
          seen.computeIfAbsent(partition, p -> Collections.synchronizedList(new ArrayList<>()))
              .add(new Seen(message.getProperties().getMessageId(), (Long) headers.get("offset")));
        };
    channel.basicConsume(queue, true, note, tag -> {});
  }
}
