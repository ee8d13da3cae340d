package io.bierelay.admin;

import io.bierelay.launch.LaunchFacts;
import io.bierelay.metrics.Meters;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Settings;
import io.bierelay.status.StatusBeacon;
import io.bierelay.status.VerticleStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers over HTTP how this process is: health, metrics, subscriptions, and a page that shows
 * them.
 *
 * <p>Knows of the other verticles only what they publish on {@link VerticleStatus#ADDRESS} and what
 * the launcher says it deploys ({@link LaunchFacts}). Starts before all others, so it loads no more
 * than it needs to listen.
 */
public final class AdminVerticle extends VerticleBase {

  /** The local map in which {@link #URL} is found, for others in the same Vert.x. */
  public static final String LOCAL_MAP = "bie.admin";

  /** The key of the endpoint's actual address in {@link #LOCAL_MAP}: {@code http://host:port}. */
  public static final String URL = "url";

  private static final Logger LOG = LoggerFactory.getLogger(AdminVerticle.class);
  private static final int IDLE_SECONDS = 60;

  private @Nullable StatusBeacon beacon;
  private @Nullable MessageConsumer<JsonObject> reports;
  private @Nullable HttpServer server;
  private @Nullable Gauge downGauge;

  /** Made by its module. */
  public AdminVerticle() {}

  /**
   * Listens.
   *
   * @return fails with {@link ConfigurationException} when it can't listen on the configured
   *     address
   */
  @Override
  public Future<?> start() {
    Settings settings = Settings.of(config());
    LaunchFacts facts = LaunchFacts.of(config());
    StatusBoard board =
        new StatusBoard(
            facts.verticles(), settings.get(AdminSettings.SILENCE_LIMIT), System::nanoTime);
    reports =
        vertx
            .eventBus()
            .localConsumer(
                VerticleStatus.ADDRESS,
                message -> board.accept(VerticleStatus.fromJson(message.body())));
    AdminRoutes routes =
        new AdminRoutes(processName(), facts.roles(), board, new MetricsScrape(vertx));
    return listen(routes, settings.get(AdminSettings.HOST), settings.get(AdminSettings.PORT))
        .map(listening -> announce(listening, settings.get(AdminSettings.HOST), routes));
  }

  private Future<HttpServer> listen(AdminRoutes routes, String host, int port) {
    HttpServerOptions options =
        new HttpServerOptions().setIdleTimeout(IDLE_SECONDS).setHttp2ClearTextEnabled(false);
    return vertx
        .createHttpServer(options)
        .requestHandler(routes.router(vertx))
        .listen(port, host)
        .recover(cause -> Future.failedFuture(cannotListen(host, port, cause)));
  }

  /** Says that it is ready only now: nobody can ask before, and a failed start leaves nothing. */
  private String announce(HttpServer listening, String host, AdminRoutes routes) {
    server = listening;
    downGauge = AdminMetrics.VERTICLES_DOWN.gauge(Meters.registry(), routes::down);
    StatusBeacon own = new StatusBeacon(vertx, "AdminVerticle", deploymentID());
    beacon = own;
    own.ready();
    String url = url(host, listening.actualPort());
    vertx.sharedData().<String, String>getLocalMap(LOCAL_MAP).put(URL, url);
    LOG.info("admin endpoint at {}", url);
    return url;
  }

  @Override
  public Future<?> stop() {
    // Says no goodbye: it would only tell itself, and it stops last.
    if (beacon != null) {
      beacon.close();
    }
    MeterRegistry registry = Meters.registry();
    if (downGauge != null) {
      registry.remove(downGauge);
    }
    Future<?> deaf = reports == null ? Future.succeededFuture() : reports.unregister();
    Future<?> closed = server == null ? Future.succeededFuture() : server.close();
    return Future.join(deaf, closed);
  }

  private static ConfigurationException cannotListen(String host, int port, Throwable cause) {
    return new ConfigurationException(
        ("the admin endpoint can't listen on %s: %s; stop what uses the port, or set %s (%s) to a"
                + " free port or 0, and %s (%s) to an address of this machine")
            .formatted(
                url(host, port),
                cause.getMessage(),
                AdminSettings.PORT.key(),
                AdminSettings.PORT.environmentVariable(),
                AdminSettings.HOST.key(),
                AdminSettings.HOST.environmentVariable()));
  }

  private static String url(String host, int port) {
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /**
   * What people call this process. The environment says it in a container (the pod's name); asking
   * the resolver instead could block for seconds.
   */
  private static String processName() {
    String host = Optional.ofNullable(System.getenv("HOSTNAME")).orElse("localhost");
    return host + ":" + ProcessHandle.current().pid();
  }
}
