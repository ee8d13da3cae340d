package io.bierelay.trace;

import io.bierelay.retry.Backoff;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps ended spans, as many as it may, until a thread of its own has sent them.
 *
 * <p>Whoever ends a span never waits: what finds no room is dropped and counted. A collector that
 * is away is tried again with backoff, and costs one line in the log.
 *
 * <p>OpenTelemetry's own batch processor tells what it drops to its metrics only, which would be a
 * second system of metrics in the process, and waits at its end for as long as a request may take.
 */
final class SpanQueue implements SpanProcessor {

  private static final Logger LOG = LoggerFactory.getLogger(SpanQueue.class);
  static final String THREAD = "trace-export";
  private static final long SLICE_MS = 50;

  private final SpanExporter exporter;
  private final String endpoint;
  private final int capacity;
  private final int batch;
  private final long intervalNanos;
  private final long timeoutNanos;
  private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
  private final ConcurrentLinkedQueue<ReadableSpan> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final Counter exported;
  private final Counter failed;
  private final Counter dropped;
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private final Thread thread = new Thread(this::run, THREAD);
  private volatile boolean stopping;
  private volatile long deadlineNanos;

  /** Of the thread alone: why the collector took nothing the last time; empty if it did. */
  private String trouble = "";

  /** Begins. */
  SpanQueue(SpanExporter exporter, Settings settings, MeterRegistry meters) {
    this.exporter = exporter;
    this.endpoint = settings.get(TraceSettings.ENDPOINT);
    this.capacity = settings.get(TraceSettings.QUEUE);
    this.batch = Math.min(capacity, settings.get(TraceSettings.BATCH));
    this.intervalNanos = settings.get(TraceSettings.INTERVAL).toNanos();
    this.timeoutNanos = settings.get(TraceSettings.TIMEOUT).toNanos();
    this.exported = TraceMetrics.SPANS.counter(meters, "exported");
    this.failed = TraceMetrics.SPANS.counter(meters, "failed");
    this.dropped = TraceMetrics.SPANS.counter(meters, "dropped");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {}

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (!span.getSpanContext().isSampled()) {
      return;
    }
    int before = size.getAndIncrement();
    if (before >= capacity || stopping) {
      size.decrementAndGet();
      dropped.increment();
      return;
    }
    waiting.add(span);
    if (before + 1 == batch) {
      LockSupport.unpark(thread);
    }
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  /**
   * Sends what it can within a time, and ends. Spans that end from now on are dropped.
   *
   * @return completes by then, whatever the collector does; never fails
   */
  CompletableFuture<@Nullable Void> stop(Duration limit) {
    deadlineNanos = System.nanoTime() + limit.toNanos();
    stopping = true;
    LockSupport.unpark(thread);
    return ended.copy().completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run() {
    try {
      while (!stopping) {
        LockSupport.parkNanos(trouble.isEmpty() ? intervalNanos : backoff.nextMs() * 1_000_000);
        boolean goesOn = true;
        while (!stopping && goesOn && size.get() > 0) {
          goesOn = sendBatch();
        }
      }
      // Of a collector that was away just now nothing is hoped for: the process wants to end.
      boolean goesOn = trouble.isEmpty();
      while (goesOn && size.get() > 0 && left(deadlineNanos) > 0) {
        goesOn = sendBatch();
      }
    } finally {
      dropped.increment(size.get());
      exporter.shutdown();
      ended.complete(null);
    }
  }

  /** False if the collector did not take it. */
  private boolean sendBatch() {
    List<SpanData> spans = new ArrayList<>(batch);
    while (spans.size() < batch) {
      ReadableSpan span = waiting.poll();
      if (span == null) {
        break;
      }
      size.decrementAndGet();
      spans.add(span.toSpanData());
    }
    if (spans.isEmpty()) {
      return true;
    }
    CompletableResultCode sent = exporter.export(spans);
    long limit = System.nanoTime() + timeoutNanos;
    while (!sent.isDone() && left(limit) > 0 && !(stopping && left(deadlineNanos) <= 0)) {
      sent.join(SLICE_MS, TimeUnit.MILLISECONDS);
    }
    if (sent.isSuccess()) {
      exported.increment(spans.size());
      backoff.reset();
      note("");
      return true;
    }
    failed.increment(spans.size());
    note(reason(sent));
    return false;
  }

  private static String reason(CompletableResultCode sent) {
    Throwable cause = sent.getFailureThrowable();
    if (cause == null) {
      return "no answer in time";
    }
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null
        ? cause.getClass().getSimpleName()
        : cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }

  private static long left(long deadline) {
    return deadline - System.nanoTime();
  }

  /** Once when it goes, once when it is back: a collector that is away for a day is no news. */
  private void note(String now) {
    if (trouble.isEmpty() && !now.isEmpty()) {
      LOG.warn("spans can't be sent to {} and are dropped until they can: {}", endpoint, now);
    } else if (!trouble.isEmpty() && now.isEmpty()) {
      LOG.info("spans are sent to {} again", endpoint);
    }
    trouble = now;
  }
}
