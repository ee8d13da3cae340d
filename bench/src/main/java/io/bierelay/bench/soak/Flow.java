package io.bierelay.bench.soak;

import io.bierelay.bench.relay.Stage;
import io.bierelay.bench.soak.SoakBench.Minute;
import io.bierelay.sandbox.ContentionEvents;
import io.bierelay.sandbox.ContentionType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Numbered events into Kafka at a steady rate, and the question which of them have a row. */
final class Flow implements AutoCloseable {

  /**
   * In the end.
   *
   * @param published what Kafka took
   * @param refused what it did not
   * @param lost without a row
   * @param twice rows beyond the first of an event
   */
  record Balance(long published, long refused, long lost, long twice) {}

  private static final long FIRST = 1_000_000_000L;
  private static final String COUNT =
      "SELECT count(*), count(DISTINCT contention_id) FROM bie_event WHERE contention_id >= %d"
          + " AND contention_id < %d";

  private record Moment(long nanos, long published) {}

  private record Rows(long all, long different) {}

  private final Stage stage;
  private final int perSecond;
  private final KafkaProducer<String, byte[]> producer;
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final Deque<Moment> moments = new ArrayDeque<>();
  private volatile boolean over;
  private Thread sender;

  /** Up to here every event has been seen with one row: there is no need to count them again. */
  private long whole;

  Flow(Stage stage, int perSecond) {
    this.stage = stage;
    this.perSecond = perSecond;
    Properties properties = new Properties();
    properties.putAll(stage.kafkaClient());
    properties.put("acks", "all");
    properties.put("linger.ms", "0");
    producer = new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
  }

  void start() {
    sender = new Thread(this::send, "sender");
    sender.start();
  }

  private void send() {
    ContentionEvents events = new ContentionEvents(17);
    ContentionType[] types = ContentionType.values();
    long begin = System.nanoTime();
    for (long i = 0; !over; i++) {
      long due = begin + i * 1_000_000_000L / perSecond;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      ContentionType type = types[(int) (i % types.length)];
      GenericRecord event = events.next(type);
      event.put("ContentionId", FIRST + i);
      byte[] value = ContentionEvents.encode(event, stage.schemaIds().get(type));
      var unused =
          producer.send(
              new ProducerRecord<>(type.topic(), "n" + i, value),
              (metadata, failure) -> (failure == null ? taken : refused).incrementAndGet());
      sent.set(i + 1);
    }
  }

  /** No more events; returns when Kafka has answered for all. */
  void end() throws InterruptedException {
    over = true;
    sender.join();
    producer.flush();
  }

  long published() {
    return sent.get();
  }

  /** How many different events have a row. */
  long rows() throws SQLException {
    return whole + count(whole, sent.get()).different();
  }

  Minute look(int minute, int disagreeing, String faults) throws SQLException {
    long now = System.nanoTime();
    moments.add(new Moment(now, sent.get()));
    long due = 0;
    for (Moment moment : moments) {
      if (now - moment.nanos() >= 55_000_000_000L) {
        due = moment.published();
      }
    }
    long late = 0;
    long twice = 0;
    if (due > whole) {
      Rows old = count(whole, due);
      late = due - whole - old.different();
      twice = old.all() - old.different();
      if (late == 0 && twice == 0) {
        whole = due;
      }
    }
    long published = sent.get();
    return new Minute(minute, published, rows(), late, twice, disagreeing, faults);
  }

  Balance balance() throws SQLException {
    Rows all = count(0, sent.get());
    return new Balance(
        taken.get(),
        refused.get(),
        sent.get() - all.different(),
        stage.database().count() - all.different());
  }

  /** With a connection of its own: PostgreSQL itself is among what is taken away. */
  private Rows count(long from, long to) throws SQLException {
    for (int attempt = 0; ; attempt++) {
      try (Connection own = stage.database().connect();
          Statement statement = own.createStatement();
          ResultSet row = statement.executeQuery(COUNT.formatted(FIRST + from, FIRST + to))) {
        row.next();
        return new Rows(row.getLong(1), row.getLong(2));
      } catch (SQLException e) {
        if (attempt == 60) {
          throw e;
        }
        LockSupport.parkNanos(1_000_000_000L);
      }
    }
  }

  @Override
  public void close() {
    over = true;
    producer.close();
  }
}
