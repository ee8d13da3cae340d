package io.bierelay.persist;

import io.bierelay.event.TraceContext;
import io.bierelay.rabbit.RabbitDelivery;
import io.bierelay.trace.EventSpan;
import io.bierelay.trace.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The spans of one batch: one for each message, from when its batch is begun until it is
 * acknowledged, and below it one for its row. Without tracing one object that does nothing.
 */
final class BatchTrace {

  private static final String TABLE = "bie_event";
  private static final BatchTrace NONE = new BatchTrace(Tracing.off());

  private final Tracing tracing;
  private final IdentityHashMap<RabbitDelivery, EventSpan> spans = new IdentityHashMap<>();

  private BatchTrace(Tracing tracing) {
    this.tracing = tracing;
  }

  /** Its messages are being read. */
  static BatchTrace begin(Tracing tracing, List<RabbitDelivery> batch) {
    if (!tracing.makesSpans()) {
      return NONE;
    }
    BatchTrace begun = new BatchTrace(tracing);
    for (RabbitDelivery delivery : batch) {
      Map<String, Object> headers = delivery.properties().getHeaders();
      TraceContext brought =
          headers == null
              ? null
              : TraceContext.parse(
                  text(headers.get(TraceContext.PARENT)), text(headers.get(TraceContext.STATE)));
      EventSpan span =
          tracing.delivered(
              brought, delivery.queue(), NotificationReader.idOf(delivery.properties()));
      if (span != null) {
        begun.spans.put(delivery, span);
      }
    }
    return begun;
  }

  private static @Nullable String text(@Nullable Object header) {
    return header == null ? null : header.toString();
  }

  /** A message is given up, for a reason that is a short constant. */
  void givenUp(RabbitDelivery delivery, String reason) {
    EventSpan span = spans.get(delivery);
    if (span != null) {
      span.fail(reason);
    }
  }

  /**
   * Its rows are stored.
   *
   * @param origins the messages of the rows, in their order
   */
  <T> Future<T> storing(Vertx vertx, List<RabbitDelivery> origins, Supplier<Future<T>> store) {
    if (spans.isEmpty()) {
      return store.get();
    }
    List<EventSpan> rows = new ArrayList<>();
    for (RabbitDelivery origin : origins) {
      EventSpan delivery = spans.get(origin);
      EventSpan row = delivery == null ? null : tracing.storing(delivery, TABLE, origins.size());
      if (row != null) {
        rows.add(row);
      }
    }
    if (rows.isEmpty()) {
      return store.get();
    }
    EventSpan together = rows.size() == 1 ? null : tracing.storingTogether(rows, TABLE);
    EventSpan above = together == null ? rows.get(0) : together;
    if (together != null) {
      rows.add(together);
    }
    return tracing.within(above, vertx, store).onComplete(done -> end(rows, done.cause()));
  }

  /** All is acknowledged, or will be delivered again. */
  void end(@Nullable Throwable error) {
    end(spans.values(), error);
  }

  private static void end(Iterable<EventSpan> spans, @Nullable Throwable error) {
    for (EventSpan span : spans) {
      if (error != null) {
        span.fail("delivered-again");
      }
      span.end();
    }
  }
}
