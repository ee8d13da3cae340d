package io.bierelay.fuzz;

import io.bierelay.sandbox.ContentionType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Sends an HTTP server what no client would: noise, damaged requests, headers without end, bodies
 * that never come, streams that nobody reads. For one thread.
 */
final class HttpFuzz {

  private static final int READ_MS = 150;

  /** So many connections stay open, half said or unread. */
  private static final int HELD = 24;

  private static final String TOPIC = ContentionType.values()[0].topic();

  private static final List<String> BODIES =
      List.of(
          "{\"topic\":\"*\",\"why\":\"fuzz\"}",
          "{\"topic\":\"%s\",\"partition\":1,\"why\":\"fuzz\"}".formatted(TOPIC),
          "{\"topic\":\"%s\",\"to\":\"latest\",\"dryRun\":true,\"why\":\"fuzz\"}".formatted(TOPIC),
          "{\"topic\":\"%s\",\"to\":\"offset\",\"offset\":3,\"dryRun\":true,\"why\":\"f\"}"
              .formatted(TOPIC),
          "{\"logger\":\"io.bierelay\",\"level\":\"INFO\",\"seconds\":5,\"why\":\"fuzz\"}",
          "{\"limit\":3,\"why\":\"fuzz\"}");

  private static final List<String> POSTS =
      List.of(
          "/api/subscriptions/pause",
          "/api/subscriptions/resume",
          "/api/subscriptions/seek",
          "/api/dead-letters/replay",
          "/api/dead-letters/discard");

  private static final List<String> GETS =
      List.of(
          "/",
          "/assets/admin.js",
          "/openapi.yaml",
          "/health/live",
          "/health/started",
          "/health/ready",
          "/metrics",
          "/api/me",
          "/api/status",
          "/api/settings",
          "/api/subscriptions?scope=group",
          "/api/subscriptions/stream",
          "/api/log-level",
          "/api/dead-letters?limit=5&offset=2",
          "/api/dead-letters/counts?reason=x");

  private final InetSocketAddress server;
  private final List<String> tokens;
  private final Random random;
  private final Deque<Socket> held = new ArrayDeque<>();
  private final Map<String, Integer> answers = new TreeMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /**
   * Connects to nothing yet.
   *
   * @param tokens of those who are let in, so that requests come further than the door
   */
  HttpFuzz(URI server, List<String> tokens, long seed) {
    this.server = new InetSocketAddress(server.getHost(), server.getPort());
    this.tokens = List.copyOf(tokens);
    this.random = new Random(seed);
  }

  /** Sends one thing. */
  void once() {
    byte[] said =
        switch (random.nextInt(10)) {
          case 0 -> Damage.noise(random, 4096);
          case 1 -> large();
          case 2 -> chunked();
          case 3 -> lying();
          case 4 -> foreign();
          case 5 -> whole();
          case 6 -> ascii(request("GET", "/api/subscriptions/stream", "", ""));
          default -> Damage.of(whole(), random);
        };
    int mode = random.nextInt(12);
    try {
      Socket socket = new Socket();
      socket.connect(server, 5_000);
      socket.setSoTimeout(READ_MS);
      if (mode == 0) {
        // Half of it, and nothing more for a long time.
        hold(socket, said.length == 0 ? said : Arrays.copyOf(said, said.length / 2));
        return;
      }
      if (mode == 1) {
        hold(socket, said);
        return;
      }
      try (socket) {
        socket.getOutputStream().write(said);
        if (mode == 2) {
          socket.setSoLinger(true, 0); // Cut, and not closed.
        } else if (mode == 3) {
          socket.shutdownOutput();
        }
        if (mode != 2) {
          read(socket, said);
        }
      }
    } catch (IOException e) {
      count("cut off");
    }
  }

  private void hold(Socket socket, byte[] said) throws IOException {
    held.add(socket);
    socket.getOutputStream().write(said);
    while (held.size() > HELD) {
      held.remove().close();
    }
    for (Socket one : held) {
      if (random.nextInt(4) == 0) {
        try {
          one.getOutputStream().write(random.nextInt(256));
        } catch (IOException e) {
          count("held one cut off");
        }
      }
    }
  }

