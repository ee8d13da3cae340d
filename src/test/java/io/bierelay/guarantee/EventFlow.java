package io.bierelay.guarantee;

import io.bierelay.guarantee.PartitionLedger.Expected;
import io.bierelay.sandbox.ContentionType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Publishes events to Kafka at a rate, to all partitions in turn, and writes into the {@link
 * Ledger} which offset each one got. It reaches Kafka without a proxy: what is tested is the relay,
 * and a fault before it must not hold the events back.
 */
final class EventFlow implements AutoCloseable {

  private final Properties properties;
  private final KafkaProducer<byte[], byte[]> producer;

  /**
   * For topics that were created again: a producer numbers what it sends to a partition, and a node
   * that is behind may take a number of the old topic's for one of the new.
   */
  private final Map<String, KafkaProducer<byte[], byte[]>> fresh = new ConcurrentHashMap<>();

  private final Ledger ledger;
  private final EventPool pool;
  private final List<Target> targets = new CopyOnWriteArrayList<>();
  private final AtomicLong taken = new AtomicLong();
  private volatile Exception failure;
  private volatile double perSecond;
  private volatile long limit = Long.MAX_VALUE;
  private volatile boolean running;
  private volatile int poisonEvery;
  private Thread thread;
  private long sent;

  private record Target(ContentionType type, TopicPartition partition) {}

  EventFlow(Properties kafka, Ledger ledger, EventPool pool) {
    properties = new Properties();
    properties.putAll(kafka);
    properties.put("acks", "all");
    // Three nodes answer a dozen requests for each batch; on two cores it is theirs, and not the
    // relay's, what too small ones would measure.
    properties.put("linger.ms", "25");
    properties.put("batch.size", "65536");
    // Kafka's nodes come and go in some scenarios; no record may be given up for it.
    properties.put("delivery.timeout.ms", "300000");
    properties.put("request.timeout.ms", "10000");
    properties.put("max.request.size", "41943040");
    properties.put("buffer.memory", "67108864");
    this.producer = newProducer();
    this.ledger = ledger;
    this.pool = pool;
  }

  /** From now on also to that partition. */
  void include(ContentionType type, TopicPartition partition) {
    targets.add(new Target(type, partition));
  }

  private KafkaProducer<byte[], byte[]> newProducer() {
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * From now on no more to that topic; returns when Kafka has all that was sent. If it is included
   * again it may be another topic of that name.
   */
  void exclude(String topic) {
    targets.removeIf(target -> target.partition().topic().equals(topic));
    flush();
    KafkaProducer<byte[], byte[]> old = fresh.put(topic, newProducer());
    if (old != null) {
      old.close();
    }
  }

  private void flush() {
    producer.flush();
    fresh.values().forEach(KafkaProducer::flush);
  }

  /** Makes every so many-th event one that can't be decoded; 0 for none. */
  void poisonEvery(int number) {
    poisonEvery = number;
  }

  /** Begins; {@link Double#POSITIVE_INFINITY} is as fast as Kafka takes them. */
  void start(double rate, long most) {
    perSecond = rate;
    limit = most;
    running = true;
    thread = new Thread(this::run, "guarantee-flow");
    thread.setDaemon(true);
    thread.start();
  }

  /** How many Kafka has taken. */
  long taken() {
    return taken.get();
  }

  /** Whether it has sent all it was told to. */
  boolean isDone() {
    return !running;
  }

  /** Ends, and returns when Kafka has all that was sent. */
  void stop() {
    running = false;
    try {
      if (thread != null) {
        thread.join(TimeUnit.SECONDS.toMillis(60));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    flush();
    check();
  }

  /** Publishes one value to a partition. */
  void send(TopicPartition partition, byte[] value, Expected expected) {
    // Read now: when the answer comes, the topic may be another incarnation.
    PartitionLedger book = ledger.current(partition);
    var unused =
        fresh
            .getOrDefault(partition.topic(), producer)
            .send(
                new ProducerRecord<>(partition.topic(), partition.partition(), null, value),
                (metadata, e) -> {
                  if (e == null) {
                    book.published(metadata.offset(), expected);
                    taken.incrementAndGet();
                  } else {
                    failure = e;
                  }
                });
  }

  /** Fails when Kafka refused a record. */
  void check() {
    if (failure != null) {
      throw new IllegalStateException("the test itself could not publish", failure);
    }
  }

  @Override
  public void close() {
    running = false;
    producer.close(Duration.ofSeconds(2));
    fresh.values().forEach(one -> one.close(Duration.ofSeconds(2)));
  }

  private void run() {
    long begin = System.nanoTime();
    while (running && sent < limit && failure == null) {
      long due =
          Double.isInfinite(perSecond)
              ? limit
              : Math.min(limit, (long) ((System.nanoTime() - begin) / 1e9 * perSecond));
      while (running && sent < due) {
        sendNext();
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    flush();
    running = false;
  }

  private void sendNext() {
    List<Target> now = targets;
    Target target = now.get((int) (sent % now.size()));
    boolean poisonous = poisonEvery > 0 && sent % poisonEvery == poisonEvery - 1;
    send(
        target.partition(),
        poisonous
            ? pool.poison(target.type(), (int) (sent / poisonEvery))
            : pool.small(target.type(), sent),
        poisonous ? Expected.QUARANTINED : Expected.NOTIFIED);
    sent++;
  }
}
