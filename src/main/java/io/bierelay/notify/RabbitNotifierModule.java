package io.bierelay.notify;

import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.rabbit.RabbitSettings;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
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
  public Deployable create() {
    return new RabbitNotifierVerticle();
  }
}
