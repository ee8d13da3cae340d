package io.bierelay.listener;

import io.bierelay.kafka.KafkaConnection;
import io.bierelay.kafka.KafkaFailure;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.metrics.Meters;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one long-lived producer: idempotent, all replicas in sync must have a record before it
 * counts.
 *
 * <p>Kafka's {@code send} blocks for metadata or room in its buffer for {@code max.block.ms}, which
 * is 0 here: what it can't take at once it refuses, and is asked again after a pause. So it is
 * called on the event loop itself; a thread of its own in between would cost each record two
 * changes of threads. Records that are refused may overtake each other: who needs an order sends
 * the next one after the acknowledgement.
 */
final class RecordProducer {

  private static final Logger LOG = LoggerFactory.getLogger(RecordProducer.class);

  /** Between two attempts to hand a record over, doubled up to the longest. */
  private static final long FIRST_PAUSE_MS = 2;

  private static final long MAX_PAUSE_MS = 50;

  private final Vertx vertx;
  private final Context context;
  private final Settings settings;
  private final long timeoutMs;
  private final Timer sendTime = ListenerMetrics.SEND_TIME.timer(Meters.registry());
  private @Nullable Future<KafkaProducer<String, byte[]>> producer;

  /** Connects to nothing yet. */
  RecordProducer(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
    this.timeoutMs = settings.get(ListenerSettings.SEND_TIMEOUT).toMillis();
  }

