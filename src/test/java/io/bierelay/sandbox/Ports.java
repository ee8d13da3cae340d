package io.bierelay.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds ports of the loopback interface that nobody uses, so that an address is known beforehand.
 */
public final class Ports {
  private static final int CONNECT_MILLIS = 500;

  private Ports() {}

  /** One free port. */
  public static int free() {
    return free(1).get(0);
  }

  /**
   * So many free ports, each a different one: all are held open at once before any is given back.
   */
  public static List<Integer> free(int count) {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on the loopback interface", e);
    } finally {
      held.forEach(Ports::giveBack);
    }
  }

  private static void giveBack(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException("a port stays taken", e);
    }
  }

  /** Whether somebody accepts connections there. */
  public static boolean answers(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
