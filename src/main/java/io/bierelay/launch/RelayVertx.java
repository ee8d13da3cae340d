package io.bierelay.launch;

import io.bierelay.cluster.Admission;
import io.bierelay.cluster.Membership;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.function.Consumer;

/** Vert.x as this JAR uses it: with metrics, without a cache on disk, alone or as a member. */
final class RelayVertx {

  /** Merging takes seconds, too. */
  private static final long ASK_MS = 5_000;

  private RelayVertx() {}

  /** For a process of its own. */
  static Vertx alone() {
    return builder(options(), prometheus()).build();
  }

  /**
   * For a member of a cluster.
   *
   * @param alone closed by then: it has planned the start, and metrics have one owner at a time
   * @param refused told, on an event loop, if that shows only later: who begins at the same time as
   *     others, or is cut off from them, meets them when they merge
   * @return may complete on any thread; fails with a ConfigurationException if the other members
   *     don't talk to it
   */
  static Future<Vertx> member(
      Vertx alone, Settings settings, Consumer<ConfigurationException> refused) {
    return Futures.free(alone.executeBlocking(() -> Membership.manager(settings), false))
        .compose(manager -> Futures.free(alone.close()).map(manager))
        .compose(manager -> admitted(manager, Membership.bus(settings), refused));
  }

  private static Future<Vertx> admitted(
      ClusterManager manager, EventBusOptions bus, Consumer<ConfigurationException> refused) {
    return Futures.free(join(manager, bus))
        .compose(member -> Futures.free(asked(member, manager, bus, refused)));
  }

  /** Whoever is refused leaves. Whoever met nobody is asked for when it has met others. */
  private static Future<Vertx> asked(
      Vertx member,
      ClusterManager manager,
      EventBusOptions bus,
      Consumer<ConfigurationException> refused) {
    return Admission.ask(member, manager, bus)
        .onSuccess(
            taken -> {
              if (!taken) {
                member.setPeriodic(ASK_MS, id -> askAgain(member, manager, bus, refused, id));
              }
            })
        .map(member)
        .recover(e -> Futures.free(member.close()).transform(closed -> Future.failedFuture(e)));
  }

  private static void askAgain(
      Vertx member,
      ClusterManager manager,
      EventBusOptions bus,
      Consumer<ConfigurationException> refused,
      long timer) {
    Admission.ask(member, manager, bus)
        .onSuccess(
            taken -> {
              if (taken) {
                member.cancelTimer(timer);
              }
            })
        .onFailure(
            e -> {
              if (e instanceof ConfigurationException reason && member.cancelTimer(timer)) {
                refused.accept(reason);
              }
            });
  }

  private static Future<Vertx> join(ClusterManager manager, EventBusOptions bus) {
    return builder(options().setEventBusOptions(bus), prometheus())
        .withClusterManager(manager)
        .buildClustered();
  }

  private static MeterRegistry prometheus() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  private static VertxOptions options() {
    return new VertxOptions()
        .setFileSystemOptions(
            new FileSystemOptions()
                .setFileCachingEnabled(false)
                .setClassPathResolvingEnabled(false))
        .setMetricsOptions(
            new MicrometerMetricsOptions().setEnabled(true).setJvmMetricsEnabled(false));
  }

  private static VertxBuilder builder(VertxOptions options, MeterRegistry registry) {
    return Vertx.builder().with(options).withMetrics(new MicrometerMetricsFactory(registry));
  }
}
