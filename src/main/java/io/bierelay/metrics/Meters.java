package io.bierelay.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.vertx.micrometer.backends.BackendRegistries;

/** Where a verticle finds the registry for its metrics. */
public final class Meters {

  private Meters() {}

  /**
   * The process's registry; without one (a verticle deployed alone in a test), an empty one that
   * forgets everything.
   */
  public static MeterRegistry registry() {
    MeterRegistry registry = BackendRegistries.getDefaultNow();
    return registry == null ? new CompositeMeterRegistry() : registry;
  }
}
