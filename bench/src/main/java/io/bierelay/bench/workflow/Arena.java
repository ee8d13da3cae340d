package io.bierelay.bench.workflow;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.bierelay.bench.Patience;
import io.bierelay.sandbox.RabbitAddress;
import io.bierelay.sandbox.RabbitProcess;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A RabbitMQ and a durable PostgreSQL, with fresh queues and a fresh database per contestant. */
final class Arena implements AutoCloseable {

  private static final int WINDOW = 2_000;
  private static final long COUNT_EVERY_NANOS = 20_000_000_000L;
  private static final long LATEST_NANOS = 30_000_000_000L;
  private static final Duration DRAIN_LIMIT = Duration.ofMinutes(30);

  private final RabbitProcess rabbit = new RabbitProcess().start();
  private final Database postgres = new Database();
  private int rounds;
  private RabbitAddress queues = rabbit.address();
  private Connection amqp;

  /** Queues, exchanges and tables as the relay makes them, all empty. */
  void renew() throws Exception {
    if (amqp != null) {
      // A turn that failed half-way may have left it closed; the next one needs another anyway.
      amqp.abort();
      // What is left of one contestant would keep the broker busy while the next one runs.
      rabbit.ctl("delete_vhost", "bench" + rounds);
    }
    String name = "bench" + ++rounds;
    rabbit.ctl("add_vhost", name);
    rabbit.ctl("set_permissions", "-p", name, rabbit.address().username(), ".*", ".*", ".*");
    queues = rabbit.address().withVirtualHost(name);
    postgres.renew(name);
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(Contestant.uri(queues));
    amqp = factory.newConnection("bench");
    try (Channel channel = amqp.createChannel()) {
      for (String type : BenchMessages.TYPES) {
        channel.exchangeDeclare(BenchMessages.exchange(type), BuiltinExchangeType.TOPIC, true);
        channel.queueDeclare(
            BenchMessages.queue(type),
            true,
            false,
            false,
            Map.of("x-queue-type", "quorum", "x-dead-letter-exchange", "bie-events-dead-letter"));
        channel.queueBind(BenchMessages.queue(type), BenchMessages.exchange(type), "#");
      }
    }
  }

  /** As {@link #start}, and it writes its archive of class data when it ends. */
  Contestant train(Contestant.Kind kind, Path directory, List<String> jvm) throws Exception {
    return Contestant.train(kind, queues, postgres.address(), directory, jvm);
  }

  Contestant start(Contestant.Kind kind, Path directory, String... jvm) throws Exception {
    return Contestant.start(kind, queues, postgres.address(), directory, jvm);
  }

  /** Publishes with confirms, in one thread. */
  void publish(int from, int to) throws Exception {
    try (Channel channel = amqp.createChannel()) {
      channel.confirmSelect();
      for (int i = from; i < to; i++) {
        publish(channel, i, BenchMessages.notifiedAt(i).toEpochMilli());
        if (i % WINDOW == 0) {
          channel.waitForConfirmsOrDie(60_000);
        }
      }
      channel.waitForConfirmsOrDie(60_000);
    }
  }

  private static void publish(Channel channel, int number, long notifiedAt) throws Exception {
    String type = BenchMessages.type(number);
    channel.basicPublish(
        BenchMessages.exchange(type),
        type + ".topic.0",
        BenchMessages.properties(number, notifiedAt),
        BenchMessages.body(number));
  }

  Database postgres() {
    return postgres;
  }

  /** RabbitMQ's version. */
  String broker() {
    return String.valueOf(amqp.getServerProperties().get("version"));
  }

  /**
   * Waits until so many are stored, any of them when it is one; the last ones of each queue are
   * asked for, which is cheap.
   */
  void awaitStored(int total, Contestant contestant) throws Exception {
    List<Integer> last = new ArrayList<>();
    for (int i = Math.max(0, total - BenchMessages.TYPES.size()); i < total; i++) {
      last.add(i);
    }
    Patience patience = new Patience();
    long[] counted = {System.nanoTime()};
    await("the last rows")
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(DRAIN_LIMIT)
        .until(
            () -> {
              if (!contestant.isAlive()) {
                throw new IllegalStateException("it ended:\n" + contestant.log());
              }
              // Counting reads the whole table: seldom enough not to disturb.
              if (System.nanoTime() - counted[0] > COUNT_EVERY_NANOS) {
                patience.see(postgres.count(), contestant.process());
                counted[0] = System.nanoTime();
              }
              return (total == 1 || found(BenchMessages.ids(last)).size() == last.size())
                  && postgres.count() >= total;
            });
  }

  private List<UUID> found(List<UUID> ids) throws SQLException {
    List<UUID> found = new ArrayList<>();
    try (var query =
        postgres.sql().prepareStatement("SELECT uuid FROM bie_event WHERE uuid = ANY (?)")) {
      query.setArray(1, postgres.sql().createArrayOf("uuid", ids.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return found;
  }

  /**
   * Publishes so many at so many a second, and looks for each until its row can be seen by another
   * connection.
   *
   * <p>Fails if rows are missing half a minute after the last one was published.
   *
   * @return milliseconds from publishing to seeing, sorted; seeing costs up to half a millisecond
   */
  List<Double> latencies(int from, int count, int perSecond, Contestant contestant)
      throws Exception {
    Map<UUID, Long> waiting = new java.util.concurrent.ConcurrentHashMap<>();
    List<Double> taken = new ArrayList<>();
    Channel channel = amqp.createChannel();
    Thread publisher =
        new Thread(
            () -> {
              try {
                long start = System.nanoTime();
                for (int i = 0; i < count; i++) {
                  long due = start + i * 1_000_000_000L / perSecond;
                  while (System.nanoTime() < due) {
                    java.util.concurrent.locks.LockSupport.parkNanos(due - System.nanoTime());
                  }
                  waiting.put(BenchMessages.id(from + i), System.nanoTime());
                  publish(channel, from + i, System.currentTimeMillis());
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            "publisher");
    publisher.start();
    long end = System.nanoTime() + count * 1_000_000_000L / perSecond + LATEST_NANOS;
    while (publisher.isAlive() || !waiting.isEmpty()) {
      contestant.process().requireAlive();
      if (System.nanoTime() > end && !publisher.isAlive()) {
        throw new IllegalStateException(
            "%d of %d messages have no row after 30 s".formatted(waiting.size(), count));
      }
      for (UUID id : found(List.copyOf(waiting.keySet()))) {
        taken.add((System.nanoTime() - waiting.remove(id)) / 1e6);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(300_000);
    }
    channel.close();
    taken.sort(null);
    return taken;
  }

  @Override
  public void close() throws Exception {
    if (amqp != null) {
      amqp.abort();
    }
    rabbit.close();
    postgres.close();
  }
}
