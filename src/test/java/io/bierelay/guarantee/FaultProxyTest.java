package io.bierelay.guarantee;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bierelay.guarantee.FaultProxy.Direction;
import io.bierelay.sandbox.Ports;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each fault is what its name says, as a client and a server see it. */
class FaultProxyTest {

  private static final int QUIET_MILLIS = 300;

  private final Vertx vertx = Vertx.vertx();
  private ServerSocket server;
  private FaultProxy proxy;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    server.setSoTimeout(10_000);
    proxy = new FaultProxy(vertx, server.getLocalPort());
  }

  @AfterEach
  void close() throws Exception {
    proxy.close();
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private record Pair(Socket client, Socket server) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }

  private Socket connect() throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    client.setSoTimeout(10_000);
    return client;
  }

  private Pair pair() throws IOException {
    Socket client = connect();
    Socket accepted = server.accept();
    accepted.setSoTimeout(10_000);
    // The link exists once something has gone through.
    send(client, "hello");
    assertThat(receive(accepted, 5)).isEqualTo("hello");
    return new Pair(client, accepted);
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(US_ASCII));
  }

  private static String receive(Socket socket, int length) throws IOException {
    return new String(socket.getInputStream().readNBytes(length), US_ASCII);
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(QUIET_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(10_000);
  }

  private static void assertReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void bytesGoBothWaysAndAnOrderlyCloseLosesNone() throws Exception {
    byte[] much = new byte[5 << 20];
    new Random(7).nextBytes(much);
    try (Pair pair = pair()) {
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(
              () -> {
                try {
                  pair.server().getOutputStream().write(much);
                  pair.server().close();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(pair.client().getInputStream().readAllBytes()).isEqualTo(much);
      sent.get(10, TimeUnit.SECONDS);
      await().until(() -> proxy.connections() == 0);
    }
  }

  @Test
  void aSlowReceiverSlowsTheSender() throws Exception {
    try (Pair pair = pair()) {
      pair.client().setSendBufferSize(64 << 10);
      var sent = new AtomicLong();
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(
              () -> {
                byte[] block = new byte[64 << 10];
                try {
                  while (sent.get() < 200L << 20) {
                    pair.client().getOutputStream().write(block);
                    sent.addAndGet(block.length);
                  }
                } catch (IOException e) {
                  // The test is over.
                }
              });
      long settled =
          await()
              .during(Duration.ofMillis(500))
              .atMost(Duration.ofSeconds(20))
              .until(sent::get, now -> now > 0 && !writer.isDone() && now < 100L << 20);
      assertThat(settled).isLessThan(100L << 20);
      pair.close();
      writer.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aCutResetsBothEndsAndTakesNewConnections() throws Exception {
    try (Pair pair = pair()) {
      assertThat(proxy.cut()).isEqualTo(1);
      assertReset(pair.client());
      assertReset(pair.server());
      assertThat(proxy.connections()).isZero();
    }
    pair().close();
  }

  @Test
  void oneOfTwoIsCut() throws Exception {
    try (Pair one = pair();
        Pair two = pair()) {
      assertThat(proxy.cutOne(new Random(3))).isTrue();
      await().until(() -> proxy.connections() == 1);
      assertThat(one.client().isConnected() && two.client().isConnected()).isTrue();
    }
    await().until(() -> proxy.connections() == 0);
    assertThat(proxy.cutOne(new Random(3))).isFalse();
  }

  @Test
  void aStallHoldsOneDirectionAndLosesNothing() throws Exception {
    try (Pair pair = pair()) {
      proxy.stall(Direction.TO_CLIENT);
      send(pair.server(), "late");
      assertSilent(pair.client());
      send(pair.client(), "in time");
      assertThat(receive(pair.server(), 7)).isEqualTo("in time");
      proxy.flow();
      assertThat(receive(pair.client(), 4)).isEqualTo("late");
    }
  }

  @Test
  void aStallHoldsConnectionsThatComeLater() throws Exception {
    proxy.stall(Direction.TO_CLIENT);
    try (Pair pair = pair()) {
      send(pair.server(), "late");
      assertSilent(pair.client());
      proxy.flow();
      assertThat(receive(pair.client(), 4)).isEqualTo("late");
    }
  }

  @Test
  void aDelayKeepsTheOrder() throws Exception {
    try (Pair pair = pair()) {
      proxy.delay(Direction.TO_SERVER, Duration.ofMillis(400));
      long before = System.nanoTime();
      send(pair.client(), "first ");
      await().pollDelay(Duration.ofMillis(50)).until(() -> true);
      proxy.flow();
      send(pair.client(), "second");
      assertThat(receive(pair.server(), 12)).isEqualTo("first second");
      assertThat(System.nanoTime() - before).isGreaterThan(1_000_000L * 40);
    }
  }

  @Test
  void aDelayDelays() throws Exception {
    try (Pair pair = pair()) {
      proxy.delay(Direction.TO_SERVER, Duration.ofMillis(QUIET_MILLIS * 2));
      send(pair.client(), "late");
      assertSilent(pair.server());
      assertThat(receive(pair.server(), 4)).isEqualTo("late");
    }
  }

  @Test
  void aHalfCloseEndsOneDirectionOnly() throws Exception {
    try (Pair pair = pair()) {
      proxy.halfClose(Direction.TO_CLIENT);
      InputStream in = pair.client().getInputStream();
      assertThat(in.read()).isEqualTo(-1);
      send(pair.client(), "still here");
      assertThat(receive(pair.server(), 10)).isEqualTo("still here");
    }
  }

  @Test
  void refusingResetsNewConnectionsAndKeepsTheOthers() throws Exception {
    try (Pair pair = pair()) {
      proxy.refuse();
      try (Socket refused = connect()) {
        assertReset(refused);
      }
      send(pair.client(), "kept");
      assertThat(receive(pair.server(), 4)).isEqualTo("kept");
      proxy.accept();
    }
    pair().close();
  }

  @Test
  void awayClosesThePortAndComesBackAtTheSame() throws Exception {
    try (Pair pair = pair()) {
      int port = proxy.port();
      proxy.away();
      assertReset(pair.client());
      assertThat(Ports.answers("127.0.0.1", port)).isFalse();
      proxy.back();
      assertThat(proxy.port()).isEqualTo(port);
    }
    server.setSoTimeout(10_000);
    pair().close();
  }

  @Test
  void aServerThatIsGoneIsAConnectionReset() throws Exception {
    server.close();
    try (Socket client = connect()) {
      assertReset(client);
    }
  }
}
