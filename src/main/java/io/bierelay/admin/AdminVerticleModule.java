package io.bierelay.admin;

import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import java.util.List;

/** Tells the launcher of {@link AdminVerticle}. */
public final class AdminVerticleModule implements VerticleModule {

  /** Called by the service loader. */
  public AdminVerticleModule() {}

  @Override
  public String name() {
    return "AdminVerticle";
  }

  @Override
  public Stage stage() {
    return Stage.ADMIN;
  }

  @Override
  public List<Setting<?>> settings() {
    return AdminSettings.SETTINGS;
  }

  @Override
  public List<Metric> metrics() {
    return AdminMetrics.ALL;
  }

  @Override
  public List<String> problems(Settings settings) {
    return AccessRules.problems(settings);
  }

  @Override
  public Deployable create() {
    return new AdminVerticle();
  }
}
