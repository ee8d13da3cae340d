package io.bierelay.check;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The first steps to any server: its name, the connection, and TLS or the first words. */
public final class Reach {

  private static final int CONNECT_MS = 1_500;

  /** A step may wait twice for an answer: once with TLS and once without. */
  private static final int READ_MS = 1_500;

  private final Steps steps;
  private final Endpoint endpoint;
  private List<InetAddress> addresses = List.of();

  private Reach(Steps steps, Endpoint endpoint) {
    this.steps = steps;
    this.endpoint = endpoint;
  }

  /**
   * Takes the steps to one address.
   *
   * @return whether all passed
   */
  public static boolean to(Steps steps, Endpoint endpoint) {
    return new Reach(steps, endpoint).run();
  }

  /**
   * Takes the steps to several addresses at the same time.
   *
   * @return whether all steps passed for one of them at least
   */
  public static boolean toAny(Steps steps, List<Endpoint> endpoints) {
    Map<Endpoint, Boolean> reached = new ConcurrentHashMap<>();
    steps.each(endpoints, (part, endpoint) -> reached.put(endpoint, to(part, endpoint)));
    return reached.containsValue(true);
  }

  private boolean run() {
    String address = endpoint.address();
    Callable<ClientSide> tls = endpoint.tls();
    Problem noResolver =
        new Problem(
            "the resolver of this machine does not answer",
            "is the network's name server or VPN there? See /etc/resolv.conf");
    return steps.step("name", endpoint.host(), noResolver, this::resolve)
        && steps.step("TCP", address, dropped(), this::connect)
        && (tls == null
            ? steps.step("protocol", address, silent(), this::greet)
            : steps.step("TLS", address, silentToTls(), () -> secure(tls)));
  }

  private Problem dropped() {
    return new Problem(
        "no answer to the attempt to connect: packets are dropped on the way",
        "is a firewall, security group or network policy between, is the host up? Check "
            + endpoint.remedies().address());
  }

  private Problem silent() {
    return new Problem(
        "the server took the connection and said nothing",
        "is another service on that port, or a proxy that drops packets? Check "
            + endpoint.remedies().address());
  }

  private Problem silentToTls() {
    return new Problem(
        "the server took the connection and said nothing to the TLS handshake",
        "is this the right port, is a firewall or proxy between? Check "
            + endpoint.remedies().address());
  }

  private String resolve() throws Exception {
    try {
      addresses = Arrays.asList(InetAddress.getAllByName(endpoint.host()));
    } catch (UnknownHostException e) {
      throw new Problem(
              "the name '%s' is not known to this machine's resolver".formatted(endpoint.host()),
              "correct %s; is the network's name server or VPN there?"
                  .formatted(endpoint.remedies().address()))
          .toException();
    }
    return addresses.stream()
        .map(InetAddress::getHostAddress)
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private String connect() throws Exception {
    try (Socket socket = open()) {
      return "connected to " + socket.getInetAddress().getHostAddress();
    }
  }

  /** To the first of the addresses that takes a connection, which is then the only one tried. */
  private Socket open() throws StepFailedException, IOException {
    IOException last = new IOException("no address");
    for (InetAddress address : addresses) {
      Socket socket = new Socket();
      try {
        socket.connect(
            new InetSocketAddress(address, endpoint.port()),
            Math.max(200, CONNECT_MS / addresses.size()));
        socket.setSoTimeout(READ_MS);
        addresses = List.of(address);
        return socket;
      } catch (IOException e) {
        socket.close();
        last = e;
      }
    }
    throw unreachable(last).toException();
  }

  private Problem unreachable(IOException e) {
    String address = endpoint.remedies().address();
    if (e instanceof SocketTimeoutException) {
      return dropped();
    }
    if (e instanceof ConnectException && String.valueOf(e.getMessage()).contains("refused")) {
      return new Problem(
          "connection refused: nobody listens on port " + endpoint.port(),
          "is the server running? Check " + address);
    }
    if (e instanceof NoRouteToHostException || e instanceof ConnectException) {
      return new Problem(
          "there is no way to that host: " + e.getMessage(),
          "is the network or VPN up? Check " + address);
    }
    return new Problem("can't connect: " + e.getMessage(), "check " + address);
  }

  private String greet() throws Exception {
    byte[] answer;
    try (Socket socket = open()) {
      answer = greet(socket);
    } catch (SocketTimeoutException e) {
      throw silent().toException();
    } catch (IOException e) {
      answer = new byte[0]; // Closed at the first words: whoever wants TLS does that.
    }
    if (endpoint.greeting().known().test(answer)) {
      return "speaks %s without TLS".formatted(endpoint.greeting().protocol());
    }
    if (speaksTls()) {
      throw new Problem("the port speaks TLS", endpoint.remedies().useTls()).toException();
    }
    if (endpoint.greeting().spoken().test(answer)) {
      return "speaks %s without TLS".formatted(endpoint.greeting().protocol());
    }
    throw new Problem(
            answer.length == 0
                ? "the server closed the connection at the first words of %s"
                    .formatted(endpoint.greeting().protocol())
                : "the server does not speak %s".formatted(endpoint.greeting().protocol()),
            "is another service on that port? Check " + endpoint.remedies().address())
        .toException();
  }

  private byte[] greet(Socket socket) throws IOException {
    socket.getOutputStream().write(endpoint.greeting().hello());
    socket.getOutputStream().flush();
    byte[] answer = new byte[64];
    int length = socket.getInputStream().readNBytes(answer, 0, endpoint.upgrades() ? 1 : 12);
    return Arrays.copyOf(answer, length);
  }

  private boolean speaksTls() throws Exception {
    try (Socket socket = open()) {
      return TlsHandshake.isSpoken(socket, endpoint.host(), endpoint.port());
    } catch (IOException e) {
      return false;
    }
  }

  private String secure(Callable<ClientSide> tls) throws Exception {
    ClientSide material = tls.call();
    TlsHandshake handshake;
    try (Socket socket = open()) {
      if (endpoint.upgrades() && greet(socket)[0] != 'S') {
        throw new Problem("the server does not offer TLS", endpoint.remedies().usePlaintext())
            .toException();
      }
      handshake = TlsHandshake.over(socket, endpoint.host(), endpoint.port(), material);
    }
    TlsDiagnosis diagnosis = new TlsDiagnosis(handshake, endpoint, Instant.now());
    if (handshake.failure() != null) {
      // Some servers without TLS say nothing to it: they wait for the end of a line.
      boolean plaintext = handshake.shown().isEmpty() && !endpoint.upgrades() && speaksPlaintext();
      if (!plaintext && handshake.failure() instanceof SocketTimeoutException) {
        throw silentToTls().toException();
      }
      throw diagnosis.problem(plaintext).toException();
    }
    diagnosis
        .ending()
        .ifPresent(soon -> steps.noted("expiry", endpoint.address(), soon.cause(), soon.remedy()));
    return diagnosis.summary();
  }

  private boolean speaksPlaintext() throws Exception {
    try (Socket socket = open()) {
      return endpoint.greeting().spoken().test(greet(socket));
    } catch (IOException e) {
      return false;
    }
  }
}
