package io.bierelay.sandbox;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.bierelay.event.EventId;
import io.bierelay.event.LaneBus;
import io.bierelay.event.LaneBus.OpenReply;
import io.bierelay.event.LaneBus.OpenRequest;
import io.bierelay.event.Notification;
import io.bierelay.event.NotificationBatch;
import io.bierelay.event.Origin;
import io.bierelay.event.Outbound;
import io.bierelay.notify.RabbitNotifierVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many notifications of 1 KiB per second RabbitMQ takes and confirms from one notifier that
 * serves 20 partitions: at least once, and exactly once with either trust, in turns on one broker.
 *
 * <p>The lanes are played here, by their protocol, so that neither Kafka nor decoding is measured.
 */
public final class DeliveryBenchmark {

  private static final int PARTITIONS = 4;
  private static final int BATCH = 100;
  private static final Duration WARM = Duration.ofSeconds(3);

  private static final Map<String, Map<String, Object>> CONTESTANTS = new LinkedHashMap<>();

  static {
    CONTESTANTS.put("at-least-once", Map.of());
    CONTESTANTS.put("exactly-once, confirmed", Map.of("notify.delivery", "exactly-once"));
    CONTESTANTS.put(
        "exactly-once, routed",
        Map.of("notify.delivery", "exactly-once", "notify.ledger.trust", "routed"));
  }

  private final RabbitProcess broker;
  private final String queueType;
  private final Duration length;
  private int number;

  private DeliveryBenchmark(RabbitProcess broker, String queueType, Duration length) {
    this.broker = broker;
    this.queueType = queueType;
    this.length = length;
  }

  /** Arguments: rounds; seconds of each; the queues' type. */
  public static void main(String[] arguments) throws Exception {
    int rounds = Integer.parseInt(arguments[0]);
    Map<String, List<Double>> rates = new LinkedHashMap<>();
    try (RabbitProcess broker = new RabbitProcess().start()) {
      DeliveryBenchmark benchmark =
          new DeliveryBenchmark(
              broker, arguments[2], Duration.ofSeconds(Long.parseLong(arguments[1])));
      for (int round = 0; round < rounds; round++) {
        for (var contestant : CONTESTANTS.entrySet()) {
          double rate = benchmark.measure(contestant.getValue());
          rates.computeIfAbsent(contestant.getKey(), any -> new ArrayList<>()).add(rate);
          System.out.printf("%-26s %9.0f notifications/s%n", contestant.getKey(), rate);
        }
      }
    }
    double floor = median(rates.get("at-least-once"));
    System.out.printf("%nmedians, %s queues, 20 partitions:%n", arguments[2]);
    rates.forEach(
        (name, all) ->
            System.out.printf(
                Locale.ROOT,
                "%-26s %9.0f/s  %4.0f %%%n",
                name,
                median(all),
                100 * median(all) / floor));
    System.exit(0);
  }

  private double measure(Map<String, Object> settings) throws Exception {
    String host = "bench" + ++number;
    broker.ctl("add_vhost", host);
    broker.ctl("set_permissions", "-p", host, broker.address().username(), ".*", ".*", ".*");
    RabbitAddress address = broker.address().withVirtualHost(host);
    Vertx vertx = Vertx.vertx();
    try (Connection connection = address.connect();
        Channel channel = connection.createChannel()) {
      for (ContentionType type : ContentionType.values()) {
        channel.exchangeDeclare(type.exchange(), "topic", true);
        channel.queueDeclare(
            "q-" + type.exchange(), true, false, false, Map.of("x-queue-type", queueType));
        channel.queueBind("q-" + type.exchange(), type.exchange(), "#");
        // Somebody reads it, as in life: it stays short.
        channel.basicConsume("q-" + type.exchange(), true, (tag, message) -> {}, tag -> {});
      }
      LaneBus.register(vertx.eventBus());
      Map<String, Object> all = new HashMap<>(settings);
      all.putAll(address.settings());
      vertx
          .deployVerticle(
              new RabbitNotifierVerticle(), new DeploymentOptions().setConfig(new JsonObject(all)))
          .toCompletionStage()
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
      return run(vertx);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
      broker.ctl("delete_vhost", host);
    }
  }

  private double run(Vertx vertx) throws InterruptedException {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong confirmed = new AtomicLong();
    for (ContentionType type : ContentionType.values()) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        new PlayedLane(vertx, type, partition, stop, confirmed).open();
      }
    }
    pass(WARM);
    long before = confirmed.get();
    long begun = System.nanoTime();
    pass(length);
    double rate = (confirmed.get() - before) * 1e9 / (System.nanoTime() - begun);
    stop.set(true);
    return rate;
  }

  private static void pass(Duration time) throws InterruptedException {
    boolean unexpected = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
    if (unexpected) {
      throw new IllegalStateException("nobody counts it down");
    }
  }

  private static double median(List<Double> all) {
    List<Double> sorted = all.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  /** Keeps one batch on its way and one behind it. */
  private record PlayedLane(
      Vertx vertx, ContentionType type, int partition, AtomicBoolean stop, AtomicLong confirmed) {

    void open() {
      OpenRequest request =
          new OpenRequest(type.topic(), partition, 1, type.eventType(), "id", -1, false);
      vertx
          .eventBus()
          .<JsonObject>request(LaneBus.OPEN, request.toJson())
          .onSuccess(
              message -> {
                OpenReply reply = OpenReply.fromJson(message.body());
                AtomicLong next = new AtomicLong();
                send(reply, next);
                send(reply, next);
              })
          .onFailure(e -> vertx.setTimer(100, timer -> open()));
    }

    private void send(OpenReply to, AtomicLong next) {
      if (stop.get()) {
        return;
      }
      long sequence = next.get() / BATCH;
      List<Outbound> items = new ArrayList<>(BATCH);
      for (int i = 0; i < BATCH; i++) {
        long offset = next.getAndIncrement();
        Instant now = Instant.now();
        items.add(
            new Notification(
                EventId.of("id", type.topic(), partition, offset),
                new Origin(type.topic(), partition, offset),
                type.eventType(),
                1,
                now,
                now,
                null,
                new byte[1024]));
      }
      Future<?> answer =
          vertx
              .eventBus()
              .request(
                  to.address(),
                  new NotificationBatch(type.topic(), partition, to.session(), sequence, items),
                  LaneBus.batchOptions(60_000));
      answer.onSuccess(
          done -> {
            confirmed.addAndGet(BATCH);
            send(to, next);
          });
    }
  }
}
