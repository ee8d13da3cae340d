package io.bierelay.rabbit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A socket that can hold back what is written and then send it in one piece.
 *
 * <p>RabbitMQ's client writes each message by itself. A process that is killed between two of them
 * has sent the first without the second; what was handed to the operating system in one call is
 * sent as a whole even if the process is gone, as long as the socket's buffer has room for it.
 *
 * <p>One group at a time; what other threads write meanwhile goes out with it. Safe for several
 * threads.
 */
final class GroupedSocket extends Socket {

  /** The most that Java hands over in one call; a group above that is no longer one piece. */
  private static final int MOST_BYTES = 128 << 10;

  private final ReentrantLock turn = new ReentrantLock();
  private @Nullable Grouped stream;

  /** Makes such sockets. */
  static final class Factory extends SocketFactory {
    @Override
    public Socket createSocket() {
      return new GroupedSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return connected(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
        throws IOException {
      return connected(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return connected(new InetSocketAddress(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
        throws IOException {
      return connected(new InetSocketAddress(host, port));
    }

    private static Socket connected(InetSocketAddress address) throws IOException {
      Socket socket = new GroupedSocket();
      socket.connect(address);
      return socket;
    }
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    synchronized (turn) {
      if (stream == null) {
        stream = new Grouped(super.getOutputStream());
      }
      return stream;
    }
  }

  /** Holds back what is written from now on; waits until no other thread does so. */
  void hold() throws IOException {
    OutputStream out = getOutputStream();
    turn.lock();
    if (out instanceof Grouped grouped) {
      grouped.hold();
    }
  }

  /** Sends what was held back. By the thread that began. */
  void release() throws IOException {
    try {
      if (getOutputStream() instanceof Grouped grouped) {
        grouped.release();
      }
    } finally {
      turn.unlock();
    }
  }

  private static final class Grouped extends OutputStream {
    private final OutputStream out;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream(MOST_BYTES);
    private boolean holding;

    Grouped(OutputStream out) {
      this.out = out;
    }

    synchronized void hold() {
      holding = true;
    }

    synchronized void release() throws IOException {
      holding = false;
      send();
    }

    @Override
    public synchronized void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) throws IOException {
      if (!holding) {
        out.write(bytes, from, length);
        return;
      }
      if (held.size() + length > MOST_BYTES) {
        send();
      }
      held.write(bytes, from, length);
    }

    @Override
    public synchronized void flush() throws IOException {
      if (!holding) {
        out.flush();
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }

    private void send() throws IOException {
      if (held.size() > 0) {
        held.writeTo(out);
        held.reset();
        out.flush();
      }
    }
  }
}
