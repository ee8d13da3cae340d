package io.bierelay.bench.relay;

import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.SandboxKafka;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;

/** Kafka as a process of its own, for as long as the benchmark holds the other end of its input. */
public final class KafkaHost {

  private KafkaHost() {}

  /**
   * Arguments: how many partitions each of the five topics has; the file for what a client needs to
   * connect as the administrator.
   */
  public static void main(String[] arguments) throws IOException {
    try (SandboxKafka kafka = new SandboxKafka().start()) {
      kafka.createTopics(
          Arrays.stream(ContentionType.values()).map(ContentionType::topic).toList(),
          Integer.parseInt(arguments[0]));
      Properties client = kafka.adminProperties();
      try (OutputStream out = Files.newOutputStream(Path.of(arguments[1]))) {
        client.store(out, null);
      }
      System.out.println("Kafka is ready");
      while (System.in.read() >= 0) {
        // Nobody says anything: it only waits for the end.
      }
    }
    System.exit(0);
  }
}
