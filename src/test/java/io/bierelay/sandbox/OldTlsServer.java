package io.bierelay.sandbox;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A server that speaks no TLS newer than 1.1, which Java does not even as a server any more; it
 * comes as far as the first answer (RFC 4346, 7.4.1).
 */
public final class OldTlsServer implements AutoCloseable {

  /** What it answers a client that begins with TLS 1.2 or 1.3. */
  public enum Answer {
    /** The alert protocol_version, as one that was told to speak 1.1 only. */
    ALERT,
    /** A hello with version 1.1, as one that is too old to know more. */
    HELLO
  }

  private static final byte HANDSHAKE = 22;
  private static final byte ALERT = 21;
  private static final short TLS_1_1 = 0x0302;
  private static final byte FATAL = 2;
  private static final byte PROTOCOL_VERSION = 70;
  private static final int RANDOM_BYTES = 32;

  /** Those that are older than 1.2: with AES in CBC mode and SHA-1. */
  private static final List<Short> OLD_SUITES =
      List.of((short) 0xC014, (short) 0xC013, (short) 0xC00A, (short) 0xC009, (short) 0x0035);

  private final Answer answer;
  private final ServerSocket listening;

  /** Listens at once. */
  public OldTlsServer(Answer answer) {
    this.answer = answer;
    try {
      listening = new ServerSocket(Ports.free(), 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread thread = new Thread(this::serve, "old-tls-server");
    thread.setDaemon(true);
    thread.start();
  }

  /** Where it listens, on 127.0.0.1. */
  public int port() {
    return listening.getLocalPort();
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve() {
    while (!listening.isClosed()) {
      try (Socket client = listening.accept()) {
        client.setSoTimeout(5_000);
        DataInputStream in = new DataInputStream(client.getInputStream());
        DataOutputStream out = new DataOutputStream(client.getOutputStream());
        byte[] hello = helloOf(in);
        if (answer == Answer.ALERT) {
          record(out, ALERT, new byte[] {FATAL, PROTOCOL_VERSION});
        } else {
          record(out, HANDSHAKE, serverHello(suiteOf(ByteBuffer.wrap(hello))));
        }
        // Until the client gives up: data that is not read would reset the connection under it.
        in.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        // That client is gone, or this server.
      }
    }
  }

  private static byte[] helloOf(DataInputStream in) throws IOException {
    in.skipNBytes(3);
    byte[] hello = new byte[in.readUnsignedShort()];
    in.readFully(hello);
    return hello;
  }

  private static void record(DataOutputStream out, byte type, byte[] content) throws IOException {
    out.writeByte(type);
    out.writeShort(TLS_1_1);
    out.writeShort(content.length);
    out.write(content);
    out.flush();
  }

  /** One that the client offers, and that 1.1 had. */
  private static short suiteOf(ByteBuffer hello) {
    hello.position(1 + 3 + 2 + RANDOM_BYTES);
    int session = hello.get();
    hello.position(hello.position() + session);
    int end = hello.getShort() + hello.position();
    while (hello.position() < end) {
      short offered = hello.getShort();
      if (OLD_SUITES.contains(offered)) {
        return offered;
      }
    }
    throw new IllegalStateException("the client offers nothing that TLS 1.1 has");
  }

  private static byte[] serverHello(short suite) {
    int length = 2 + RANDOM_BYTES + 1 + 2 + 1;
    return ByteBuffer.allocate(4 + length)
        .putInt((2 << 24) | length)
        .putShort(TLS_1_1)
        .put(new byte[RANDOM_BYTES])
        .put((byte) 0)
        .putShort(suite)
        .put((byte) 0)
        .array();
  }
}
