package io.bierelay.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import io.vertx.micrometer.backends.BackendRegistries;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Answers a scrape with the process's registry as Prometheus text.
 *
 * <p>Vert.x's own handler writes on the event loop; some gauges ask a client that takes locks, so
 * here it happens on a worker thread and health is answered meanwhile.
 */
final class MetricsScrape {

  private static final String OPEN_METRICS = "application/openmetrics-text";
  private static final String OPEN_METRICS_TYPE = OPEN_METRICS + "; version=1.0.0; charset=utf-8";
  private static final String TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Vertx vertx;
  private final ScrapeLabels labels;

  MetricsScrape(Vertx vertx, ScrapeLabels labels) {
    this.vertx = vertx;
    this.labels = labels;
  }

  void handle(RoutingContext context) {
    Optional<PrometheusMeterRegistry> registry = registry();
    if (registry.isEmpty()) {
      context
          .response()
          .setStatusCode(503)
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
          .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
          .end("this process keeps no metrics: it was started without a Prometheus registry\n");
      return;
    }
    String accept = context.request().getHeader(HttpHeaders.ACCEPT);
    String type = accept != null && accept.contains(OPEN_METRICS) ? OPEN_METRICS_TYPE : TEXT_TYPE;
    vertx
        .executeBlocking(() -> labels.onto(registry.get().scrape(type)), false)
        .onFailure(context::fail)
        .onSuccess(
            text ->
                context
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, type)
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                    .end(text));
  }

  private static Optional<PrometheusMeterRegistry> registry() {
    MeterRegistry registry = BackendRegistries.getDefaultNow();
    Stream<MeterRegistry> candidates =
        registry instanceof CompositeMeterRegistry composite
            ? composite.getRegistries().stream()
            : Stream.ofNullable(registry);
    return candidates
        .filter(PrometheusMeterRegistry.class::isInstance)
        .map(PrometheusMeterRegistry.class::cast)
        .findFirst();
  }
}
