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
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers over HTTP how this process is, and has it do otherwise: health, metrics, subscriptions,
 * controls, and a page for them.
 *
 * <p>Knows of the other verticles only what they publish on {@link VerticleStatus#ADDRESS}, what
 * they answer on the event bus, and what the launcher says it deploys ({@link LaunchFacts}). Starts
 * before all others, so it loads no more than it needs to listen.
 */
public final class AdminVerticle extends VerticleBase {

  /** The local map in which {@link #URL} is found, for others in the same Vert.x. */
  public static final String LOCAL_MAP = "bie.admin";

  /** The key of the endpoint's actual address in {@link #LOCAL_MAP}: {@code http://host:port}. */
  public static final String URL = "url";

  private static final Logger LOG = LoggerFactory.getLogger(AdminVerticle.class);
  private static final int IDLE_SECONDS = 120;
  private static final int HANDSHAKE_SECONDS = 5;

  private final List<Gauge> gauges = new ArrayList<>();
  private @Nullable StatusBeacon beacon;
  private @Nullable MessageConsumer<JsonObject> reports;
  private @Nullable HttpServer server;
  private @Nullable AdminParts parts;

  /** Made by its module. */
  public AdminVerticle() {}

  /**
   * Listens.
   *
   * @return fails with {@link ConfigurationException} when it can't listen on the configured
   *     address, or must not
   */
  @Override
  public Future<?> start() {
    Settings settings = Settings.of(config());
    List<String> problems = AccessRules.problems(settings);
    if (!problems.isEmpty()) {
      return Future.failedFuture(new ConfigurationException(problems));
    }
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
    AdminParts made = AdminParts.make(vertx, settings, ProcessFacts.of(facts), board);
    parts = made;
    return made.credentials()
        .start()
        .compose(read -> made.certificates().start(() -> renew(settings)))
        .compose(read -> listen(made, settings))
        .map(listening -> announce(listening, settings, made));
  }

  private Future<HttpServer> listen(AdminParts made, Settings settings) {
    String host = settings.get(AdminSettings.HOST);
    int port = settings.get(AdminSettings.PORT);
    HttpServerOptions options =
        new HttpServerOptions()
            .setIdleTimeout(IDLE_SECONDS)
            .setHttp2ClearTextEnabled(false)
            .setUseAlpn(false)
            // Whoever may not even log in could have spans made otherwise.
            .setTracingPolicy(TracingPolicy.IGNORE)
            .setSslHandshakeTimeout(HANDSHAKE_SECONDS);
    if (AccessRules.of(settings).tls()) {
      options.setSsl(true).setKeyCertOptions(certificate(settings));
    }
    return vertx
        .createHttpServer(options)
        .connectionHandler(made.connections()::opened)
        .invalidRequestHandler(InvalidRequest::answer)
        .requestHandler(
            request -> {
              made.connections().began(request);
              made.routes().handle(request);
            })
        .listen(port, host)
        .recover(cause -> Future.failedFuture(cannotListen(settings, cause)));
  }

  private static PemKeyCertOptions certificate(Settings settings) {
    return new PemKeyCertOptions()
        .setCertPath(settings.get(AdminSettings.TLS_CERTIFICATE))
        .setKeyPath(settings.get(AdminSettings.TLS_KEY));
  }

  /** Has new connections see the certificate as its files are now. */
  private void renew(Settings settings) {
    if (server != null) {
      server
          .updateSSLOptions(new ServerSSLOptions().setKeyCertOptions(certificate(settings)), true)
          .onSuccess(done -> LOG.info("the admin endpoint's certificate was replaced"))
          .onFailure(e -> LOG.error("the admin endpoint's certificate stays as it was", e));
    }
  }

  /** Says that it is ready only now: nobody can ask before, and a failed start leaves nothing. */
  private String announce(HttpServer listening, Settings settings, AdminParts made) {
    server = listening;
    MeterRegistry registry = Meters.registry();
    ViewRoutes views = made.views();
    gauges.add(AdminMetrics.VERTICLES_DOWN.gauge(registry, views::down));
    gauges.add(AdminMetrics.OLDEST_EVENT.gauge(registry, views::oldestSeconds));
    gauges.add(AdminMetrics.STREAM_READERS.gauge(registry, views::streaming));
    gauges.add(AdminMetrics.CONNECTIONS.gauge(registry, made.connections()::count));
    StatusBeacon own = new StatusBeacon(vertx, "AdminVerticle", deploymentID());
    beacon = own;
    own.ready();
    String url = url(settings, listening.actualPort());
    vertx.sharedData().<String, String>getLocalMap(LOCAL_MAP).put(URL, url);
    LOG.info("admin endpoint at {}", url);
    AccessRules rules = AccessRules.of(settings);
    if (rules.files().isEmpty() && !rules.isLoopback()) {
      LOG.warn(
          "the admin endpoint asks for no credentials: whoever reaches it is {} ({})",
          rules.insecure(),
          AdminSettings.INSECURE_ROLE.key());
    }
    return url;
  }

  @Override
  public Future<?> stop() {
    // Says no goodbye: it would only tell itself, and it stops last.
    if (beacon != null) {
      beacon.close();
    }
    MeterRegistry registry = Meters.registry();
    gauges.forEach(registry::remove);
    if (parts != null) {
      parts.close();
    }
    Future<?> deaf = reports == null ? Future.succeededFuture() : reports.unregister();
    Future<?> closed = server == null ? Future.succeededFuture() : server.close();
    return Future.join(deaf, closed);
  }

  private static ConfigurationException cannotListen(Settings settings, Throwable cause) {
    return new ConfigurationException(
        ("the admin endpoint can't listen on %s: %s; stop what uses the port, or set %s (%s) to a"
                + " free port or 0, and %s (%s) to an address of this machine")
            .formatted(
                url(settings, settings.get(AdminSettings.PORT)),
                cause.getMessage(),
                AdminSettings.PORT.key(),
                AdminSettings.PORT.environmentVariable(),
                AdminSettings.HOST.key(),
                AdminSettings.HOST.environmentVariable()));
  }

  private static String url(Settings settings, int port) {
    String host = settings.get(AdminSettings.HOST);
    return "%s://%s:%d"
        .formatted(
            AccessRules.of(settings).tls() ? "https" : "http",
            host.contains(":") ? "[" + host + "]" : host,
            port);
  }
}
