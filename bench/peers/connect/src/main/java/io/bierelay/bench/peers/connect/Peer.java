package io.bierelay.bench.peers.connect;

import io.bierelay.bench.relay.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.connect.cli.ConnectStandalone;
import org.apache.kafka.connect.converters.ByteArrayConverter;

/** Kafka Connect, standalone, with {@link RabbitSink}. */
public final class Peer {

  private Peer() {}

  /** Arguments: the order's file; the candidate's name. */
  public static void main(String[] arguments) throws IOException {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    Path file = Path.of(arguments[0]);
    Order order = Order.read(arguments[0]);
    Properties kafka = order.kafka();
    Properties worker = new Properties();
    for (String key : kafka.stringPropertyNames()) {
      if (key.startsWith("s") || key.startsWith("bootstrap")) {
        worker.put(key, kafka.getProperty(key));
        worker.put("consumer." + key, kafka.getProperty(key));
      }
    }
    worker.put("consumer.auto.offset.reset", "earliest");
    worker.put("consumer.isolation.level", "read_committed");
    worker.put("consumer.max.poll.records", "2000");
    worker.put("key.converter", ByteArrayConverter.class.getName());
    worker.put("value.converter", ByteArrayConverter.class.getName());
    worker.put("offset.storage.file.filename", file + ".offsets");
    worker.put("offset.flush.interval.ms", Integer.toString(Order.COMMIT_MS));
    worker.put("listeners", "http://127.0.0.1:0");
    // Otherwise it looks into each class of the class path before it begins.
    worker.put("plugin.discovery", "service_load");
    Properties sink = new Properties();
    sink.put("name", "rabbit");
    sink.put("connector.class", RabbitSink.class.getName());
    sink.put("tasks.max", "1");
    sink.put("topics", order.all().getProperty("topics"));
    sink.put("order", arguments[0]);
    sink.put("consumer.override.group.id", kafka.getProperty("group.id"));
    ConnectStandalone.main(
        new String[] {write(file + ".worker", worker), write(file + ".sink", sink)});
  }

  private static String write(String file, Properties properties) throws IOException {
    try (var out = Files.newOutputStream(Path.of(file))) {
      properties.store(out, null);
    }
    return file;
  }
}
