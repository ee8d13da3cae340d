package io.bierelay.ingest;

import io.bierelay.avro.AvroLimits;
import io.bierelay.avro.RegistrySettings;
import io.bierelay.check.CheckRequest;
import io.bierelay.check.ServerCheck;
import io.bierelay.event.EventCatalog;
import io.bierelay.kafka.KafkaSettings;
import io.bierelay.launch.Stage;
import io.bierelay.launch.VerticleModule;
import io.bierelay.metrics.Metric;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.vertx.core.Deployable;
import java.util.ArrayList;
import java.util.List;

/** Tells the launcher of {@link KafkaIngestVerticle}. */
public final class KafkaIngestModule implements VerticleModule {

  @Override
  public String name() {
    return "KafkaIngestVerticle";
  }

  @Override
  public Stage stage() {
    return Stage.PRODUCER;
  }

  @Override
  public List<Setting<?>> settings() {
    List<Setting<?>> settings = new ArrayList<>(KafkaSettings.SETTINGS);
    settings.addAll(IngestSettings.OWN);
    settings.addAll(ValueSettings.SETTINGS);
    settings.addAll(EventCatalog.SETTINGS);
    settings.addAll(RegistrySettings.SETTINGS);
    settings.addAll(AvroLimits.SETTINGS);
    return settings;
  }

  @Override
  public List<Metric> metrics() {
    return IngestMetrics.ALL;
  }

  @Override
  public List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>(IngestSettings.problems(settings));
    problems.addAll(ValueSettings.problems(settings));
    problems.addAll(RegistrySettings.problems(settings));
    return problems;
  }

  @Override
  public List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>(KafkaSettings.warnings(settings));
    warnings.addAll(RegistrySettings.warnings(settings));
    return warnings;
  }

  @Override
  public List<ServerCheck> checks(CheckRequest request) {
    return IngestCheck.of(request);
  }

  @Override
  public List<Setting<String>> credentials() {
    return KafkaSettings.CREDENTIALS;
  }

  @Override
  public Deployable create() {
    return new KafkaIngestVerticle();
  }
}
