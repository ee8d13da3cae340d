package io.bierelay.trace;

import io.bierelay.event.TraceContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;

/** One step of one event's way, under way until it is {@link #end ended}. Safe for any thread. */
public final class EventSpan {

  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  private final Span span;

  EventSpan(Span span) {
    this.span = span;
  }

  /** What the next in the chain is told. */
  public TraceContext context() {
    String[] headers = {"", ""};
    W3CTraceContextPropagator.getInstance()
        .inject(
            inside(),
            headers,
            (carrier, name, value) -> {
              if (carrier != null) {
                carrier[name.equals(TraceContext.PARENT) ? 0 : 1] = value;
              }
            });
    return new TraceContext(headers[0], headers[1]);
  }

  /**
   * It went wrong.
   *
   * @param type a short constant; never what an event holds
   */
  public void fail(String type) {
    span.setAttribute(ERROR_TYPE, type);
    span.setStatus(StatusCode.ERROR);
  }

  /** It is over. */
  public void end() {
    span.end();
  }

  Context inside() {
    return Context.root().with(span);
  }

  Span span() {
    return span;
  }
}
