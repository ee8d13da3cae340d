package io.bierelay.persist;

import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import java.util.List;

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
    boolean userOnly =
        settings.find(PersistSettings.MIGRATE_PASSWORD).isPresent()
            && settings.find(PersistSettings.MIGRATE_USERNAME).isEmpty();
    return userOnly
        ? List.of(
            "'postgres.migration.password' is given without 'postgres.migration.username'; give both"
                + " or neither")
        : List.of();
  }

  @Override
  public Deployable create() {
    return new EventPersistVerticle();
  }
}
