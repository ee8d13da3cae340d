package io.bierelay.trace;

import io.bierelay.settings.Settings;
import io.bierelay.trace.TraceSettings.Mode;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.time.Duration;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenTelemetry's SDK as this process uses it: who makes spans, and who sends them. Only where
 * tracing is on; nobody else loads it.
 */
public final class TraceExport {

  /**
   * It prints each failed request, with all its causes, and not by our log: {@link SpanQueue} says
   * it once. Kept, because a logger that nobody holds forgets its level.
   */
  private static final Logger SDK = Logger.getLogger("io.opentelemetry");

  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(TraceExport.class);

  private final SpanQueue queue;
  private final SdkTracerProvider provider;
  private final OpenTelemetry telemetry;
  private final Duration stopTimeout;

  /** What Vert.x asks for; the SDK's own class of it would need metrics and logs too. */
  private record Telemetry(TracerProvider provider, ContextPropagators propagators)
      implements OpenTelemetry {

    @Override
    public TracerProvider getTracerProvider() {
      return provider;
    }

    @Override
    public ContextPropagators getPropagators() {
      return propagators;
    }
  }

  /**
   * Begins; loads and opens a good deal, so not on an event loop.
   *
   * @param resource what all spans say of their process
   */
  public TraceExport(Settings settings, Map<String, String> resource, MeterRegistry meters) {
    SDK.setLevel(Level.OFF);
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(settings.get(TraceSettings.ENDPOINT))
            .setTimeout(settings.get(TraceSettings.TIMEOUT))
            .setConnectTimeout(settings.get(TraceSettings.TIMEOUT))
            .setCompression("gzip")
            .setRetryPolicy(null) // It would wait on its own threads; the queue tries again.
            .setMeterProvider(MeterProvider.noop());
    TraceSettings.headers(settings).orElse(Map.of()).forEach(exporter::addHeader);
    AttributesBuilder attributes = Attributes.builder();
    resource.forEach(attributes::put);
    this.queue = new SpanQueue(exporter.build(), settings, meters);
    this.provider =
        SdkTracerProvider.builder()
            .setResource(Resource.getDefault().merge(Resource.create(attributes.build())))
            .setSampler(
                Sampler.parentBased(
                    Sampler.traceIdRatioBased(settings.get(TraceSettings.SAMPLE_RATIO))))
            .addSpanProcessor(queue)
            .build();
    this.telemetry =
        new Telemetry(provider, ContextPropagators.create(W3CTraceContextPropagator.getInstance()));
    this.stopTimeout = settings.get(TraceSettings.STOP_TIMEOUT);
    LOG.info("traces are sent to {}", settings.get(TraceSettings.ENDPOINT));
  }

  /** Whether there is one. */
  public static boolean isOn(Settings settings) {
    return Tracing.mode(settings) == Mode.OTLP;
  }

  /**
   * Has the context that a record brings put onto its message, without spans, if that is wanted.
   */
  public static void forwardIfWanted(Settings settings, Vertx vertx) {
    if (Tracing.mode(settings) == Mode.FORWARD) {
      Tracing.forwarding().attach(vertx);
    }
  }

  /** What Vert.x's own clients and servers are traced by. */
  public VertxTracerFactory forVertx() {
    return new OpenTelemetryTracingFactory(telemetry);
  }

  /** Has {@link Tracing#of} find it. */
  public void attach(Vertx vertx) {
    Tracing.by(provider.get("io.bierelay")).attach(vertx);
  }

  /**
   * Sends the last spans within {@code tracing.stop.timeout}; completes by then and never fails.
   */
  public Future<Void> stop() {
    return Future.<Void>fromCompletionStage(queue.stop(stopTimeout));
  }
}