  private void read(Socket socket, byte[] said) throws IOException {
    byte[] answer = new byte[32];
    int length;
    try {
      length = socket.getInputStream().readNBytes(answer, 0, answer.length);
    } catch (SocketTimeoutException e) {
      count("nothing yet");
      return;
    }
    String line = new String(answer, 0, length, StandardCharsets.ISO_8859_1);
    if (line.isEmpty()) {
      count("closed");
    } else if (line.matches("(?s)HTTP/1\\.[01] \\d{3}.*")) {
      String status = line.substring(9, 12);
      count(status);
      if (status.equals("500")) {
        failures.add(new String(said, StandardCharsets.ISO_8859_1));
      }
    } else {
      count("no HTTP");
    }
  }

  private void count(String what) {
    answers.merge(what, 1, Integer::sum);
  }

  /** How often each status came, and each other end. */
  Map<String, Integer> answers() {
    return answers;
  }

  /** Requests that were answered with 500. */
  Queue<String> failures() {
    return failures;
  }

  /** Gives up what is held. */
  void close() {
    for (Socket socket : held) {
      try {
        socket.close();
      } catch (IOException e) {
        count("held one cut off");
      }
    }
  }

  private byte[] whole() {
    if (random.nextInt(3) == 0) {
      boolean level = random.nextInt(6) == 0;
      return ascii(
          request(
              level ? "PUT" : "POST",
              level ? "/api/log-level" : pick(POSTS),
              "Content-Type: application/json\r\n",
              pick(BODIES)));
    }
    return ascii(
        request(pick(List.of("GET", "HEAD", "OPTIONS", "TRACE")), pick(GETS), extra(), ""));
  }

  private String extra() {
    return switch (random.nextInt(6)) {
      case 0 -> "Range: bytes=0-,5-9,-1\r\n";
      case 1 -> "If-None-Match: *\r\nAccept-Encoding: gzip, deflate;q=0\r\n";
      case 2 -> "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
      case 3 ->
          "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n";
      case 4 -> "Expect: 100-continue\r\n";
      default -> "";
    };
  }

  private String request(String method, String path, String headers, String body) {
    String authorization =
        switch (random.nextInt(8)) {
          case 0 -> "";
          case 1 -> "Authorization: Basic Og==\r\n";
          default -> "Authorization: Bearer " + pick(tokens) + "\r\n";
        };
    String length = body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n";
    return "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s%s\r\n%s"
        .formatted(
            method,
            path,
            server.getHostString(),
            server.getPort(),
            authorization,
            headers,
            length,
            body);
  }

  /** A header, or many, or an address, of up to a megabyte. */
  private byte[] large() {
    int size = 1 << (8 + random.nextInt(13));
    return ascii(
        switch (random.nextInt(4)) {
          case 0 -> request("GET", "/api/me", "X: " + "a".repeat(size) + "\r\n", "");
          case 1 -> request("GET", "/api/me", "X: a\r\n".repeat(size / 6), "");
          case 2 -> request("GET", "/api/status?" + "a=b&".repeat(size / 4), "", "");
          default ->
              request(
                  "POST",
                  pick(POSTS),
                  "Content-Type: application/json\r\n",
                  "[".repeat(size / 2) + "]".repeat(size / 2));
        });
  }

  private byte[] chunked() {
    String sizes =
        pick(
            List.of(
                "5\r\nhello\r\n0\r\n\r\n",
                "ffffffffffffffff\r\nx",
                "-1\r\nx",
                "0\r\nX: y\r\n",
                "z"));
    return ascii(
        request(
                "POST",
                pick(POSTS),
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n" + clash(),
                "")
            .concat(sizes));
  }

  private String clash() {
    return random.nextBoolean() ? "Content-Length: 4\r\n" : "";
  }

  private byte[] lying() {
    String length =
        pick(List.of("0", "1", "1000000000", "-5", "x", "5, 6", "99999999999999999999"));
    return ascii(
        request(
                "POST",
                pick(POSTS),
                "Content-Type: application/json\r\nContent-Length: " + length + "\r\n",
                "")
            .concat(pick(BODIES)));
  }

  /** The first words of other protocols, and many requests at once. */
  private byte[] foreign() {
    return switch (random.nextInt(4)) {
      case 0 -> ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      case 1 -> new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
      case 2 -> ascii("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n" + request("GET", "/api/me", "", ""));
      default -> ascii(request("GET", pick(GETS), "", "").repeat(20));
    };
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
