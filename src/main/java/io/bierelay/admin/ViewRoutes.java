package io.bierelay.admin;

import io.bierelay.access.Role;
import io.bierelay.admin.SubscriptionView.Scope;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What only looks: who asks, how this process is, what it consumes, with which settings. */
final class ViewRoutes {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final ProcessFacts facts;
  private final StatusBoard board;
  private final OldestEvent oldest;
  private final SubscriptionView view;
  private final MetricsScrape metrics;
  private final int maxReaders;
  private final CertificateWatch certificates;
  private final Map<Scope, SnapshotStream> streams;
  private volatile int down;
  private volatile int streaming;
  private volatile double oldestSeconds;

  ViewRoutes(
      Vertx vertx,
      ProcessFacts facts,
      StatusBoard board,
      OldestEvent oldest,
      int maxReaders,
      CertificateWatch certificates) {
    this.vertx = vertx;
    this.facts = facts;
    this.board = board;
    this.oldest = oldest;
    this.maxReaders = maxReaders;
    this.certificates = certificates;
    this.metrics = new MetricsScrape(vertx, new ScrapeLabels(facts.launch().labels()));
    this.view = new SubscriptionView(vertx, facts, board);
    this.streams =
        Map.of(
            Scope.INSTANCE, new SnapshotStream(vertx, view, Scope.INSTANCE, PATIENCE),
            Scope.GROUP, new SnapshotStream(vertx, view, Scope.GROUP, PATIENCE));
  }

  /** By the operation's id in the contract. */
  Map<String, Handler<RoutingContext>> operations() {
    return Map.ofEntries(
        Map.entry("contract", this::contract),
        Map.entry("live", context -> AdminRoutes.json(context, 200, status(true))),
        Map.entry("started", this::started),
        Map.entry("ready", this::ready),
        Map.entry("metrics", this::metrics),
        Map.entry("me", ViewRoutes::me),
        Map.entry("status", this::status),
        Map.entry("settings", this::settings),
        Map.entry("subscriptions", this::subscriptions),
        Map.entry("stream", this::stream));
  }

  /** How many verticle instances were not ready when metrics were last asked for. */
  int down() {
    return down;
  }

  /** The age of the oldest event when metrics were last asked for, in seconds. */
  double oldestSeconds() {
    return oldestSeconds;
  }

  /** Who read a stream when metrics were last asked for. */
  int streaming() {
    return streaming;
  }

  /** Ends all streams; those who may come back. */
  void disconnect() {
    streams.values().forEach(SnapshotStream::disconnect);
  }

  private void contract(RoutingContext context) {
    vertx
        .executeBlocking(ApiContract::text, false)
        .onFailure(context::fail)
        .onSuccess(
            text ->
                context
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/yaml")
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                    .end(text));
  }

  private void started(RoutingContext context) {
    boolean started = board.isStarted();
    AdminRoutes.json(context, started ? 200 : 503, status(started));
  }

  private void ready(RoutingContext context) {
    List<Check> checks = checks();
    boolean up = isUp(checks);
    AdminRoutes.json(
        context,
        up ? 200 : 503,
        status(up)
            .put("checks", toJson(checks))
            .put("warnings", new JsonArray(certificates.warnings())));
  }

  private List<Check> checks() {
    List<Check> checks = new ArrayList<>(board.checks());
    checks.add(oldest.check(view.rows()));
    return checks;
  }

  private static boolean isUp(List<Check> checks) {
    return checks.stream().allMatch(Check::isUp);
  }

  private static JsonArray toJson(List<Check> checks) {
    JsonArray list = new JsonArray();
    checks.forEach(check -> list.add(check.toJson()));
    return list;
  }

  /** The board belongs to this thread, and gauges are read on another: hence the counted values. */
  private void metrics(RoutingContext context) {
    down = (int) board.checks().stream().filter(check -> !check.isUp()).count();
    oldestSeconds = OldestEvent.age(view.rows());
    streaming = readers();
    metrics.handle(context);
  }

  private static void me(RoutingContext context) {
    Principal who = Principal.of(context);
    AdminRoutes.json(
        context,
        200,
        new JsonObject()
            .put("name", who.name())
            .put("role", who.label())
            .put("mayChange", who.may(Role.OPERATOR)));
  }

  private void status(RoutingContext context) {
    List<Check> checks = checks();
    AdminRoutes.json(
        context,
        200,
        facts
            .toJson()
            .put("started", board.isStarted())
            .put("ready", isUp(checks))
            .put("checks", toJson(checks))
            .put("warnings", new JsonArray(certificates.warnings()))
            .put("certificates", certificates.describe()));
  }

  private void settings(RoutingContext context) {
    JsonArray list = new JsonArray();
    facts
        .launch()
        .settings()
        .forEach(
            line ->
                list.add(
                    new JsonObject()
                        .put("key", line.key())
                        .put("value", line.value())
                        .put("source", line.source())));
    AdminRoutes.json(context, 200, new JsonObject().put("settings", list));
  }

  private static Scope scope(RoutingContext context) {
    return Scope.of(context.queryParam("scope").stream().findFirst().orElse("instance"));
  }

  private void subscriptions(RoutingContext context) {
    view.snapshot(scope(context))
        .onFailure(context::fail)
        .onSuccess(answer -> AdminRoutes.json(context, 200, answer));
  }

  private int readers() {
    return streams.values().stream().mapToInt(SnapshotStream::readers).sum();
  }

  private void stream(RoutingContext context) {
    if (AdminRoutes.isHead(context)) {
      context.response().putHeader(HttpHeaders.CONTENT_TYPE, SnapshotStream.TYPE).end();
    } else if (readers() >= maxReaders) {
      Problem.retryAfter(context, PATIENCE);
      Problem.answer(
          context,
          503,
          "%d read the stream already; close one, ask again later, or raise %s"
              .formatted(maxReaders, AdminSettings.STREAM_READERS.key()));
    } else {
      String lastId = Optional.ofNullable(context.request().getHeader("last-event-id")).orElse("");
      Optional.ofNullable(streams.get(scope(context)))
          .ifPresent(stream -> stream.add(context, lastId));
    }
  }

  private static JsonObject status(boolean up) {
    return new JsonObject().put("status", up ? "UP" : "DOWN");
  }
}
