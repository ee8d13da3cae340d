package io.bierelay.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What becomes of spans with a collector that takes them, refuses them, or never answers. */
class SpanQueueTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<SpanData> taken = new CopyOnWriteArrayList<>();

  private final class Collector implements SpanExporter {
    private final Supplier<CompletableResultCode> answer;
    private volatile boolean ended;

    Collector(Supplier<CompletableResultCode> answer) {
      this.answer = answer;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      CompletableResultCode result = answer.get();
      if (result.isSuccess()) {
        taken.addAll(spans);
      }
      return result;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      ended = true;
      return CompletableResultCode.ofSuccess();
    }
  }

  private SpanQueue queue(SpanExporter exporter, JsonObject settings) {
    return new SpanQueue(exporter, Settings.of(settings), meters);
  }

  private static Tracer tracer(SpanQueue queue) {
    return SdkTracerProvider.builder().addSpanProcessor(queue).build().get("test");
  }

  private double count(String outcome) {
    return meters.get("bie.relay.trace.spans").tag("outcome", outcome).counter().count();
  }

  private static void spans(Tracer tracer, int count) {
    for (int i = 0; i < count; i++) {
      tracer.spanBuilder("a").startSpan().end();
    }
  }

  @Test
  void allAreSentAndTheLastAtTheEnd() throws Exception {
    Collector collector = new Collector(CompletableResultCode::ofSuccess);
    SpanQueue queue = queue(collector, new JsonObject().put("tracing.interval", "1m"));
    Tracer tracer = tracer(queue);
    spans(tracer, 512);
    await().atMost(LIMIT).until(() -> taken.size() == 512);
    // Too few for a batch, and long before the interval is over.
    spans(tracer, 100);
    queue.stop(Duration.ofSeconds(30)).get(60, TimeUnit.SECONDS);
    assertThat(taken).hasSize(612);
    assertThat(count("exported")).isEqualTo(612);
    assertThat(count("dropped") + count("failed")).isZero();
    assertThat(collector.ended).isTrue();
  }

  @Test
  void aFullQueueDropsAndCountsAndNobodyWaits() throws Exception {
    Collector silent = new Collector(CompletableResultCode::new);
    SpanQueue queue =
        queue(silent, new JsonObject().put("tracing.queue", 100).put("tracing.timeout", "1m"));
    long began = System.nanoTime();
    spans(tracer(queue), 10_000);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    // What the collector holds without an answer, and what waits behind it.
    assertThat(count("dropped")).isBetween(10_000.0 - 200, 10_000.0 - 100);
    queue.stop(Duration.ZERO).get(60, TimeUnit.SECONDS);
  }

  @Test
  void aCollectorThatNeverAnswersHoldsTheEndUpForNoLongerThanSaid() throws Exception {
    SpanQueue queue =
        queue(
            new Collector(CompletableResultCode::new),
            new JsonObject().put("tracing.timeout", "1m").put("tracing.interval", "10ms"));
    spans(tracer(queue), 10);
    long began = System.nanoTime();
    queue.stop(Duration.ofMillis(500)).get(60, TimeUnit.SECONDS);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    await().atMost(LIMIT).until(() -> count("failed") + count("dropped") == 10);
  }

  @Test
  void norDoesAnExporterThatBlocks() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch entered = new CountDownLatch(1);
    SpanQueue queue =
        queue(
            new Collector(
                () -> {
                  entered.countDown();
                  try {
                    released.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  return CompletableResultCode.ofSuccess();
                }),
            new JsonObject().put("tracing.interval", "10ms"));
    try {
      spans(tracer(queue), 10);
      assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
      queue.stop(Duration.ofMillis(500)).get(20, TimeUnit.SECONDS);
    } finally {
      released.countDown();
    }
  }

  @Test
  void aCollectorThatIsAwayIsNotWaitedForAtTheEnd() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    SpanQueue queue =
        queue(
            // First refused, then cut off.
            new Collector(
                () ->
                    asked.getAndIncrement() == 0
                        ? CompletableResultCode.ofExceptionalFailure(
                            new IllegalStateException("refused"))
                        : new CompletableResultCode()),
            new JsonObject().put("tracing.interval", "10ms").put("tracing.timeout", "1m"));
    Tracer tracer = tracer(queue);
    spans(tracer, 5);
    await().atMost(LIMIT).until(() -> count("failed") > 0);
    spans(tracer, 7);
    queue.stop(Duration.ofSeconds(60)).get(20, TimeUnit.SECONDS);
    assertThat(count("failed") + count("dropped")).isEqualTo(12);
    assertThat(taken).isEmpty();
  }
}
