package io.bierelay.trace;

import io.bierelay.event.Notification;
import io.bierelay.event.Origin;
import io.bierelay.event.TraceContext;
import io.bierelay.settings.Settings;
import io.bierelay.trace.TraceSettings.Mode;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.shareddata.Shareable;
import io.vertx.tracing.opentelemetry.VertxContextStorageProvider.VertxContextStorage;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The spans of an event's way: record, publish, delivery, row. Found by {@link #of}; where tracing
 * is off, one object that makes none.
 *
 * <p>Names and attributes are those of OpenTelemetry's conventions for messaging and databases; no
 * attribute holds what an event holds, nor its key. Safe for any thread.
 */
public final class Tracing implements Shareable {

  private static final Tracing OFF = new Tracing(Mode.OFF, null);
  private static final String MAP = "bie.trace";

  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("messaging.operation.name");
  private static final AttributeKey<String> OPERATION_TYPE =
      AttributeKey.stringKey("messaging.operation.type");
  private static final AttributeKey<String> DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");
  private static final AttributeKey<String> PARTITION =
      AttributeKey.stringKey("messaging.destination.partition.id");
  private static final AttributeKey<Long> OFFSET = AttributeKey.longKey("messaging.kafka.offset");
  private static final AttributeKey<String> ROUTING_KEY =
      AttributeKey.stringKey("messaging.rabbitmq.destination.routing_key");
  private static final AttributeKey<String> MESSAGE_ID =
      AttributeKey.stringKey("messaging.message.id");
  private static final AttributeKey<String> DB_SYSTEM = AttributeKey.stringKey("db.system.name");
  private static final AttributeKey<String> DB_OPERATION =
      AttributeKey.stringKey("db.operation.name");
  private static final AttributeKey<String> DB_COLLECTION =
      AttributeKey.stringKey("db.collection.name");
  private static final AttributeKey<Long> DB_BATCH =
      AttributeKey.longKey("db.operation.batch.size");

  private static final TextMapGetter<TraceContext> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(TraceContext carrier) {
          return List.of(TraceContext.PARENT, TraceContext.STATE);
        }