  static Properties properties(Settings settings) {
    int timeoutMs = (int) settings.get(ListenerSettings.SEND_TIMEOUT).toMillis();
    Properties p = KafkaConnection.properties(settings);
    p.putAll(settings.get(ListenerSettings.PRODUCER));
    p.put(ProducerConfig.ACKS_CONFIG, "all");
    p.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    p.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
    // The event loop calls it.
    p.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
    // Both within the one bound: what is given up must not be delivered much later.
    p.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMs);
    p.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.max(1, timeoutMs / 2));
    if (Integer.parseInt(p.getOrDefault(ProducerConfig.LINGER_MS_CONFIG, 0).toString())
        > timeoutMs / 2) {
      p.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    }
    p.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
    p.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
    return p;
  }

  /**
   * Makes the client, which looks up host names.
   *
   * @return fails with {@link ChangeFailedException}; then it may be tried again
   */
  Future<Void> open() {
    return producer().mapEmpty();
  }

  /**
   * Sends a record and waits for its acknowledgement, at most {@code listener.send.timeout} in all
   * and not beyond the deadline.
   *
   * @return fails with {@link ChangeFailedException}
   */
  Future<RecordMetadata> send(ProducerRecord<String, byte[]> record, Deadline deadline) {
    long begun = System.nanoTime();
    Deadline until = new Deadline(begun + deadline.leftMs(timeoutMs) * 1_000_000);
    Promise<RecordMetadata> promise = Promise.promise();
    attempt(record, until, promise, FIRST_PAUSE_MS);
    return Deadline.within(vertx, until.leftMs(timeoutMs), promise.future())
        .onSuccess(m -> sendTime.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS))
        .recover(e -> Future.failedFuture(explain(record.topic(), e)));
  }

  /** What has waited beyond its time is not sent any more. */
  private void attempt(
      ProducerRecord<String, byte[]> record,
      Deadline until,
      Promise<RecordMetadata> promise,
      long pauseMs) {
    producer()
        .onFailure(promise::tryFail)
        .onSuccess(
            open -> {
              if (until.leftMs() > 0 && !promise.future().isComplete()) {
                handOver(open, record, promise, () -> again(record, until, promise, pauseMs));
              }
            });
  }

  private void again(
      ProducerRecord<String, byte[]> record,
      Deadline until,
      Promise<RecordMetadata> promise,
      long pauseMs) {
    long next = Math.min(2 * pauseMs, MAX_PAUSE_MS);
    vertx.setTimer(pauseMs, id -> attempt(record, until, promise, next));
  }

  /**
   * On the event loop: with {@code max.block.ms} 0, {@code send} does not wait.
   *
   * @param again called if the client can't take the record now
   */
  private void handOver(
      KafkaProducer<String, byte[]> open,
      ProducerRecord<String, byte[]> record,
      Promise<RecordMetadata> promise,
      Runnable again) {
    Thread loop = Thread.currentThread();
    try {
      // Its callback says more, and on a thread that is known.
      var unused =
          open.send(
              record,
              (metadata, e) -> {
                // Within send: the record was not taken. Later it comes from Kafka's own thread,
                // and
                // a time-out then means that the record was taken and may have been delivered.
                if (Thread.currentThread() == loop && e instanceof TimeoutException) {
                  again.run();
                } else {
                  context.runOnContext(v -> tell(promise, metadata, e));
                }
              });
    } catch (RuntimeException e) {
      promise.tryFail(e);
    }
  }

  private static void tell(
      Promise<RecordMetadata> promise, RecordMetadata metadata, @Nullable Exception e) {
    if (e == null) {
      promise.tryComplete(metadata);
    } else {
      promise.tryFail(e);
    }
  }

  /** Has the topic's leaders looked up, so that the first record need not wait for them. */
  void lookUp(String topic) {
    producer()
        .onSuccess(
            open -> {
              try {
                var unused = open.partitionsFor(topic);
              } catch (RuntimeException e) {
                // As expected: not known yet, and asked for by now. Sending asks again.
                LOG.trace("topic '{}' is looked up", topic, e);
              }
            });
  }

  private Future<KafkaProducer<String, byte[]>> producer() {
    Future<KafkaProducer<String, byte[]>> known = producer;
    if (known != null && !known.failed()) {
      return known;
    }
    Properties properties = properties(settings);
    Future<KafkaProducer<String, byte[]>> made =
        vertx
            .executeBlocking(() -> new KafkaProducer<String, byte[]>(properties), false)
            .recover(e -> Future.failedFuture(explain("", e)));
    producer = made;
    return made;
  }

  private Throwable explain(String topic, Throwable failure) {
    Throwable e = KafkaFailure.unwrap(failure);
    if (e instanceof ChangeFailedException) {
      return e;
    }
    if (e instanceof RecordTooLargeException) {
      return new ChangeFailedException(
          FailureReason.RECORD_TOO_LARGE,
          "topic '%s': the record is too large (%s); raise max.request.size in listener.producer and max.message.bytes of the topic"
              .formatted(topic, e.getMessage()));
    }
    if (e instanceof java.util.concurrent.TimeoutException || e instanceof TimeoutException) {
      return new ChangeFailedException(
          FailureReason.KAFKA_AWAY,
          "Kafka at %s: no acknowledgement for topic '%s' within %d ms"
              .formatted(KafkaSettings.address(settings), topic, timeoutMs));
    }
    replace();
    return new ChangeFailedException(
        FailureReason.KAFKA_AWAY,
        "Kafka at %s: %s".formatted(KafkaSettings.address(settings), KafkaFailure.describe(e)));
  }

  /** After a failure that is no time-out the producer may be of no use any more. */
  private void replace() {
    Future<KafkaProducer<String, byte[]>> old = producer;
    producer = null;
    if (old != null) {
      old.onSuccess(open -> closing(open, Duration.ZERO));
    }
  }

  /** Lets what is sent be acknowledged, for at most {@code time}. */
  Future<Void> close(Duration time) {
    Future<KafkaProducer<String, byte[]>> last = producer;
    producer = null;
    return last == null || last.failed()
        ? Future.succeededFuture()
        : last.compose(open -> closing(open, time));
  }

  private Future<Void> closing(KafkaProducer<String, byte[]> open, Duration time) {
    return vertx.executeBlocking(
        () -> {
          open.close(time);
          return null;
        },
        false);
  }
}
