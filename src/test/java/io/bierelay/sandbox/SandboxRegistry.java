package io.bierelay.sandbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLParameters;

/**
 * A schema registry over HTTP which answers as Confluent's does, error bodies included.
 *
 * <p>Its port is chosen when it is made; what is registered outlives a stop and a start.
 */
public final class SandboxRegistry implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final int HEALTHY = 0;

  static {
    // Otherwise each answer waits 40 ms for the client's delayed acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final RegisteredSchemas schemas = new RegisteredSchemas();
  private final AtomicInteger requests = new AtomicInteger();
  private final int port;
  private final String authorization;
  private volatile int outage = HEALTHY;
  private HttpServer server;

  /** Null without TLS. */
  private SandboxTls tls;

  private ExecutorService threads;

  /** On a free port, open to everybody, not started yet. */
  public SandboxRegistry() {
    this(Ports.free(), null, null);
  }

  /** On that port; with a user it refuses whoever does not authenticate by that name. */
  public SandboxRegistry(int port, String username, String password) {
    this.port = port;
    this.authorization =
        username == null
            ? null
            : "Basic "
                + Base64.getEncoder()
                    .encodeToString((username + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  /** Has it and its clients show certificates of that authority; to be called before the start. */
  public SandboxRegistry tls(SandboxTls certificates) {
    tls = certificates;
    return this;
  }

  /** Starts listening. */
  public synchronized SandboxRegistry start() {
    if (server != null) {
      return this;
    }
    try {
      InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      server = tls == null ? HttpServer.create(here, 0) : secured(here);
    } catch (IOException e) {
      throw new UncheckedIOException("registry on port " + port, e);
    }
    threads =
        Executors.newFixedThreadPool(
            4,
            task -> {
              Thread thread = new Thread(task, "sandbox-registry");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
    return this;
  }

  private HttpsServer secured(InetSocketAddress here) throws IOException {
    HttpsServer secured = HttpsServer.create(here, 0);
    secured.setHttpsConfigurator(
        new HttpsConfigurator(tls.server("sandbox-registry").context()) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    return secured;
  }

  /** Closes the port; the schemas stay. */
  public synchronized void stop() {
    if (server != null) {
      server.stop(0);
      threads.shutdownNow();
      server = null;
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** Its address, known even while it is down. */
  public String url() {
    return (tls == null ? "http://" : "https://") + HOST + ":" + port;
  }

  /** The settings by which a role asks it; with TLS that role's certificate is among them. */
  public Map<String, Object> settings(String role) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("registry.urls", List.of(url()));
    if (tls != null) {
      settings.putAll(tls.client(role).settings("registry"));
    }
    return settings;
  }

  /** Registers as {@code POST /subjects/{subject}/versions} does, and returns the schema's id. */
  public int register(String subject, String schema) {
    return schemas.register(subject, schema);
  }

  /** Registers the five events' schemas under their topics' subjects. */
  public Map<ContentionType, Integer> registerContentionSchemas() {
    Map<ContentionType, Integer> ids = new EnumMap<>(ContentionType.class);
    for (ContentionType type : ContentionType.values()) {
      ids.put(type, register(type.subject(), ContentionSchemas.of(type).toString()));
    }
    return ids;
  }

  /** The text of a registered schema. */
  public String schema(int id) {
    return schemas.byId(id);
  }

  /** How many requests came, so that a test can see what a client caches. */
  public int requests() {
    return requests.get();
  }

  /** From now on every request gets that HTTP status, as from a registry in trouble. */
  public void answerOnly(int status) {
    outage = status;
  }

  /** Ends what {@link #answerOnly} began. */
  public void recover() {
    outage = HEALTHY;
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    // Read in any case, and the exchange is left to end by itself: closing it would close a
    // connection which the client may be about to use again.
    byte[] body = exchange.getRequestBody().readAllBytes();
    try {
      answer(exchange, 200, route(exchange, body));
    } catch (RegisteredSchemas.Refused refused) {
      answer(
          exchange,
          refused.status(),
          new JsonObject()
              .put("error_code", refused.errorCode())
              .put("message", refused.getMessage()));
    } catch (RuntimeException e) {
      answer(
          exchange,
          500,
          new JsonObject().put("error_code", 50001).put("message", String.valueOf(e)));
    }
  }

  private Object route(HttpExchange exchange, byte[] body) {
    if (outage != HEALTHY) {
      throw new RegisteredSchemas.Refused(outage, "Error in the backend data store");
    }
    if (authorization != null
        && !authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      throw new RegisteredSchemas.Refused(401, "Unauthorized");
    }
    List<String> path =
        Arrays.stream(exchange.getRequestURI().getRawPath().split("/"))
            .filter(part -> !part.isEmpty())
            .map(part -> URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8))
            .toList();
    String first = path.isEmpty() ? "" : path.get(0);
    return switch (exchange.getRequestMethod() + " " + first) {
      case "GET " -> new JsonObject();
      case "GET subjects" -> read(path);
      case "POST subjects" -> write(path, schemaOf(body));
      case "GET schemas" -> schema(path);
      default -> throw notFound();
    };
  }

  private Object read(List<String> path) {
    return switch (path.size()) {
      case 1 -> schemas.subjects();
      case 3 -> schemas.versions(path.get(1));
      case 4 -> json(schemas.version(path.get(1), path.get(3)));
      default -> throw notFound();
    };
  }

  private Object write(List<String> path, String schema) {
    return switch (path.size()) {
      case 2 -> json(schemas.lookup(path.get(1), schema));
      case 3 -> new JsonObject().put("id", schemas.register(path.get(1), schema));
      default -> throw notFound();
    };
  }

  private Object schema(List<String> path) {
    if (path.size() != 3 || !path.get(1).equals("ids")) {
      throw notFound();
    }
    try {
      return new JsonObject().put("schema", schemas.byId(Integer.parseInt(path.get(2))));
    } catch (NumberFormatException e) {
      throw notFound();
    }
  }

  private static String schemaOf(byte[] body) {
    try {
      String schema = new JsonObject(new String(body, StandardCharsets.UTF_8)).getString("schema");
      if (schema != null) {
        return schema;
      }
    } catch (DecodeException | ClassCastException e) {
      // Falls through: a body that is not understood holds no schema.
    }
    throw new RegisteredSchemas.Refused(42201, "Empty schema");
  }

  /** As the real one, names no {@code schemaType}: that is left out for Avro. */
  private static JsonObject json(RegisteredSchemas.Version version) {
    return new JsonObject()
        .put("subject", version.subject())
        .put("version", version.version())
        .put("id", version.id())
        .put("schema", version.schema());
  }

  private static RegisteredSchemas.Refused notFound() {
    return new RegisteredSchemas.Refused(404, "HTTP 404 Not Found");
  }

  private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = Json.encode(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", MEDIA_TYPE);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }
}
