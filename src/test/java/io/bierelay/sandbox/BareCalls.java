package io.bierelay.sandbox;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What the parts of an invocation take by themselves: a plain producer's {@code send().get()} and a
 * plain GET, in a process of its own with the function's JVM options, so that neither is nearer to
 * the servers than the function, or warmer.
 */
public final class BareCalls implements AutoCloseable {

  /** As many bytes as a tenure's record has. */
  private static final int SIZE = 340;

  private static final String KAFKA = "BARE_KAFKA_";
  private static final String API = "BARE_API";

  private final Process process;
  private final PrintWriter questions;
  private final BufferedReader answers;

  /**
   * Starts it.
   *
   * @param kafka how to connect
   * @param topic to produce into; it exists
   * @param api where entities are, without a slash at its end
   * @param flags of the JVM
   */
  public BareCalls(Properties kafka, String topic, String api, String... flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BareCalls.class.getName(), topic));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    kafka.forEach((key, value) -> builder.environment().put(KAFKA + key, value.toString()));
    builder.environment().put(API, api);
    process = builder.start();
    questions = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Produces records one after the other, each acknowledged by all; returns nanoseconds. */
  public long produce(int records) throws IOException {
    return ask("produce " + records);
  }

  /** Fetches entities one after the other; returns nanoseconds. */
  public long fetch(int entities) throws IOException {
    return ask("fetch " + entities);
  }

  private long ask(String question) throws IOException {
    questions.println(question);
    String answer = answers.readLine();
    while (answer != null && !answer.matches("\\d+")) {
      answer = answers.readLine(); // A line of log.
    }
    if (answer == null) {
      throw new IOException("the process has ended; asked " + question);
    }
    return Long.parseLong(answer);
  }

  @Override
  public void close() {
    questions.close();
    process.destroyForcibly();
  }

  /** The process. */
  public static void main(String[] args) throws Exception {
    Properties kafka = new Properties();
    for (Map.Entry<String, String> one : System.getenv().entrySet()) {
      if (one.getKey().startsWith(KAFKA)) {
        kafka.put(one.getKey().substring(KAFKA.length()), one.getValue());
      }
    }
    kafka.put("acks", "all");
    Vertx vertx = Vertx.vertx();
    HttpClient http = vertx.createHttpClient();
    try (var producer =
            new KafkaProducer<>(kafka, new StringSerializer(), new ByteArraySerializer());
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        int times = Integer.parseInt(words[1]);
        long begun = System.nanoTime();
        for (int i = 0; i < times; i++) {
          if (words[0].equals("fetch")) {
            get(http, System.getenv(API) + '/' + UUID.randomUUID());
          } else {
            String key = UUID.randomUUID().toString();
            producer.send(new ProducerRecord<>(args[0], key, new byte[SIZE])).get();
          }
        }
        System.out.println(System.nanoTime() - begun);
      }
    }
    vertx.close();
  }

  private static void get(HttpClient http, String address) throws Exception {
    Buffer body =
        http.request(
                new RequestOptions()
                    .setMethod(HttpMethod.GET)
                    .setAbsoluteURI(address)
                    .putHeader("Authorization", TenureApi.TOKEN))
            .compose(request -> request.send().compose(HttpClientResponse::body))
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    if (body.length() < 100) {
      throw new IllegalStateException("no tenure: " + body);
    }
  }
}
