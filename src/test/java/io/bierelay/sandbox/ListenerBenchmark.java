package io.bierelay.sandbox;

import io.bierelay.avro.JsonToAvro;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Throughput of the reporting listener with an API of 20 ms, and of the way that it replaces, in
 * one run over the same servers: {@code bench/run listener}.
 *
 * <p>The fat JAR takes its messages from SQS and deletes them; the replaced way gets its messages
 * for nothing, which is in its favour. Both wait for {@code acks=all}.
 */
public final class ListenerBenchmark {

  private static final int API_MS = 20;
  private static final int SEQUENTIAL = 60;
  private static final int WARM_UP = 1_000;
  private static final double LEAST_PER_SECOND = 500;
  private static final double LEAST_RATIO = 20;

  private ListenerBenchmark() {}

  /**
   * Prints both figures; ends with 3 when the ratio or the rate is missed.
   *
   * @param arguments how many messages the listener relays
   */
  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[0]);
    double ours;
    double theirs;
    try (ListenerServers servers = new ListenerServers(1_000).start()) {
      servers.api().delaying(API_MS);
      servers.kafka().createTopics(List.of("replaced-way"), 1);
      theirs = replacedWay(servers);
      ours = listener(servers, count);
    }
    System.out.printf(
        "%nlistener, %d messages, API of %d ms: %8.1f messages/s (needed at least %.0f)%n",
        count, API_MS, ours, LEAST_PER_SECOND);
    System.out.printf(
        "one by one, %d messages:               %8.1f messages/s%n", SEQUENTIAL, theirs);
    System.out.printf("ratio: %.1f times (needed at least %.0f)%n", ours / theirs, LEAST_RATIO);
    boolean reached = ours >= LEAST_PER_SECOND && ours / theirs >= LEAST_RATIO;
    System.out.println(reached ? "reached" : "NOT reached");
    Runtime.getRuntime().halt(reached ? 0 : 3);
  }

  private static double listener(ListenerServers servers, int count) {
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < WARM_UP + count; i++) {
      bodies.add(Tenures.updated(UUID.randomUUID()).encode());
    }
    Map<String, Object> settings = new HashMap<>(servers.settings());
    settings.put("listener.concurrency", 64);
    servers.sqs().sendAll(bodies);
    try (AvroTopic topic = servers.records();
        RelayProcess process =
            RelayProcess.start(
                List.of("reporting-listener"),
                settings,
                servers.adminUrl(),
                SandboxSqs.environment())) {
      // By the records' own time stamps, which the listener's producer has set.
      List<Long> times = new ArrayList<>();
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
      while (times.size() < bodies.size() && System.nanoTime() < deadline) {
        topic.poll().forEach(one -> times.add(one.record().timestamp()));
      }
      if (times.size() < bodies.size()) {
        throw new IllegalStateException(
            "only %d records: %s".formatted(times.size(), process.readLog()));
      }
      System.out.printf(
          "%nlistener's own processor time: %.2f ms per message, start included%n",
          process.cpu().toMillis() * 1.0 / bodies.size());
      process.terminate();
      times.sort(null);
      return count * 1_000.0 / (times.get(WARM_UP + count - 1) - times.get(WARM_UP));
    }
  }

  /** For each message: fetch the entity, fetch the schema, make a producer, send, flush, close. */
  private static double replacedWay(ListenerServers servers) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    one(servers, http);
    long begun = System.nanoTime();
    for (int i = 0; i < SEQUENTIAL; i++) {
      one(servers, http);
    }
    return SEQUENTIAL * 1e9 / (System.nanoTime() - begun);
  }

  private static void one(ListenerServers servers, HttpClient http) throws Exception {
    UUID id = UUID.randomUUID();
    JsonObject event = Tenures.updated(id);
    event.put("tenure", new JsonObject(get(http, servers.api().url() + "/tenures/" + id)));
    JsonObject latest =
        new JsonObject(
            get(
                http,
                servers.registry().url()
                    + "/subjects/"
                    + Tenures.TOPIC
                    + "-value/versions/latest"));
    byte[] value =
        JsonToAvro.compile(new Schema.Parser().parse(latest.getString("schema")))
            .encodeFramed(latest.getInteger("id"), event, path -> {});
    Properties properties = servers.kafka().adminProperties();
    properties.put("acks", "all");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>("replaced-way", value)).get();
      producer.flush();
    }
  }

  private static String get(HttpClient http, String address)
      throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create(address))
                .header("Authorization", TenureApi.TOKEN)
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
