package io.bierelay.state;

import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import java.util.List;

/** Tells the launcher of {@link SubscriptionStateVerticle}. */
public final class SubscriptionStateModule implements VerticleModule {

  @Override
  public String name() {
    return "SubscriptionStateVerticle";
  }

  /** Before ingest, which asks it what people have paused. */
  @Override
  public Stage stage() {
    return Stage.CONSUMER;
  }

  @Override
  public List<Setting<?>> settings() {
    return StateSettings.ALL;
  }

  @Override
  public List<Metric> metrics() {
    return StateMetrics.ALL;
  }

  @Override
  public List<String> problems(Settings settings) {
    return StateSettings.problems(settings);
  }

  @Override
  public List<String> warnings(Settings settings) {
    return StateSettings.warnings(settings);
  }

  @Override
  public List<ServerCheck> checks(CheckRequest request) {
    return List.of(new RedisCheck(request.vertx(), request.settings()));
  }

  @Override
  public Deployable create() {
    return new SubscriptionStateVerticle();
  }
}
