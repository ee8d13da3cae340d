package io.bierelay.bench.peers.connect;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** The least that is a RabbitMQ sink which loses nothing. */
public final class RabbitSink extends SinkConnector {

  private Map<String, String> settings;

  @Override
  public void start(Map<String, String> given) {
    settings = given;
  }

  @Override
  public Class<? extends Task> taskClass() {
    return RabbitSinkTask.class;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int most) {
    return IntStream.range(0, most).mapToObj(i -> settings).toList();
  }

  @Override
  public void stop() {}

  @Override
  public ConfigDef config() {
    return new ConfigDef()
        .define("order", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "The order's file.");
  }

  @Override
  public String version() {
    return "1";
  }
}
