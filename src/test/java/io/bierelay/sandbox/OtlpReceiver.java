package io.bierelay.sandbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.zip.GZIPInputStream;

/**
 * Plays a collector: takes spans as OTLP over HTTP and keeps them. Reads as much of
 * opentelemetry-proto's {@code trace.proto} as tests look at.
 */
public final class OtlpReceiver implements AutoCloseable {

  private final HttpServer server;
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final List<Map<String, List<String>>> requests = new CopyOnWriteArrayList<>();

  /** A span as it came; {@code parent} is empty for a root. */
  public record Span(
      String trace,
      String id,
      String parent,
      String state,
      String name,
      int kind,
      long startNanos,
      long endNanos,
      Map<String, Object> attributes,
      List<String> linkedTraces,
      int status,
      Map<String, Object> resource) {}

  /** Listens at a free port. */
  public OtlpReceiver() {
    try {
      server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.createContext("/v1/traces", this::take);
    server.setExecutor(
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "otlp-receiver");
              thread.setDaemon(true);
              return thread;
            }));
    server.start();
  }

  /** Where spans are to be sent to. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
  }

  /** What has come so far. */
  public List<Span> spans() {
    return List.copyOf(spans);
  }

  /** The headers of each request, names in lower case. */
  public List<Map<String, List<String>>> requests() {
    return List.copyOf(requests);
  }

  private void take(HttpExchange exchange) throws IOException {
    Map<String, List<String>> headers = new HashMap<>();
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(), values));
    requests.add(headers);
    try (InputStream in = exchange.getRequestBody()) {
      boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      byte[] body = (zipped ? new GZIPInputStream(in) : in).readAllBytes();
      fields(body, (field, value) -> resourceSpans((byte[]) value));
    }
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  private void resourceSpans(byte[] message) {
    Map<String, Object> resource = new HashMap<>();
    fields(
        message,
        (field, value) -> {
          if (field == 1) {
            fields((byte[]) value, (f, v) -> attribute(f == 1 ? v : new byte[0], resource));
          }
        });
    fields(
        message,
        (field, value) -> {
          if (field == 2) {
            fields(
                (byte[]) value,
                (f, v) -> {
                  if (f == 2) {
                    spans.add(span((byte[]) v, resource));
                  }
                });
          }
        });
  }

  private static Span span(byte[] message, Map<String, Object> resource) {
    Map<Integer, Object> one = new HashMap<>();
    Map<String, Object> attributes = new HashMap<>();
    List<String> linked = new ArrayList<>();
    fields(
        message,
        (field, value) -> {
          switch (field) {
            case 9 -> attribute(value, attributes);
            case 13 ->
                fields(
                    (byte[]) value, (f, v) -> linked.addAll(f == 1 ? List.of(hex(v)) : List.of()));
            case 15 -> fields((byte[]) value, (f, v) -> one.put(100 + f, v));
            default -> one.put(field, value);
          }
        });
    return new Span(
        hex(one.get(1)),
        hex(one.get(2)),
        hex(one.get(4)),
        text(one.get(3)),
        text(one.get(5)),
        ((Long) one.getOrDefault(6, 0L)).intValue(),
        (Long) one.get(7),
        (Long) one.get(8),
        attributes,
        linked,
        ((Long) one.getOrDefault(103, 0L)).intValue(),
        resource);
  }

  private static void attribute(Object message, Map<String, Object> into) {
    Map<Integer, Object> pair = new HashMap<>();
    fields((byte[]) message, pair::put);
    if (pair.isEmpty()) {
      return;
    }
    fields(
        (byte[]) pair.get(2),
        (kind, value) ->
            into.put(text(pair.get(1)), value instanceof byte[] ? text(value) : value));
  }

  private static String text(Object bytes) {
    return bytes == null ? "" : new String((byte[]) bytes, StandardCharsets.UTF_8);
  }

  private static String hex(Object bytes) {
    return bytes == null ? "" : HexFormat.of().formatHex((byte[]) bytes);
  }

  /** A message of Protocol Buffers, field by field. */
  private static void fields(byte[] message, BiConsumer<Integer, Object> field) {
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long tag = varint(in);
      int number = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case 0 -> field.accept(number, varint(in));
        case 1 -> field.accept(number, in.getLong());
        case 2 -> {
          byte[] bytes = new byte[(int) varint(in)];
          in.get(bytes);
          field.accept(number, bytes);
        }
        case 5 -> field.accept(number, (long) in.getInt());
        default -> throw new IllegalArgumentException("wire type of field " + number);
      }
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
