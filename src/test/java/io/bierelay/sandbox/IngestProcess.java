package io.bierelay.sandbox;

import static org.awaitility.Awaitility.await;

import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@link IngestUnderTest} with its fleet's store as a process of its own, which can be killed; its
 * event bus can be asked over HTTP.
 */
public final class IngestProcess implements AutoCloseable {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final ScratchDirectory scratch = ScratchDirectory.create("ingest");
  private final int port = Ports.free();
  private final Process process;

  /** The answer to a request, or its failure. */
  public record Answer(int code, JsonObject body, String failure) {}

  private IngestProcess(Map<String, Object> settings) {
    Path conf = scratch.write("settings.json", new JsonObject(settings).encode());
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            IngestProcess.class.getName(),
            conf.toString(),
            String.valueOf(port));
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(scratch.resolve("ingest.log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts one and returns at once. */
  public static IngestProcess start(Map<String, Object> settings) {
    return new IngestProcess(settings);
  }

  /** Waits until it answers. */
  public IngestProcess awaitUp() {
    await()
        .atMost(Duration.ofSeconds(60))
        .failFast(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException("the process ended:\n" + log());
              }
            })
        .until(() -> Ports.answers("127.0.0.1", port));
    return this;
  }

  /** Asks its event bus. */
  public Answer ask(String address, JsonObject request) {
    HttpRequest question =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + address))
            .POST(HttpRequest.BodyPublishers.ofString(request.encode()))
            .build();
    try {
      HttpResponse<String> answer = HTTP.send(question, HttpResponse.BodyHandlers.ofString());
      boolean done = answer.statusCode() == 200;
      return new Answer(
          answer.statusCode(),
          done ? new JsonObject(answer.body()) : new JsonObject(),
          done ? "" : answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Its id in the operating system. */
  public long pid() {
    return process.pid();
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }

  /** SIGSTOP: it stands still, its connections stay, and it knows nothing of it. */
  public void freeze() {
    Signals.send(pid(), "STOP");
  }

  /** SIGCONT: it goes on where it stood. */
  public void thaw() {
    Signals.send(pid(), "CONT");
  }

  /** What it has printed. */
  public String log() {
    try {
      return Files.readString(scratch.resolve("ingest.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    scratch.close();
  }

  /** The process: the file with its settings, the port that it answers on. */
  public static void main(String[] args) throws IOException {
    Map<String, Object> settings = new JsonObject(Files.readString(Path.of(args[0]))).getMap();
    IngestUnderTest relay = new IngestUnderTest(settings);
    if (settings.containsKey("redis.url")) {
      relay.addState();
    }
    relay.addConsumer();
    relay
        .vertx()
        .createHttpServer()
        .requestHandler(
            request ->
                request
                    .body()
                    .compose(
                        body ->
                            relay
                                .vertx()
                                .eventBus()
                                .<JsonObject>request(
                                    request.path().substring(1),
                                    body.toJsonObject(),
                                    new DeliveryOptions().setSendTimeout(30_000)))
                    .onComplete(
                        reply -> request.response().end(reply.body().toBuffer()),
                        e ->
                            request
                                .response()
                                .setStatusCode(
                                    e instanceof ReplyException r && r.failureCode() > 0
                                        ? r.failureCode()
                                        : 500)
                                .end(String.valueOf(e.getMessage()))))
        .listen(Integer.parseInt(args[1]), "127.0.0.1");
  }
}
