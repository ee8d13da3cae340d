package io.bierelay.listener;

import io.bierelay.avro.RegistrySettings;
import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.FormerVariable;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import java.util.ArrayList;
import java.util.List;

/** Tells the launcher of {@link EntityChangeVerticle}. */
public final class EntityChangeModule implements VerticleModule {

  @Override
  public String name() {
    return "EntityChangeVerticle";
  }

  @Override
  public Stage stage() {
    return Stage.PRODUCER;
  }

  @Override
  public List<Setting<?>> settings() {
    return SqsSettings.all();
  }

  @Override
  public List<Metric> metrics() {
    return ListenerMetrics.ALL;
  }

  @Override
  public List<String> problems(Settings settings) {
    return SqsSettings.problems(settings);
  }

  @Override
  public List<FormerVariable> formerVariables() {
    return SqsSettings.formerVariables();
  }

  @Override
  public List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>(KafkaSettings.warnings(settings));
    warnings.addAll(RegistrySettings.warnings(settings));
    return warnings;
  }

  @Override
  public List<Setting<String>> credentials() {
    return KafkaSettings.CREDENTIALS;
  }

  @Override
  public List<ServerCheck> checks(CheckRequest request) {
    return ListenerCheck.of(request);
  }

  @Override
  public Deployable create() {
    return new EntityChangeVerticle();
  }
}
