package io.bierelay.bench.relay;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * What a candidate is told, as a file of properties: {@code kafka.*} is for the consumer, {@code
 * rabbit.*} says where to, {@code topics} are the topics; for each {@code type.*} is its event type
 * and {@code size.*} how many bytes its notifications have on average.
 */
public record Order(Properties all) {

  /** Between two commits, alike for all who choose. */
  public static final int COMMIT_MS = 200;

  /** Reads what {@link Stage} has written. */
  public static Order read(String file) throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      properties.load(in);
    }
    return new Order(properties);
  }

  /** The topics' names. */
  public List<String> topics() {
    return List.of(all.getProperty("topics").split(",", 0));
  }

  /** The event type of a topic. */
  public String type(String topic) {
    return all.getProperty("type." + topic);
  }

  /** The exchange of a topic. */
  public String exchange(String topic) {
    return "bie-events-" + type(topic);
  }

  /** How many bytes a topic's notification has on average. */
  public int size(String topic) {
    return Integer.parseInt(all.getProperty("size." + topic));
  }

  /** The properties of the Kafka client. */
  public Properties kafka() {
    Properties kafka = new Properties();
    for (String key : all.stringPropertyNames()) {
      if (key.startsWith("kafka.")) {
        kafka.put(key.substring("kafka.".length()), all.getProperty(key));
      }
    }
    return kafka;
  }

  /** One of the properties {@code rabbit.*}. */
  public String rabbit(String key) {
    return all.getProperty("rabbit." + key);
  }
}
