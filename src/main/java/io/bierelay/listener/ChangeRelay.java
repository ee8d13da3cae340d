package io.bierelay.listener;

import io.bierelay.avro.SchemaRegistry;
import io.bierelay.listener.ListenerSettings.RecordKey;
import io.bierelay.metrics.Meters;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The core: an event that an entity has changed becomes a record in Kafka, by way of its API and
 * the schema registry. Knows nothing of where events come from.
 *
 * <pre>
 * event ─▶ route by eventType ─▶ fetch entity ─▶ encode by the latest schema ─▶ topic is there ─▶ send
 *              └ none: ignored
 * </pre>
 *
 * <p>Used on one event loop, which it never blocks.
 */
final class ChangeRelay {

  private static final Logger LOG = LoggerFactory.getLogger(ChangeRelay.class);

  private final Vertx vertx;
  private final Duration timeout;
  private final RecordKey key;
  private final Map<String, EntityRoute> routes;
  private final EntityApi api;
  private final SchemaRegistry registry;
  private final RecordEncoder encoder;
  private final TopicCreator topics;
  private final RecordProducer producer;
  private final Timer fetchTime = ListenerMetrics.FETCH_TIME.timer(Meters.registry());

  /** Connects to nothing yet. */
  ChangeRelay(Vertx vertx, Settings settings) {
    this.vertx = vertx;
    this.timeout = settings.get(ListenerSettings.MESSAGE_TIMEOUT);
    this.key = settings.get(ListenerSettings.RECORD_KEY);
    this.routes = EntityRoute.table(settings, new ArrayList<>());
    this.api = new EntityApi(vertx, settings);
    this.registry = new SchemaRegistry(vertx, settings);
    this.encoder = new RecordEncoder(vertx, registry, settings);
    this.topics = new TopicCreator(vertx, settings);
    this.producer = new RecordProducer(vertx, settings);
  }

  /**
   * Finds out whether Kafka is there as needed: the client can be made, and every topic exists, or
   * can be created.
   *
   * @return fails with {@link ChangeFailedException}; then it may be tried again
   */
  Future<Void> prepare() {
    topics.forget();
    List<Future<Void>> all = new ArrayList<>(List.of(producer.open()));
    routes.values().stream().map(EntityRoute::topic).distinct().map(this::look).forEach(all::add);
    return Future.all(all).mapEmpty();
  }

  /** The producer's look-up only then: a broker may create what it is asked for, its own way. */
  private Future<Void> look(String topic) {
    return topics.ensure(topic).onSuccess(v -> producer.lookUp(topic));
  }

  /**
   * Fetches and compiles the schemas beforehand, for who has time now and less of it later.
   *
   * @return never fails: a schema that is not there is told with the message that needs it
   */
  Future<Void> prepareSchemas() {
    List<Future<Void>> all =
        routes.values().stream()
            .map(EntityRoute::subject)
            .distinct()
            .map(encoder::prepare)
            .toList();
    return Future.join(all).<Void>mapEmpty().otherwiseEmpty();
  }

  /**
   * Relays one event, within {@code listener.message.timeout}.
   *
   * @return fails with {@link ChangeFailedException}
   */
  Future<Outcome> relay(JsonObject event) {
    return relay(event, timeout);
  }

  /** As {@link #relay(JsonObject)}, within {@code atMost} if that is less. */
  Future<Outcome> relay(JsonObject event, Duration atMost) {
    EntityRoute route;
    EntityChange change;
    try {
      String type = EntityChange.typeOf(event);
      route = routes.get(type);
      if (route == null) {
        return Future.succeededFuture(new Outcome.Ignored(type));
      }
      change = EntityChange.of(event);
    } catch (ChangeFailedException e) {
      return Future.failedFuture(e);
    }
    Duration time = atMost.compareTo(timeout) < 0 ? atMost : timeout;
    if (time.isNegative() || time.isZero()) {
      return Future.failedFuture(late(time));
    }
    return Deadline.within(vertx, time.toMillis(), relay(route, change, Deadline.in(time)))
        .recover(e -> Future.failedFuture(e instanceof TimeoutException ? late(time) : known(e)));
  }

  private Future<Outcome> relay(EntityRoute route, EntityChange change, Deadline deadline) {
    long begun = System.nanoTime();
    return api.fetch(route, change.entityId(), change.correlationId(), deadline)
        .onSuccess(v -> fetchTime.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS))
        .compose(entity -> encoder.encode(route.subject(), merge(route, change, entity)))
        .compose(value -> topics.ensure(route.topic()).map(value))
        .compose(value -> producer.send(record(route, change, value), deadline))
        .map(sent -> new Outcome.Sent(sent.topic(), sent.partition(), sent.offset()));
  }

  private static JsonObject merge(EntityRoute route, EntityChange change, JsonObject entity) {
    return new JsonObject(new LinkedHashMap<>(change.event().getMap())).put(route.field(), entity);
  }

  private ProducerRecord<String, byte[]> record(
      EntityRoute route, EntityChange change, byte[] value) {
    String recordKey = key == RecordKey.ENTITY_ID ? change.entityId().toString() : null;
    ProducerRecord<String, byte[]> record = new ProducerRecord<>(route.topic(), recordKey, value);
    change.id().ifPresent(id -> header(record, "event-id", id));
    change.correlationId().ifPresent(id -> header(record, "correlation-id", id));
    return record;
  }

  private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  private static ChangeFailedException late(Duration time) {
    return new ChangeFailedException(
        FailureReason.TIMEOUT,
        "not done within %d ms; it is tried again".formatted(time.toMillis()));
  }

  private static ChangeFailedException known(Throwable e) {
    if (e instanceof ChangeFailedException failed) {
      return failed;
    }
    // The place only: a message that nobody has written with care may hold personal data.
    Throwable place = new IllegalStateException(e.getClass().getName());
    place.setStackTrace(e.getStackTrace());
    LOG.error("a change could not be relayed for a reason that was not foreseen", place);
    return new ChangeFailedException(
        FailureReason.INTERNAL, "unforeseen: %s, see the log".formatted(e.getClass().getName()));
  }

  /** Lets what is sent be acknowledged, for at most {@code time}, and closes all connections. */
  Future<Void> close(Duration time) {
    return producer.close(time).eventually(api::close).eventually(registry::close);
  }
}
