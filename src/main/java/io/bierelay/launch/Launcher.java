package io.bierelay.launch;

import io.bierelay.metrics.Meters;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.statsd.StatsdSettings;
import io.bierelay.statsd.StatsdWriter;
import io.bierelay.status.VerticleStatus;
import io.bierelay.trace.TraceExport;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs roles in this process: deploys their verticles in order, stops them in reverse.
 *
 * <p>Safe for several threads. {@link #stop} may be called at any time, also during the start.
 */
public final class Launcher {

  private static final Logger LOG = LoggerFactory.getLogger(Launcher.class);

  /** What closing Vert.x itself may take, after all verticles are gone. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(8);

  private final LaunchRequest request;
  private final Modules modules;
  private final Deque<Deployed> deployed = new ArrayDeque<>();
  private final Promise<Void> started = Promise.promise();
  private final Promise<Boolean> ended = Promise.promise();
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private volatile @Nullable ConfigurationException fatal;
  private volatile boolean requested;
  private volatile Future<Drained> draining = Future.succeededFuture(Drained.nothing());
  private volatile @Nullable Vertx vertx;
  private volatile @Nullable JvmMeters jvmMeters;
  private volatile @Nullable StatsdWriter statsd;
  private volatile @Nullable TraceExport traces;
  private Duration stopTimeout = LaunchSettings.STOP_TIMEOUT.defaultValue().orElseThrow();

  private record Deployed(String verticle, Stage stage, String id) {}

  /** Nothing is running before {@link #start}. */
  public Launcher(LaunchRequest request) {
    this(request, Modules.onClassPath());
  }

  Launcher(LaunchRequest request, Modules modules) {
    this.request = request;
    this.modules = modules;
  }

  /** Vert.x as every command of this JAR uses it: with metrics, without a cache on disk. */
  public static Vertx newVertx() {
    return RelayVertx.alone();
  }

  /**
   * Starts. When it fails, everything that was started is stopped again.
   *
   * @return fails with {@link UnknownRoleException}, {@link ConfigurationException} or {@link
   *     StartException}
   */
  public Future<Void> start() {
    if (!begun.compareAndSet(false, true)) {
      return started.future();
    }
    long began = System.nanoTime();
    Vertx fresh = newVertx();
    vertx = fresh;
    Futures.free(LaunchPlan.make(fresh, request, modules))
        .compose(plan -> vertxFor(fresh, plan).compose(on -> deployAll(on, plan)))
        .onSuccess(
            v ->
                LOG.info(
                    "{} started in {} ms: {}",
                    request.roles(),
                    (System.nanoTime() - began) / 1_000_000,
                    deployed.stream().map(Deployed::verticle).toList()))
        .onComplete(started);
    return started.future().onFailure(e -> end());
  }

  /**
   * Completes when everything is stopped, with whether that was clean; fails with a {@link
   * ConfigurationException} if a verticle found, while running, that it can't work as configured.
   */
  public Future<Boolean> ended() {
    return ended.future();
  }

  /** Stops in the reverse order of starting, each verticle with its deadline. */
  public Future<Boolean> stop() {
    if (!started.future().failed()) {
      requested = true;
    }
    if (begun.compareAndSet(false, true)) {
      started.fail(
          new StartException(
              "the launcher", new IllegalStateException("stopped before its start")));
    }
    return end();
  }

  private Future<Boolean> end() {
    if (stopping.compareAndSet(false, true)) {
      // A start that is under way ends first: what it has deployed must not be forgotten.
      started
          .future()
          .otherwiseEmpty()
          .compose(v -> draining)
          .compose(v -> stopAll())
          .onComplete(
              done -> {
                JvmMeters meters = jvmMeters;
                if (meters != null) {
                  meters.close();
                }
                ConfigurationException reason = fatal;
                if (reason != null) {
                  ended.fail(reason);
                } else {
                  ended.complete(done.succeeded() && done.result());
                }
              });
    }
    return ended.future();
  }

  /**
   * Whether somebody asked for the stop, rather than a failed start or a verticle that can't go on.
   */
  public boolean stopRequested() {
    return requested;
  }

  private Future<Vertx> vertxFor(Vertx planned, LaunchPlan plan) {
    return RelayVertx.ground(planned, plan, this::refused)
        .map(
            ground -> {
              vertx = ground.vertx();
              traces = ground.traces();
              return ground.vertx();
            })
        .recover(e -> Future.failedFuture(explained(e)));
  }

  private Throwable explained(Throwable e) {
    return e instanceof ConfigurationException
        ? e
        : new StartException(
            request.cluster() ? "the cluster's member" : "the sending of traces", e);
  }

  private Future<Void> deployAll(Vertx on, LaunchPlan plan) {
    Settings settings = plan.effective().settings(LaunchSettings.SETTINGS);
    ConsoleLog.use(settings.get(LaunchSettings.LOG_FORMAT));
    plan.warnings().forEach(warning -> LOG.warn("{}", warning));
    stopTimeout = settings.get(LaunchSettings.STOP_TIMEOUT);
    Duration startTimeout = settings.get(LaunchSettings.START_TIMEOUT);
    on.eventBus().<JsonObject>localConsumer(VerticleStatus.ADDRESS, m -> watch(m.body()));
    on.eventBus()
        .<JsonObject>localConsumer(
            DrainBus.ADDRESS, m -> drain(on).onSuccess(done -> m.reply(done.toJson())));
    return deployNext(on, plan, plan.entries().iterator(), startTimeout)
        .compose(v -> on.executeBlocking(() -> new JvmMeters(Meters.registry()), false))
        .onSuccess(
            meters -> {
              jvmMeters = meters;
              statsd = statsd(on, plan);
            })
        .mapEmpty();
  }

  private Future<Void> deployNext(
      Vertx on, LaunchPlan plan, Iterator<Roster.Entry> rest, Duration startTimeout) {
    if (!rest.hasNext()) {
      return Future.succeededFuture();
    }
    Roster.Entry entry = rest.next();
    String name = entry.module().name();
    if (stopping.get()) {
      return Future.failedFuture(
          new StartException(name, new IllegalStateException("the process is stopping")));
    }
    return deploy(on, plan, entry)
        .timeout(startTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .recover(e -> Future.failedFuture(new StartException(name, e)))
        .compose(
            id -> {
              deployed.push(new Deployed(name, entry.module().stage(), id));
              return deployNext(on, plan, rest, startTimeout);
            });
  }

  private Future<String> deploy(Vertx on, LaunchPlan plan, Roster.Entry entry) {
    List<Setting<?>> settings = entry.module().settings();
    JsonObject config = plan.effective().configuration(settings);
    if (entry.module().stage() == Stage.ADMIN) {
      List<LaunchFacts.Expected> expected =
          plan.entries().stream()
              .map(other -> new LaunchFacts.Expected(other.module().name(), other.instances()))
              .toList();
      new LaunchFacts(
              plan.request().roles(), expected, plan.effective().lines(plan.inUse()), plan.labels())
          .putInto(config);
    }
    // Those that work are beside each other; who shows how they stand must not hold them up.
    EventLoops.beginAt(on, entry.module().stage() == Stage.ADMIN ? 1 : 0);
    return on.deployVerticle(
        entry.module()::create,
        new DeploymentOptions().setConfig(config).setInstances(entry.instances()));
  }

  private void watch(JsonObject message) {
    VerticleStatus status = VerticleStatus.fromJson(message);
    if (status.state() == VerticleStatus.State.FAILED && fatal == null) {
      fatal = new ConfigurationException(status.verticle() + ": " + status.reason());
      LOG.error("{} can't go on: {}", status.verticle(), status.reason());
      end();
    }
  }

  private void refused(ConfigurationException reason) {
    if (fatal == null) {
      fatal = reason;
      LOG.error("the cluster's members don't talk to this process: {}", reason.getMessage());
      end();
    }
  }

  /** What was stopped by a drain. */
  private record Drained(List<String> verticles, boolean clean) {

    static Drained nothing() {
      return new Drained(List.of(), true);
    }

    JsonObject toJson() {
      return new JsonObject().put("drained", new JsonArray(verticles)).put("clean", clean);
    }
  }

  /** Stops all that works, in the order of a stop; whoever shows how it stands stays. */
  private synchronized Future<Drained> drain(Vertx on) {
    draining =
        started
            .future()
            .compose(v -> draining)
            .compose(
                before ->
                    stopping.get()
                        ? Future.succeededFuture(Drained.nothing())
                        : drainNext(on, Drained.nothing()))
            .otherwise(e -> Drained.nothing()); // The start failed: what began is stopped anyway.
    return draining;
  }

  private Future<Drained> drainNext(Vertx on, Drained soFar) {
    Deployed next = deployed.peek();
    if (next == null || next.stage() == Stage.ADMIN) {
      return Future.succeededFuture(soFar);
    }
    deployed.poll();
    return undeploy(on, next)
        .compose(
            clean -> {
              List<String> names = new ArrayList<>(soFar.verticles());
              names.add(next.verticle());
              return drainNext(on, new Drained(names, soFar.clean() && clean));
            });
  }

  private Future<Boolean> undeploy(Vertx on, Deployed one) {
    return on.undeploy(one.id())
        .timeout(stopTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .map(true)
        .otherwise(
            e -> {
              LOG.error("{} did not stop cleanly: {}", one.verticle(), e.getMessage());
              return false;
            });
  }

  private Future<Boolean> stopAll() {
    Vertx on = vertx;
    if (on == null) {
      return Future.succeededFuture(true);
    }
    // What undeploying completes belongs to an event loop, and that may be gone before it could say
    // that Vert.x is closed: nobody would ever hear of it. This promise belongs to no thread.
    Promise<Boolean> undeployed = Promise.promise();
    undeployAll(on, true).onComplete(undeployed);
    return undeployed
        .future()
        .compose(clean -> lastWords().map(clean))
        .compose(clean -> closeVertx(on).map(closed -> clean && closed));
  }

  private Future<Void> lastWords() {
    StatsdWriter writer = statsd;
    TraceExport sending = traces;
    return Future.join(
            writer == null ? Future.succeededFuture() : writer.stop(),
            sending == null ? Future.succeededFuture() : sending.stop())
        .mapEmpty();
  }

  /** Where it is switched on. */
  private @Nullable StatsdWriter statsd(Vertx on, LaunchPlan plan) {
    Settings settings = plan.effective().settings(StatsdSettings.SETTINGS);
    if (settings.find(StatsdSettings.HOST).isEmpty()) {
      return null;
    }
    return new StatsdWriter(
        on, settings, Meters.registry(), UnifiedTags.forStatsd(plan.tags(), settings));
  }

  private Future<Boolean> undeployAll(Vertx on, boolean clean) {
    Deployed next = deployed.poll();
    if (next == null) {
      return Future.succeededFuture(clean);
    }
    return undeploy(on, next).compose(stopped -> undeployAll(on, clean && stopped));
  }

  private Future<Boolean> closeVertx(Vertx on) {
    return on.close()
        .timeout(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .map(true)
        .otherwise(
            e -> {
              LOG.error("Vert.x did not close within {}", CLOSE_TIMEOUT);
              return false;
            });
  }
}
