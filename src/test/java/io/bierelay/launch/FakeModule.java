package io.bierelay.launch;

import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** A module whose verticle does what the test says. */
record FakeModule(String name, Stage stage, List<Setting<?>> settings, Supplier<Deployable> maker)
    implements VerticleModule {

  static final Setting<String> HOST = Setting.text("fake.host", "localhost").saying("A host.");
  static final Setting<Integer> PORT = Setting.integer("fake.port", 1, 1, 10).saying("A port.");
  static final Setting<String> PASSWORD = Setting.secret("fake.password").saying("A secret.");
  static final List<Setting<?>> SETTINGS = List.of(HOST, PORT, PASSWORD);

  static FakeModule idle(String name, Stage stage) {
    return of(name, stage, vertx -> Future.succeededFuture(), vertx -> Future.succeededFuture());
  }

  static FakeModule of(
      String name, Stage stage, Function<Vertx, Future<?>> start, Function<Vertx, Future<?>> stop) {
    return new FakeModule(
        name,
        stage,
        SETTINGS,
        () ->
            new VerticleBase() {
              @Override
              public Future<?> start() {
                return start.apply(vertx);
              }

              @Override
              public Future<?> stop() {
                return stop.apply(vertx);
              }
            });
  }

  @Override
  public List<Metric> metrics() {
    return List.of();
  }

  @Override
  public Deployable create() {
    return maker.get();
  }
}
