package io.bierelay.bench.relay;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import io.bierelay.bench.MeasuredProcess;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * How long events take from the call of the producer to the delivery at a consumer of their queue,
 * at a steady rate.
 *
 * @param rate how the rate is called, such as {@code 500} or {@code 80 %}
 * @param perSecond the rate
 * @param cpuMicros the candidate's CPU time per event meanwhile
 * @param lost events that were not delivered within 20 s
 */
record Latency(
    String rate,
    int perSecond,
    double p50,
    double p99,
    double p999,
    double max,
    double cpuMicros,
    int lost) {

  private static final Duration LATEST = Duration.ofSeconds(20);

  /**
   * Takes what comes into all queues; the key of an event is its number. Numbers go on from one
   * rate to the next: what is late must not pass for something new.
   */
  static final class Receiver implements AutoCloseable {
    private final Channel channel;
    private volatile long[] taken = {};
    private volatile long[] sent = {};
    private volatile int base;
    private final AtomicInteger seen = new AtomicInteger();
    private final AtomicInteger all = new AtomicInteger();

    Receiver(Stage stage) throws Exception {
      channel = stage.amqp().createChannel();
      for (ContentionType type : ContentionType.values()) {
        channel.basicConsume(Stage.queue(type), true, new Deliveries());
      }
    }

    /** From now on it takes so many further ones; returns the first one's number. */
    int begin(long[] times) {
      base += taken.length;
      taken = new long[times.length];
      sent = times;
      seen.set(0);
      return base;
    }

    /** How many deliveries there were, whatever they are. */
    int all() {
      return all.get();
    }

    private final class Deliveries extends DefaultConsumer {
      Deliveries() {
        super(channel);
      }

      @Override
      public void handleDelivery(
          String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
        long now = System.nanoTime();
        all.incrementAndGet();
        Map<String, Object> headers = properties.getHeaders();
        Object key = headers == null ? properties.getMessageId() : headers.get("key");
        String text = String.valueOf(key);
        if (!text.startsWith("n")) {
          return;
        }
        int number = Integer.parseInt(text.substring(1)) - base;
        if (number >= 0 && number < taken.length && taken[number] == 0) {
          taken[number] = now - sent[number];
          seen.incrementAndGet();
        }
      }
    }

    @Override
    public void close() throws Exception {
      channel.close();
    }
  }

  /** Publishes at that rate for so long and waits for the last delivery. */
  static Latency measure(
      Stage stage,
      Receiver receiver,
      MeasuredProcess candidate,
      String rate,
      int perSecond,
      int seconds)
      throws Exception {
    int count = perSecond * seconds;
    long[] sent = new long[count];
    int base = receiver.begin(sent);
    Properties properties = new Properties();
    properties.putAll(stage.kafkaClient());
    properties.put("acks", "all");
    properties.put("linger.ms", "0");
    Duration cpu = candidate.cpu();
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer())) {
      List<ProducerRecord<String, byte[]>> records = records(stage, base, count);
      for (ContentionType type : ContentionType.values()) {
        producer.partitionsFor(type.topic());
      }
      long begin = System.nanoTime();
      for (int i = 0; i < count; i++) {
        long due = begin + i * 1_000_000_000L / perSecond;
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        // From when it was due: a sender that is held up must not hide it.
        sent[i] = due;
        producer.send(records.get(i));
      }
    }
    int lost = 0;
    try {
      await("the last delivery")
          .pollInSameThread()
          .pollInterval(Duration.ofMillis(20))
          .atMost(LATEST)
          .until(() -> receiver.seen.get() == count);
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      lost = count - receiver.seen.get();
    }
    double micros = candidate.cpu().minus(cpu).toNanos() / 1e3 / count;
    // The first second belongs to whoever had nothing to do until then.
    long[] nanos =
        Arrays.stream(receiver.taken).skip(perSecond).filter(n -> n != 0).sorted().toArray();
    return new Latency(
        rate,
        perSecond,
        percentile(nanos, 0.5),
        percentile(nanos, 0.99),
        percentile(nanos, 0.999),
        percentile(nanos, 1),
        micros,
        lost);
  }

  private static List<ProducerRecord<String, byte[]>> records(Stage stage, int base, int count) {
    ContentionEvents events = new ContentionEvents(7);
    ContentionType[] types = ContentionType.values();
    List<ProducerRecord<String, byte[]>> records = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ContentionType type = types[i % types.length];
      byte[] value = ContentionEvents.encode(events.next(type), stage.schemaIds().get(type));
      records.add(new ProducerRecord<>(type.topic(), "n" + (base + i), value));
    }
    return records;
  }

  private static double percentile(long[] sorted, double part) {
    return sorted.length == 0 ? Double.NaN : sorted[(int) ((sorted.length - 1) * part)] / 1e6;
  }
}
