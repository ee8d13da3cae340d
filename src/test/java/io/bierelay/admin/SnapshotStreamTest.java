package io.bierelay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bierelay.event.SubscriptionBus;
import io.bierelay.status.VerticleStatus.State;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The live stream as its readers see it. */
@Timeout(120)
class SnapshotStreamTest {

  private static final Duration SOON = Duration.ofSeconds(40);

  private final List<Socket> sockets = new ArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();
  private Endpoint endpoint;

  @BeforeEach
  void open() throws Exception {
    endpoint = new Endpoint(new JsonObject().put("admin.stream.readers", 60));
    endpoint
        .vertx
        .eventBus()
        .<JsonObject>consumer(
            SubscriptionBus.GROUP,
            question -> {
              asked.incrementAndGet();
              question.reply(
                  new JsonObject()
                      .put(
                          "subscriptions",
                          new JsonArray()
                              .add(new JsonObject().put("topic", "T").put("partition", 1)))
                      .put("degraded", new JsonArray()));
            });
  }

  @AfterEach
  void close() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    endpoint.close();
  }

  private Socket listen(String query, String header) throws IOException {
    Socket socket = new Socket("127.0.0.1", endpoint.port());
    sockets.add(socket);
    socket.setSoTimeout((int) SOON.toMillis());
    socket
        .getOutputStream()
        .write(
            ("GET /api/subscriptions/stream"
                    + query
                    + " HTTP/1.1\r\nHost: localhost\r\n"
                    + header
                    + "\r\n")
                .getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static String next(BufferedReader in, String beginning) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith(beginning)) {
        return line.substring(beginning.length());
      }
    }
    throw new IOException("the stream ended");
  }

  @Test
  void snapshotsComeEachSecondWithGrowingIds() throws Exception {
    endpoint.report(
        "Ingest",
        State.READY,
        "",
        new JsonArray().add(new JsonObject().put("topic", "T").put("partition", 0)));
    BufferedReader in = reader(listen("", ""));
    assertThat(next(in, "HTTP/1.1 ")).startsWith("200");
    long first = Long.parseLong(next(in, "id: "));
    assertThat(next(in, "event: ")).isEqualTo("snapshot");
    JsonObject data = new JsonObject(next(in, "data: "));
    assertThat(data.getString("scope")).isEqualTo("instance");
    assertThat(data.fieldNames())
        .isEqualTo(new JsonObject(endpoint.get("/api/subscriptions").body()).fieldNames());
    long begun = System.nanoTime();
    long second = Long.parseLong(next(in, "id: "));
    long third = Long.parseLong(next(in, "id: "));
    assertThat(second).isGreaterThan(first);
    assertThat(third).isGreaterThan(second);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(900));
  }

  @Test
  void manyReadersCostOneSnapshotASecondAndTooManyAreRefused() throws Exception {
    List<BufferedReader> all = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      all.add(reader(listen("?scope=group", "")));
    }
    for (BufferedReader in : all) {
      next(in, "data: ");
    }
    int before = asked.get();
    String id = next(all.get(0), "id: ");
    for (int i = 0; i < 3; i++) {
      id = next(all.get(0), "id: ");
    }
    assertThat(asked.get() - before).isBetween(3, 8);
    String last = id;
    for (BufferedReader in : all.subList(1, 60)) {
      // All get the very same events.
      await().atMost(SOON).until(() -> next(in, "id: ").equals(last));
    }
    assertThat(next(reader(listen("", "")), "HTTP/1.1 ")).startsWith("503");
  }

  @Test
  void whoComesBackGetsTheNewestAtOnceUnlessItHasIt() throws Exception {
    BufferedReader in = reader(listen("", ""));
    String first = next(in, "id: ");
    String known = next(reader(listen("", "Last-Event-ID: " + first + "\r\n")), "id: ");
    assertThat(Long.parseLong(known)).isGreaterThan(Long.parseLong(first));
    String newest = next(reader(listen("", "Last-Event-ID: 5\r\n")), "id: ");
    assertThat(Long.parseLong(newest)).isGreaterThanOrEqualTo(Long.parseLong(known));
  }

  /** It reads nothing; 20,000 rows fill every buffer between. */
  @Test
  void aReaderThatIsTooSlowIsDisconnected() throws Exception {
    JsonArray rows = new JsonArray();
    for (int i = 0; i < 20_000; i++) {
      rows.add(
          new JsonObject().put("topic", "T").put("partition", i).put("reason", "x".repeat(100)));
    }
    Socket slow = listen("", "");
    BufferedReader good = reader(listen("", ""));
    endpoint.vertx.setPeriodic(1000, tick -> endpoint.report("I", State.READY, "", rows));
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < Duration.ofSeconds(20).toNanos()) {
      next(good, "data: ");
    }
    // What it did not read before is still there to be read, and then comes the end.
    byte[] buffer = new byte[1 << 16];
    InputStream rest = slow.getInputStream();
    assertThatThrownBy(
            () -> {
              for (int n = rest.read(buffer); ; n = rest.read(buffer)) {
                if (n < 0) {
                  throw new IOException("ended");
                }
              }
            })
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    next(good, "data: ");
  }

  @Test
  void headIsAnsweredAndEnds() throws Exception {
    HttpResponse<String> head =
        endpoint.send(
            endpoint
                .request("/api/subscriptions/stream")
                .method("HEAD", java.net.http.HttpRequest.BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(200);
  }
}