        @Override
        public @Nullable String get(@Nullable TraceContext carrier, String name) {
          if (carrier == null) {
            return null;
          }
          return name.equals(TraceContext.PARENT) ? carrier.parent() : carrier.state();
        }
      };

  private final Mode mode;
  private final @Nullable Tracer tracer;

  private Tracing(Mode mode, @Nullable Tracer tracer) {
    this.mode = mode;
    this.tracer = tracer;
  }

  /** That of a process, as its launcher has opened it; off where nobody has. */
  public static Tracing of(Vertx vertx) {
    Tracing own = vertx.sharedData().<String, Tracing>getLocalMap(MAP).get(MAP);
    return own == null ? OFF : own;
  }

  /** Makes no spans and looks at nothing. */
  public static Tracing off() {
    return OFF;
  }

  /** Passes on what comes, and makes no spans. */
  static Tracing forwarding() {
    return new Tracing(Mode.FORWARD, null);
  }

  static Tracing by(Tracer tracer) {
    return new Tracing(Mode.OTLP, tracer);
  }

  /** Has {@link #of} find it. */
  void attach(Vertx vertx) {
    vertx.sharedData().<String, Tracing>getLocalMap(MAP).put(MAP, this);
  }

  /** Whether anything is to be done with the headers that an event brings. */
  public boolean takesOver() {
    return mode != Mode.OFF;
  }

  /** Whether there are spans. */
  public boolean makesSpans() {
    return tracer != null;
  }

  /**
   * A Kafka record was received and decoded, just now; its span is over at once.
   *
   * @param brought what its headers say; null for nothing
   * @param error why it is none that can be published, as a short constant; null if it is
   * @return for whoever publishes it; null for nothing
   */
  public @Nullable TraceContext received(
      @Nullable TraceContext brought,
      Origin origin,
      UUID id,
      Instant receivedAt,
      @Nullable String error) {
    if (tracer == null) {
      return brought;
    }
    EventSpan span =
        started(
            messaging(tracer, "process", origin.topic(), SpanKind.CONSUMER, brought)
                .setStartTimestamp(receivedAt)
                .setAttribute(SYSTEM, "kafka")
                .setAttribute(OPERATION_TYPE, "process")
                .setAttribute(PARTITION, Integer.toString(origin.partition()))
                .setAttribute(OFFSET, origin.offset())
                .setAttribute(MESSAGE_ID, id.toString()));
    if (error != null) {
      span.fail(error);
    }
    span.end();
    return span.context();
  }

  /** A notification is being published; null without spans. */
  public @Nullable EventSpan publishing(Notification n, String exchange, String routingKey) {
    if (tracer == null) {
      return null;
    }
    return started(
        messaging(tracer, "publish", exchange, SpanKind.PRODUCER, n.trace())
            .setAttribute(SYSTEM, "rabbitmq")
            .setAttribute(OPERATION_TYPE, "send")
            .setAttribute(ROUTING_KEY, routingKey)
            .setAttribute(MESSAGE_ID, n.id().toString()));
  }

  /**
   * A message is being worked on; null without spans.
   *
   * @param brought what its headers say; null for nothing
   * @param messageId null if it has none that may be shown
   */
  public @Nullable EventSpan delivered(
      @Nullable TraceContext brought, String queue, @Nullable UUID messageId) {
    if (tracer == null) {
      return null;
    }
    SpanBuilder span =
        messaging(tracer, "process", queue, SpanKind.CONSUMER, brought)
            .setAttribute(SYSTEM, "rabbitmq")
            .setAttribute(OPERATION_TYPE, "process");
    if (messageId != null) {
      span.setAttribute(MESSAGE_ID, messageId.toString());
    }
    return started(span);
  }

  /**
   * A row is being stored, with others of its batch; null without spans.
   *
   * @param batch how many rows the batch has
   */
  public @Nullable EventSpan storing(EventSpan delivery, String table, int batch) {
    return tracer == null
        ? null
        : started(
            insert(tracer.spanBuilder("INSERT " + table), table, batch)
                .setParent(delivery.inside()));
  }

  /** One statement for rows of several traces, in a trace of its own with links to them. */
  public @Nullable EventSpan storingTogether(List<EventSpan> rows, String table) {
    if (tracer == null) {
      return null;
    }
    SpanBuilder span =
        insert(tracer.spanBuilder("BATCH INSERT " + table), table, rows.size()).setNoParent();
    rows.forEach(row -> span.addLink(row.span().getSpanContext()));
    return started(span);
  }

  /**
   * Does work so that what Vert.x's clients trace of it stands below a span. Call it on the context
   * that the work belongs to.
   */
  public <T> Future<T> within(EventSpan span, Vertx vertx, Supplier<Future<T>> work) {
    ContextInternal own = ((ContextInternal) vertx.getOrCreateContext()).duplicate();
    // Never detached: the context is of this work alone, and what it does later belongs to it too.
    var unused = VertxContextStorage.INSTANCE.attach(own, span.inside());
    ContextInternal before = own.beginDispatch();
    try {
      return work.get();
    } finally {
      own.endDispatch(before);
    }
  }

  private static SpanBuilder insert(SpanBuilder span, String table, int batch) {
    return span.setSpanKind(SpanKind.CLIENT)
        .setAttribute(DB_SYSTEM, "postgresql")
        .setAttribute(DB_OPERATION, "INSERT")
        .setAttribute(DB_COLLECTION, table)
        .setAttribute(DB_BATCH, (long) batch);
  }

  private static SpanBuilder messaging(
      Tracer tracer,
      String operation,
      String destination,
      SpanKind kind,
      @Nullable TraceContext parent) {
    Context above =
        parent == null
            ? Context.root()
            : W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, HEADERS);
    return tracer
        .spanBuilder(operation + ' ' + destination)
        .setSpanKind(kind)
        .setParent(above)
        .setAttribute(OPERATION, operation)
        .setAttribute(DESTINATION, destination);
  }

  private static EventSpan started(SpanBuilder span) {
    return new EventSpan(span.startSpan());
  }

  /** What it is by settings, before anything is opened. */
  static Mode mode(Settings settings) {
    return settings.get(TraceSettings.MODE);
  }
}
