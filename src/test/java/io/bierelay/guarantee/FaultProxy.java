package io.bierelay.guarantee;

import static org.awaitility.Awaitility.await;

import io.bierelay.sandbox.Ports;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Stands before a TCP server and does to the connections what networks do: cut, stall, delay,
 * half-close, refuse.
 *
 * <p>Its port is known from the beginning and stays the same. A method returns when what it says is
 * in force on every connection; it may be called from any thread but an event loop.
 */
public final class FaultProxy implements AutoCloseable {

  /** Which way bytes go. */
  public enum Direction {
    /** From the client to the server behind. */
    TO_SERVER,
    /** From the server to the client. */
    TO_CLIENT
  }

  private static final String HOST = "127.0.0.1";
  private static final long PATIENCE_SECONDS = 20;

  private final Vertx vertx;
  private final int port;
  private final int target;
  private final NetClient client;
  private final Set<ProxyLink> links = ConcurrentHashMap.newKeySet();
  private final Map<Direction, Boolean> stalled = new EnumMap<>(Direction.class);
  private final Map<Direction, Long> delays = new EnumMap<>(Direction.class);
  private NetServer server;
  private volatile boolean refusing;

  /** Before the server at that port of this machine; listens at once on a free port. */
  public FaultProxy(Vertx vertx, int target) {
    this(vertx, Ports.free(), target);
  }

  /** On that port, for a server that has to know beforehand where its clients come from. */
  public FaultProxy(Vertx vertx, int port, int target) {
    this.vertx = vertx;
    this.port = port;
    this.target = target;
    this.client = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    for (Direction direction : Direction.values()) {
      stalled.put(direction, false);
      delays.put(direction, 0L);
    }
    listen();
  }

  /** Where clients connect to. */
  public int port() {
    return port;
  }

  /** How many connections go through it now. */
  public int connections() {
    return links.size();
  }

  /** Resets every connection; new ones are taken. Returns how many there were. */
  public int cut() {
    List<ProxyLink> all = List.copyOf(links);
    onEach(all, ProxyLink::reset);
    return all.size();
  }

  /** Resets one connection, chosen at random; false if there is none. */
  public boolean cutOne(Random random) {
    List<ProxyLink> all = List.copyOf(links);
    if (all.isEmpty()) {
      return false;
    }
    onEach(List.of(all.get(random.nextInt(all.size()))), ProxyLink::reset);
    return true;
  }

  /**
   * Forwards nothing more in that direction and keeps the connections, also those to come: what is
   * sent stays in the buffers on the way until {@link #flow}.
   */
  public synchronized void stall(Direction direction) {
    stalled.put(direction, true);
    onEach(links, link -> link.pipe(direction).stall(true));
  }

  /** Ends what {@link #stall} and {@link #delay} began. */
  public synchronized void flow() {
    for (Direction direction : Direction.values()) {
      stalled.put(direction, false);
      delays.put(direction, 0L);
      onEach(
          links,
          link -> {
            link.pipe(direction).delay(0);
            link.pipe(direction).stall(false);
          });
    }
  }

  /** From now on each byte of that direction arrives so much later, in order. */
  public synchronized void delay(Direction direction, Duration time) {
    delays.put(direction, time.toMillis());
    onEach(links, link -> link.pipe(direction).delay(time.toMillis()));
  }

  /** Tells the receiver that nothing more comes in that direction; the other one stays open. */
  public void halfClose(Direction direction) {
    onEach(links, link -> link.pipe(direction).halfClose());
  }

  /** Resets every new connection at once and keeps those that are there. */
  public void refuse() {
    refusing = true;
  }

  /** Ends what {@link #refuse} began. */
  public void accept() {
    refusing = false;
  }

  /** As if the server's machine were gone: the port is closed, every connection is reset. */
  public synchronized void away() {
    if (server == null) {
      return;
    }
    cut();
    join(server.close());
    server = null;
    awaitClosedPort();
    // One that was just being taken.
    cut();
  }

  /** Ends what {@link #away} began. */
  public synchronized void back() {
    if (server == null) {
      listen();
    }
  }

  @Override
  public synchronized void close() {
    away();
    join(client.close());
  }

  /**
   * A selector keeps the descriptor of a closed server socket open until its next pass (see {@code
   * ServerSocketChannelImpl.tryClose}), and until then the system goes on taking connections: the
   * future of {@code NetServer.close()} may come before that.
   */
  private void awaitClosedPort() {
    await()
        .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> !Ports.answers(HOST, port));
  }

  private void listen() {
    server =
        vertx.createNetServer(
            new NetServerOptions().setReuseAddress(true).setTcpNoDelay(true).setHost(HOST));
    server.connectHandler(
        in -> {
          in.pause();
          if (refusing) {
            ProxyLink.reset(in);
            return;
          }
          client
              .connect(target, HOST)
              // The server is away: its client sees that as a connection that is reset.
              .onFailure(e -> ProxyLink.reset(in))
              .onSuccess(
                  out -> {
                    ProxyLink link = new ProxyLink(vertx, in, out, links::remove);
                    links.add(link);
                    for (Direction direction : Direction.values()) {
                      link.pipe(direction).delay(delays.get(direction));
                      link.pipe(direction).stall(stalled.get(direction));
                    }
                    link.start();
                  });
        });
    join(server.listen(port));
  }

  private static void onEach(Iterable<ProxyLink> links, Consumer<ProxyLink> action) {
    Function<ProxyLink, Future<Void>> done = link -> link.run(() -> action.accept(link));
    List<Future<Void>> all = new ArrayList<>();
    links.forEach(link -> all.add(done.apply(link)));
    join(Future.join(all));
  }

  private static void join(Future<?> future) {
    try {
      future
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      throw new IllegalStateException("the proxy does not obey", e.getCause());
    }
  }
}
