package io.bierelay.notify;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.event.EventCatalog;
import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.notify.NotifySettings.Unroutable;
import io.bierelay.rabbit.DeadLetters;
import io.bierelay.rabbit.ParkedEvents;
import io.bierelay.rabbit.RabbitCheck;
import io.bierelay.rabbit.RabbitCheck.Needed;
import io.bierelay.rabbit.RabbitCheck.Permission;
import io.bierelay.rabbit.RabbitSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import java.util.ArrayList;
import java.util.List;

/** Tells the launcher of {@link RabbitNotifierVerticle}. */
public final class RabbitNotifierModule implements VerticleModule {

  @Override
  public String name() {
    return "RabbitNotifierVerticle";
  }

  @Override
  public Stage stage() {
    return Stage.CONSUMER;
  }

  @Override
  public List<Setting<?>> settings() {
    return NotifySettings.all();
  }

  @Override
  public List<Metric> metrics() {
    return NotifyMetrics.ALL;
  }

  @Override
  public List<String> problems(Settings settings) {
    return NotifySettings.problems(settings);
  }

  @Override
  public List<String> warnings(Settings settings) {
    return RabbitSettings.warnings(settings);
  }

  @Override
  public List<ServerCheck> checks(CheckRequest request) {
    Settings settings = request.settings();
    List<Needed> needed = new ArrayList<>();
    EventCatalog.of(settings)
        .types()
        .forEach(
            type ->
                needed.add(
                    Needed.exchange(type.exchange(), Permission.CONFIGURE, Permission.WRITE)));
    needed.addAll(own(DeadLetters.NAME));
    if (settings.get(NotifySettings.UNROUTABLE) == Unroutable.PARK) {
      needed.addAll(own(ParkedEvents.NAME));
    }
    RabbitCheck check = new RabbitCheck(settings, needed);
    return List.of(NotifySettings.trustsRouting(settings) ? check.trustingRouting() : check);
  }

  /** An exchange with the queue of its name, which the role declares and binds. */
  private static List<Needed> own(String name) {
    return List.of(
        Needed.exchange(name, Permission.CONFIGURE, Permission.WRITE),
        Needed.queue(name, name, Permission.CONFIGURE));
  }

  @Override
  public Deployable create() {
    return new RabbitNotifierVerticle();
  }
}
