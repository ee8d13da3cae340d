package io.bierelay.persist;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.event.EventCatalog;
import io.bierelay.event.EventType;
import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.RabbitCheck;
import io.bierelay.rabbit.RabbitCheck.Needed;
import io.bierelay.rabbit.RabbitCheck.Permission;
import io.bierelay.rabbit.RabbitSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes {@code EventPersistVerticle} known to the launcher. */
public final class EventPersistVerticleModule implements VerticleModule {

  @Override
  public String name() {
    return "EventPersistVerticle";
  }

  @Override
  public Stage stage() {
    return Stage.CONSUMER;
  }

  @Override
  public List<Setting<?>> settings() {
    return PersistSettings.SETTINGS;
  }

  @Override
  public List<Metric> metrics() {
    return PersistMetric.ALL;
  }

  @Override
  public List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    boolean userOnly =
        settings.find(PersistSettings.MIGRATE_PASSWORD).isPresent()
            && settings.find(PersistSettings.MIGRATE_USERNAME).isEmpty();
    if (userOnly) {
      problems.add(
          "'postgres.migration.password' is given without 'postgres.migration.username'; give both"
              + " or neither");
    }
    if (settings.get(QueueSettings.DELIVERY_LIMIT) != 0
        && settings.get(QueueSettings.TYPE) == QueueSettings.QueueType.CLASSIC) {
      problems.add(
          "'persist.queue.delivery.limit' is given, which classic queues don't have; set it to 0,"
              + " or 'persist.queue.type' to quorum");
    }
    List<String> known =
        EventCatalog.of(settings).types().stream().map(EventType::name).sorted().toList();
    for (String type : settings.get(QueueSettings.EVENT_TYPES)) {
      if (!known.contains(type)) {
        problems.add(
            "'persist.event.types' names '%s', which event.types does not know; known: %s"
                .formatted(type, known));
      }
    }
    problems.addAll(PersistSettings.tlsProblems(settings));
    problems.addAll(RabbitSettings.problems(settings));
    return problems;
  }

  @Override
  public List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>(PersistSettings.tlsWarnings(settings));
    warnings.addAll(RabbitSettings.warnings(settings));
    return warnings;
  }

  @Override
  public List<ServerCheck> checks(CheckRequest request) {
    Settings settings = request.settings();
    List<String> chosen = settings.get(QueueSettings.EVENT_TYPES);
    List<EventType> types =
        EventCatalog.of(settings).types().stream()
            .filter(type -> chosen.isEmpty() || chosen.contains(type.name()))
            .toList();
    List<Needed> needed = new ArrayList<>();
    for (EventType type : types) {
      needed.add(Needed.exchange(type.exchange(), Permission.CONFIGURE));
      needed.add(
          Needed.queue(
              WorkflowQueue.of(type).name(),
              type.exchange(),
              Permission.CONFIGURE,
              Permission.READ));
    }
    needed.add(Needed.exchange(DeadLetters.NAME, Permission.CONFIGURE, Permission.WRITE));
    needed.add(
        Needed.queue(DeadLetters.NAME, DeadLetters.NAME, Permission.CONFIGURE, Permission.READ));
    List<String> names = types.stream().map(EventType::name).toList();
    return List.of(
        new RabbitCheck(settings, needed), new PostgresCheck(request.vertx(), settings, names));
  }

  @Override
  public Future<Optional<String>> prepare(Vertx vertx, Settings settings) {
    List<String> types =
        EventCatalog.of(settings).types().stream().map(EventType::name).sorted().toList();
    Migrations migrations = new Migrations(settings, types);
    return vertx
        .executeBlocking(
            () -> {
              migrations.run();
              return Optional.of(
                  "PostgreSQL at %s:%d, database %s: the tables are at version %d"
                      .formatted(
                          settings.get(PersistSettings.HOST),
                          settings.get(PersistSettings.PORT),
                          settings.get(PersistSettings.DATABASE),
                          Migrations.newest()));
            },
            false)
        .recover(
            e ->
                Future.failedFuture(
                    new IllegalStateException(PostgresFailure.describe(e, settings), e)));
  }

  @Override
  public Deployable create() {
    return new EventPersistVerticle();
  }
}
