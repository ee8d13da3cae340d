package io.bierelay.sandbox;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A small tenure API: answers with the tenures that it was given, or with one made of the id, and
 * before that with whatever a test has planned for an id.
 */
public final class TenureApi implements AutoCloseable {

  /** What it wants to see in Authorization. */
  public static final String TOKEN = "sandbox-token";

  /** An answer of its own kind. */
  public record Planned(int status, Map<String, String> headers, String body) {

    /** Only a status. */
    public static Planned status(int status) {
      return new Planned(status, Map.of(), "{}");
    }

    /** No answer at all. */
    public static Planned nothing() {
      return new Planned(0, Map.of(), "");
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();
  private final Map<String, Queue<Planned>> plans = new ConcurrentHashMap<>();
  private final Map<String, JsonObject> tenures = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final Map<String, String> correlationIds = new ConcurrentHashMap<>();
  private final Queue<String> paths = new ConcurrentLinkedQueue<>();
  private volatile Function<UUID, JsonObject> others;
  private volatile Planned outage;
  private volatile long delayMs;

  /** Starts it; without a tenure, until it is given some. */
  public TenureApi start() {
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setPort(port).setHost("127.0.0.1"))
            .requestHandler(this::handle);
    server.listen().toCompletionStage().toCompletableFuture().join();
    return this;
  }

  /** Its base address. */
  public String url() {
    return "http://127.0.0.1:" + port + "/api/v1";
  }

  /** Gives it a tenure. */
  public void put(UUID id, JsonObject tenure) {
    tenures.put(id.toString(), tenure);
  }

  /** For ids that it was not given, it makes tenures from now on. */
  public TenureApi makingTenures(Function<UUID, JsonObject> made) {
    others = made;
    return this;
  }

  /** Takes that long for each answer from now on. */
  public TenureApi delaying(long ms) {
    delayMs = ms;
    return this;
  }

  /** Answers so, one after the other, when next asked for the id's tenure. */
  public void plan(UUID id, Planned... answers) {
    planPath("/api/v1/tenures/" + id, answers);
  }

  /** As {@link #plan}, for any path. */
  public void planPath(String path, Planned... answers) {
    plans.computeIfAbsent(path, key -> new ConcurrentLinkedQueue<>()).addAll(List.of(answers));
  }

  /** Answers so from now on, whatever is asked; null for as usual. */
  public void outage(Planned answer) {
    outage = answer;
  }

  /** How many requests came. */
  public int requests() {
    return requests.get();
  }

  /** The correlation id of the last request for an id. */
  public String correlationId(UUID id) {
    return correlationIds.get(id.toString());
  }

  /** All paths that were asked for. */
  public Queue<String> paths() {
    return paths;
  }

  private void handle(HttpServerRequest request) {
    requests.incrementAndGet();
    paths.add(request.path());
    if (delayMs > 0) {
      vertx.setTimer(delayMs, t -> answer(request));
    } else {
      answer(request);
    }
  }

  private void answer(HttpServerRequest request) {
    String id = request.path().replaceFirst("^/api/v1/tenures/", "");
    String correlationId = request.getHeader("x-correlation-id");
    if (correlationId != null) {
      correlationIds.put(id, correlationId);
    }
    Queue<Planned> plan = plans.get(request.path());
    Planned planned = outage != null ? outage : plan == null ? null : plan.poll();
    if (planned != null) {
      if (planned.status() != 0) {
        planned.headers().forEach(request.response()::putHeader);
        request.response().setStatusCode(planned.status()).end(planned.body());
      }
      return;
    }
    if (!TOKEN.equals(request.getHeader("Authorization"))) {
      request.response().setStatusCode(401).end();
      return;
    }
    JsonObject tenure = tenures.get(id);
    Function<UUID, JsonObject> made = others;
    if (tenure == null && made != null) {
      tenure = made.apply(UUID.fromString(id));
    }
    if (tenure == null) {
      request.response().setStatusCode(404).end("{}");
    } else {
      request.response().putHeader("Content-Type", "application/json").end(tenure.toBuffer());
    }
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
