package io.bierelay.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports of the loopback interface that nobody uses, so that an address is known beforehand.
 */
public final class Ports {
  private static final int CONNECT_MILLIS = 500;

  /**
   * Below what systems take for outgoing connections (32768 and up on Linux, 49152 elsewhere): a
   * free port up there may be somebody's own end of a connection a moment later.
   */
  private static final int LOWEST = 12_000;

  private static final int HIGHEST = 32_000;

  /** What this JVM has been given is not given again: it may not be listened at yet. */
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private Ports() {}

  /** One free port. */
  public static int free() {
    return free(1).get(0);
  }

  /**
   * So many free ports, each a different one; chosen at random, since other JVMs choose as well.
   */
  public static List<Integer> free(int count) {
    List<Integer> ports = new ArrayList<>();
    for (int attempt = 0; ports.size() < count; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      if (GIVEN.add(port) && isFree(port)) {
        ports.add(port);
      }
      if (attempt > HIGHEST - LOWEST) {
        throw new IllegalStateException("no free port on the loopback interface");
      }
    }
    return List.copyOf(ports);
  }

  private static boolean isFree(int port) {
    try {
      giveBack(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
      return true;
    } catch (IOException e) {
      return false;
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
