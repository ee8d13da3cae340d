package io.bierelay.launch;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.List;

/**
 * Registers what the JVM says of itself: memory, collections, threads, processor, classes, start.
 *
 * <p>Vert.x would do the same before anything else is started; it brings up the JVM's whole
 * management, which nobody who asks for health needs to wait for.
 */
final class JvmMeters implements AutoCloseable {

  private final JvmGcMetrics collections = new JvmGcMetrics();

  /** Takes about a tenth of a second: not for an event loop. */
  JvmMeters(MeterRegistry registry) {
    List<MeterBinder> binders =
        List.of(
            new ClassLoaderMetrics(),
            new JvmMemoryMetrics(),
            collections,
            new JvmThreadMetrics(),
            new ProcessorMetrics(),
            // When it was started: a scrape that shows another moment has met a restart.
            new UptimeMetrics());
    binders.forEach(binder -> binder.bindTo(registry));
  }

  /** Takes back the listener that collections are counted by. */
  @Override
  public void close() {
    collections.close();
  }
}
