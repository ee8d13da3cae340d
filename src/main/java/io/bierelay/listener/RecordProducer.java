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
import io.vertx.core.WorkerExecutor;
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

/**
 * The one long-lived producer: idempotent, all replicas in sync must have a record before it
 * counts.
 *
 * <p>Kafka's {@code send} may block for metadata or room in its buffer, so one thread of its own
 * calls it, in order. All else runs on one event loop.
 */
final class RecordProducer {

  private final Vertx vertx;
  private final Context context;
  private final Settings settings;
  private final WorkerExecutor sender;
  private final long timeoutMs;
  private final Timer sendTime = ListenerMetrics.SEND_TIME.timer(Meters.registry());
  private @Nullable Future<KafkaProducer<String, byte[]>> producer;

  /** Connects to nothing yet. */
  RecordProducer(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
    this.timeoutMs = settings.get(ListenerSettings.SEND_TIMEOUT).toMillis();
    this.sender =
        vertx.createSharedWorkerExecutor(
            "bie-listener-send-" + System.identityHashCode(this), 1, 1, TimeUnit.MINUTES);
  }

  static Properties properties(Settings settings) {
    int timeoutMs = (int) settings.get(ListenerSettings.SEND_TIMEOUT).toMillis();
    Properties p = KafkaConnection.properties(settings);
    p.putAll(settings.get(ListenerSettings.PRODUCER));
    p.put(ProducerConfig.ACKS_CONFIG, "all");
    p.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    p.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
    // All three within the one bound: what is given up must not be delivered much later.
    p.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMs);
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
    producer()
        .compose(
            open ->
                sender.executeBlocking(
                    () -> {
                      handOver(open, record, until, promise);
                      return true;
                    },
                    true))
        .onFailure(promise::tryFail);
    return promise
        .future()
        .timeout(until.leftMs(timeoutMs), TimeUnit.MILLISECONDS)
        .onSuccess(m -> sendTime.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS))
        .recover(e -> Future.failedFuture(explain(record.topic(), e)));
  }

  /** On the sending thread. What has waited for it beyond its time is not sent any more. */
  private void handOver(
      KafkaProducer<String, byte[]> open,
      ProducerRecord<String, byte[]> record,
      Deadline until,
      Promise<RecordMetadata> promise) {
    if (until.leftMs() == 0) {
      return;
    }
    try {
      // Its callback says more, and on a thread that is known.
      var unused =
          open.send(
              record,
              (metadata, e) ->
                  context.runOnContext(
                      v -> {
                        if (e == null) {
                          promise.tryComplete(metadata);
                        } else {
                          promise.tryFail(e);
                        }
                      }));
    } catch (RuntimeException e) {
      context.runOnContext(v -> promise.tryFail(e));
    }
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
    Future<Void> closed =
        last == null || last.failed()
            ? Future.succeededFuture()
            : last.compose(open -> closing(open, time));
    return closed.eventually(sender::close);
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
