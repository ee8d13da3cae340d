package io.bierelay.launch;

import io.bierelay.cluster.Admission;
import io.bierelay.cluster.Membership;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.trace.TraceExport;
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
import org.jspecify.annotations.Nullable;

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
   * What verticles run on.
   *
   * @param traces who sends them; null if nobody does
   */
  record Ground(Vertx vertx, @Nullable TraceExport traces) {}

  /**
   * For this plan: a member of a cluster, with traces, or as it is.
   *
   * @param alone has planned the start; if another takes its place it is closed by then, since
   *     metrics have one owner at a time
   * @param refused told, on an event loop, if the cluster's members turn out only later not to talk
   *     to this one: who begins at the same time as others, or is cut off from them, meets them
   *     when they merge
   * @return may complete on any thread; fails with a ConfigurationException if the other members
   *     don't talk to this one
   */
  static Future<Ground> ground(
      Vertx alone, LaunchPlan plan, Consumer<ConfigurationException> refused) {
    Settings tracing = plan.traceSettings();
    boolean cluster = plan.request().cluster();
    boolean traced = TraceExport.isOn(tracing);
    if (!cluster && !traced) {
      TraceExport.forwardIfWanted(tracing, alone);
      return Future.succeededFuture(new Ground(alone, null));
    }
    Making making = new Making(options(), prometheus(), cluster ? plan.clusterSettings() : null);
    return Futures.free(alone.executeBlocking(() -> making.prepare(plan, traced), false))
        .compose(prepared -> Futures.free(alone.close()))
        .compose(closed -> Futures.free(making.build()))
        .compose(built -> Futures.free(making.admitted(built, refused)))
        .map(
            vertx -> {
              TraceExport.forwardIfWanted(tracing, vertx);
              return making.ground(vertx);
            })
        .onFailure(e -> making.abandon());
  }

  /** A Vert.x in the making. */
  private static final class Making {

    private final VertxOptions options;
    private final MeterRegistry registry;
    private final @Nullable Settings cluster;
    private volatile @Nullable ClusterManager manager;
    private volatile @Nullable TraceExport traces;

    Making(VertxOptions options, MeterRegistry registry, @Nullable Settings cluster) {
      this.options = options;
      this.registry = registry;
      this.cluster = cluster;
    }

    /** Loads and opens what takes its time. */
    boolean prepare(LaunchPlan plan, boolean traced) {
      if (cluster != null) {
        manager = Membership.manager(cluster);
        options.setEventBusOptions(Membership.bus(cluster));
      }
      if (traced) {
        traces =
            new TraceExport(plan.traceSettings(), UnifiedTags.forTraces(plan.tags()), registry);
      }
      return traced;
    }

    Future<Vertx> build() {
      VertxBuilder builder = builder(options, registry);
      TraceExport sending = traces;
      if (sending != null) {
        builder.withTracer(sending.forVertx());
      }
      ClusterManager member = manager;
      return member == null
          ? Future.succeededFuture(builder.build())
          : builder.withClusterManager(member).buildClustered();
    }

    Future<Vertx> admitted(Vertx vertx, Consumer<ConfigurationException> refused) {
      ClusterManager member = manager;
      return member == null
          ? Future.succeededFuture(vertx)
          : asked(vertx, member, options.getEventBusOptions(), refused);
    }

    Ground ground(Vertx vertx) {
      TraceExport sending = traces;
      if (sending != null) {
        sending.attach(vertx);
      }
      return new Ground(vertx, sending);
    }

    void abandon() {
      TraceExport sending = traces;
      if (sending != null) {
        var unused = sending.stop();
      }
    }
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
