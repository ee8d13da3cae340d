package io.bierelay.persist;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Gives PostgreSQL's JDBC driver its TLS. The driver makes it by its class's name and one word,
 * which stands for what was offered.
 */
public final class PostgresSockets extends SSLSocketFactory {

  /** Only the last few can be in use: each migration offers one, and is over soon. */
  private static final int KEPT = 16;

  private static final Map<String, Offer> OFFERS = new ConcurrentHashMap<>();
  private static final AtomicLong SERIAL = new AtomicLong();

  private final SSLSocketFactory sockets;
  private final SSLParameters parameters;

  private record Offer(SSLContext context, SSLParameters parameters) {}

  /**
   * Called by the driver.
   *
   * @param word as {@link #offer} returned it
   */
  public PostgresSockets(String word) {
    Offer offer = OFFERS.get(word);
    if (offer == null) {
      throw new IllegalArgumentException("nothing was offered by that word");
    }
    this.sockets = offer.context().getSocketFactory();
    this.parameters = offer.parameters();
  }

  /** Keeps it for the driver, and returns the word by which the driver gets it. */
  static String offer(SSLContext context, SSLParameters parameters) {
    long number = SERIAL.incrementAndGet();
    OFFERS.put(Long.toString(number), new Offer(context, parameters));
    OFFERS.remove(Long.toString(number - KEPT));
    return Long.toString(number);
  }

  private Socket with(Socket socket) {
    if (socket instanceof SSLSocket ssl) {
      ssl.setSSLParameters(parameters);
    }
    return socket;
  }

  @Override
  public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
      throws IOException {
    return with(sockets.createSocket(socket, host, port, autoClose));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return with(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort)
      throws IOException {
    return with(sockets.createSocket(host, port, from, fromPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return with(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort)
      throws IOException {
    return with(sockets.createSocket(host, port, from, fromPort));
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return sockets.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }
}
