package io.bierelay.sandbox;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/** As much of AWS Lambda's Runtime API (2018-06-01) as the runtime interface client asks for. */
public final class RuntimeApi implements AutoCloseable {

  private static final String PREFIX = "/2018-06-01/runtime/";

  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();
  private final BlockingQueue<Invocation> next = new LinkedBlockingQueue<>();
  private final Map<String, Invocation> running = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> asked = new CompletableFuture<>();
  private final CompletableFuture<Void> restored = new CompletableFuture<>();
  private final CompletableFuture<String> initError = new CompletableFuture<>();

  /** An answer and how long it took, from handing out to coming back. */
  public record Answer(boolean ok, JsonObject body, long nanos) {}

  private static final class Invocation {
    private final String id = UUID.randomUUID().toString();
    private final Buffer event;
    private final long timeoutMs;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private volatile long begun;

    Invocation(JsonObject event, long timeoutMs) {
      this.event = event.toBuffer();
      this.timeoutMs = timeoutMs;
    }
  }

  /** Starts it. */
  public RuntimeApi start() {
    vertx
        .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(port))
        .requestHandler(this::handle)
        .listen()
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    return this;
  }

  /** Its address as {@code AWS_LAMBDA_RUNTIME_API} has it. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  /** Hands an event to the function, which has so long for it. */
  public CompletableFuture<Answer> invoke(JsonObject event, long timeoutMs) {
    Invocation invocation = new Invocation(event, timeoutMs);
    next.add(invocation);
    return invocation.answer;
  }

  /** Completes when the function is set up and asks for its first event. */
  public CompletableFuture<Void> ready() {
    return asked;
  }

  /** Completes when a function that is to be copied is set up, and asks to be restored. */
  public CompletableFuture<Void> restored() {
    return restored;
  }

  /** Completes if the function could not be set up, with what it said. */
  public CompletableFuture<String> initError() {
    return initError;
  }

  private void handle(HttpServerRequest request) {
    String path = request.path();
    if (path.equals(PREFIX + "invocation/next")) {
      asked.complete(null);
      give(request);
      return;
    }
    if (path.equals(PREFIX + "restore/next")) {
      restored.complete(null);
      request.response().end();
      return;
    }
    request
        .body()
        .onSuccess(
            body -> {
              long now = System.nanoTime();
              request.response().setStatusCode(202).end();
              if (path.equals(PREFIX + "init/error")) {
                initError.complete(body.toString());
                return;
              }
              String[] parts = path.substring((PREFIX + "invocation/").length()).split("/");
              Invocation invocation = running.remove(parts[0]);
              if (invocation != null) {
                invocation.answer.complete(
                    new Answer(
                        parts[1].equals("response"), new JsonObject(body), now - invocation.begun));
              }
            });
  }

  private void give(HttpServerRequest request) {
    Invocation invocation = next.poll();
    if (invocation == null) {
      vertx.setTimer(2, t -> give(request));
      return;
    }
    running.put(invocation.id, invocation);
    invocation.begun = System.nanoTime();
    request
        .response()
        .putHeader("Content-Type", "application/json")
        .putHeader("Lambda-Runtime-Aws-Request-Id", invocation.id)
        .putHeader(
            "Lambda-Runtime-Deadline-Ms",
            String.valueOf(System.currentTimeMillis() + invocation.timeoutMs))
        .putHeader(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-west-2:000000000000:function:reporting-listener")
        .end(invocation.event);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
