package io.bierelay.sandbox;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plays BIE: puts events into the topics and counts, for each type, those that Kafka took. */
public final class EventPublisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventPublisher.class);
  private static final long TICK_MILLIS = 20;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private final KafkaProducer<String, byte[]> producer;
  private final Map<ContentionType, Integer> schemaIds;
  private final Map<ContentionType, AtomicLong> acknowledged = new EnumMap<>(ContentionType.class);
  private final ScheduledExecutorService ticker =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "sandbox-publisher");
            thread.setDaemon(true);
            return thread;
          });

  /** Publishes with those client properties; the ids are what the registry gave the schemas. */
  public EventPublisher(Properties kafka, Map<ContentionType, Integer> schemaIds) {
    Properties properties = new Properties();
    properties.putAll(kafka);
    properties.put("acks", "all");
    properties.put("linger.ms", "5");
    this.producer =
        new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    this.schemaIds = Map.copyOf(schemaIds);
    for (ContentionType type : ContentionType.values()) {
      acknowledged.put(type, new AtomicLong());
    }
  }

  /** Publishes an event under its claim's id, so that a claim's events keep their order. */
  public CompletableFuture<RecordMetadata> publish(ContentionType type, GenericRecord event) {
    String key = String.valueOf(event.get("ClaimId"));
    byte[] value = ContentionEvents.encode(event, schemaIds.get(type));
    return publish(new ProducerRecord<>(type.topic(), key, value))
        .whenComplete(
            (metadata, failure) -> {
              if (failure == null) {
                acknowledged.get(type).incrementAndGet();
              }
            });
  }

  /** Publishes any record, well-formed or not; it is not counted. */
  public CompletableFuture<RecordMetadata> publish(ProducerRecord<String, byte[]> anything) {
    CompletableFuture<RecordMetadata> taken = new CompletableFuture<>();
    var unused =
        producer.send(
            anything,
            (metadata, failure) -> {
              if (failure == null) {
                taken.complete(metadata);
              } else {
                taken.completeExceptionally(failure);
              }
            });
    return taken;
  }

  /** Publishes so many events, the five types in turn, and returns when Kafka has them all. */
  public void publishAll(ContentionEvents events, int count) {
    var types = ContentionType.values();
    var taken = new CompletableFuture<?>[count];
    for (int i = 0; i < count; i++) {
      ContentionType type = types[i % types.length];
      taken[i] = publish(type, events.next(type));
    }
    producer.flush();
    CompletableFuture.allOf(taken).join();
  }

  /** From now on publishes events of all types in turn at that rate, until it is closed. */
  public void publishSteadily(ContentionEvents events, double perSecond) {
    var types = ContentionType.values();
    long start = System.nanoTime();
    // By the clock and not by the tick: a late tick catches up, so that the rate is kept.
    var unused =
        ticker.scheduleAtFixedRate(
            new Runnable() {
              private long sent;

              @Override
              public void run() {
                long due = (long) ((System.nanoTime() - start) / 1e9 * perSecond);
                for (; sent < due; sent++) {
                  ContentionType type = types[(int) (sent % types.length)];
                  var unused =
                      publish(type, events.next(type))
                          .exceptionally(
                              failure -> {
                                LOG.warn("one {} event was not published", type, failure);
                                return null;
                              });
                }
              }
            },
            0,
            TICK_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  /** Returns when Kafka has taken everything that was published so far. */
  public void flush() {
    producer.flush();
  }

  /** How many events of each type Kafka has taken. */
  public Map<ContentionType, Long> published() {
    Map<ContentionType, Long> counts = new EnumMap<>(ContentionType.class);
    acknowledged.forEach((type, count) -> counts.put(type, count.get()));
    return counts;
  }

  /** Ends the steady publishing and leaves the producer open. */
  public void pause() {
    ticker.shutdownNow();
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    producer.close(CLOSE_TIMEOUT);
  }
}
