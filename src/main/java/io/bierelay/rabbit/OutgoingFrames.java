package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.impl.AMQConnection;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a connection sends, and the only way to its socket: RabbitMQ's client reads the frames and
 * writes its own here, and messages are written by {@link #publish}.
 *
 * <p>The client writes and flushes each message by itself, by way of four objects and two streams
 * per frame. Here a group of messages is encoded into one buffer and handed to the operating system
 * in one call, up to {@value #MOST_BYTES} bytes; with TLS as without.
 *
 * <p>Safe for several threads: who {@linkplain #hold holds} writes alone, so no frame gets into
 * another and no group into another; the others wait, the heartbeat too. A write that the broker
 * does not take blocks until the socket is closed.
 */
final class OutgoingFrames implements FrameHandler {

  /** The most that Java hands over in one call; a group above that is no longer one piece. */
  static final int MOST_BYTES = 128 << 10;

  /** Type, channel and size before a frame's payload, and the end behind it: AMQP 0-9-1, 4.2.3. */
  private static final int FRAME_HEAD = 7;

  private static final int FRAME_END = 0xCE;

  private static final short BASIC = 60;
  private static final short PUBLISH = 40;

  /** The bits of basic.publish: mandatory, not immediate. */
  private static final byte MANDATORY = 1;

  private final FrameHandler client;
  private final OutputStream out;
  private final int sureToBeTaken;
  private final AtomicLong unconfirmed = new AtomicLong();
  private final ReentrantLock turn = new ReentrantLock();

  /** Guarded by the turn, as everything below. */
  private final Buffer buffer = new Buffer();

  private final DataOutputStream frames = new DataOutputStream(buffer);
  private boolean held;
  private String exchange = "";
  private String routingKey = "";

  /** The payload of a basic.publish to that exchange with that key. */
  private byte[] method = method("", "");

  /**
   * Takes the writing over, before the client has written any frame.
   *
   * @param client reads, and says the protocol's header
   * @param socket that of the client
   */
  OutgoingFrames(FrameHandler client, Socket socket) throws IOException {
    this.client = client;
    this.out = socket.getOutputStream();
    this.sureToBeTaken = socket.getSendBufferSize() / 8;
  }

  /** Grows up to what is sent at once. Java's own would take a lock for each byte. */
  private static final class Buffer extends OutputStream {
    private byte[] bytes = new byte[1 << 13];
    private int length;

    int size() {
      return length;
    }

    void frame(int type, int channel, int size) {
      ensure(FRAME_HEAD);
      int at = length;
      bytes[at] = (byte) type;
      bytes[at + 1] = (byte) (channel >>> 8);
      bytes[at + 2] = (byte) channel;
      bytes[at + 3] = (byte) (size >>> 24);
      bytes[at + 4] = (byte) (size >>> 16);
      bytes[at + 5] = (byte) (size >>> 8);
      bytes[at + 6] = (byte) size;
      length = at + FRAME_HEAD;
    }

    @Override
    public void write(int one) {
      ensure(1);
      bytes[length++] = (byte) one;
    }

    @Override
    public void write(byte[] from, int offset, int count) {
      ensure(count);
      System.arraycopy(from, offset, bytes, length, count);
      length += count;
    }

    void sendTo(OutputStream out) throws IOException {
      int count = length;
      length = 0;
      out.write(bytes, 0, count);
    }

    private void ensure(int more) {
      if (bytes.length - length < more) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
      }
    }
  }

  /**
   * Holds back what is written from now on, to publish on a channel; waits until no other thread
   * does so. The client can't answer a close of the channel meanwhile, so what is written belongs
   * to this channel and not to none, over which the broker would end the connection.
   *
   * @throws AlreadyClosedException if the channel is closed; then nothing is held
   */
  void hold(Channel channel) {
    turn.lock();
    if (!channel.isOpen()) {
      turn.unlock();
      throw new AlreadyClosedException(channel.getCloseReason());
    }
    held = true;
  }

  /** The same if no other thread has the turn at this moment; tells whether it could. */
  boolean tryHold(Channel channel) {
    if (!turn.tryLock()) {
      return false;
    }
    if (!channel.isOpen()) {
      turn.unlock();
      return false;
    }
    held = true;
    return true;
  }

  /** Sends what was held back. By the thread that began. */
  void release() throws IOException {
    try {
      held = false;
      send();
    } finally {
      turn.unlock();
    }
  }

  /**
   * Whether the operating system takes so many bytes for certain without blocking: with all that
   * the broker has not confirmed yet, which is more than what still waits in the socket, they are
   * no more than an eighth of its buffer, for it counts what it needs for itself as well.
   *
   * @param bytes about to be published
   */
  boolean canTake(long bytes) {
    return unconfirmed.get() + bytes <= sureToBeTaken;
  }

  /** So many bytes are about to be published on any of the channels. */
  void published(long bytes) {
    unconfirmed.addAndGet(bytes);
  }

  /** So many of them are confirmed: the broker has read them. */
  void confirmed(long bytes) {
    unconfirmed.addAndGet(-bytes);
  }

  /**
   * Writes a mandatory message. While holding.
   *
   * @param frameMax of the connection, in bytes; 0 for no limit
   */
  void publish(int channel, OutboundMessage message, int frameMax) throws IOException {
    byte[] body = message.body();
    byte[] header = header(channel, message, frameMax);
    byte[] publish = method(message);
    write(AMQP.FRAME_METHOD, channel, publish, 0, publish.length);
    write(AMQP.FRAME_HEADER, channel, header, 0, header.length);
    int most = frameMax == 0 ? Math.max(1, body.length) : frameMax - FRAME_HEAD - 1;
    for (int from = 0; from < body.length; from += most) {
      write(AMQP.FRAME_BODY, channel, body, from, Math.min(most, body.length - from));
    }
  }

  private static byte[] header(int channel, OutboundMessage message, int frameMax)
      throws IOException {
    int bodySize = message.body().length;
    byte[] header =
        message.properties() instanceof EncodedProperties encoded && encoded.isFor(bodySize)
            ? encoded.header()
            : message.properties().toFrame(channel, bodySize).getPayload();
    if (frameMax != 0 && header.length > frameMax - FRAME_HEAD - 1) {
      throw new IllegalArgumentException(
          "the headers of a message take %d bytes, a frame at most %d"
              .formatted(header.length, frameMax - FRAME_HEAD - 1));
    }
    return header;
  }

  private void write(int type, int channel, byte[] payload, int from, int length)
      throws IOException {
    begin(length);
    buffer.frame(type, channel, length);
    buffer.write(payload, from, length);
    buffer.write(FRAME_END);
  }

  /** A batch is of one partition: where its first goes, the others go. */
  private byte[] method(OutboundMessage message) {
    if (!exchange.equals(message.exchange()) || !routingKey.equals(message.routingKey())) {
      method = method(message.exchange(), message.routingKey());
      exchange = message.exchange();
      routingKey = message.routingKey();
    }
    return method;
  }

  private static byte[] method(String exchange, String routingKey) {
    byte[] to = shortString(exchange);
    byte[] key = shortString(routingKey);
    byte[] payload = new byte[6 + 1 + to.length + 1 + key.length + 1];
    payload[1] = BASIC;
    payload[3] = PUBLISH;
    payload[6] = (byte) to.length;
    System.arraycopy(to, 0, payload, 7, to.length);
    payload[7 + to.length] = (byte) key.length;
    System.arraycopy(key, 0, payload, 8 + to.length, key.length);
    payload[payload.length - 1] = MANDATORY;
    return payload;
  }

  private static byte[] shortString(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > 255) {
      throw new IllegalArgumentException(
          "'%s' has %d bytes, AMQP allows 255".formatted(text, utf8.length));
    }
    return utf8;
  }

  /** What would make it too large goes into the next call. */
  private void begin(int payload) throws IOException {
    if (buffer.size() + payload + FRAME_HEAD + 1 > MOST_BYTES) {
      send();
    }
  }

  private void send() throws IOException {
    if (buffer.size() > 0) {
      buffer.sendTo(out);
      out.flush();
    }
  }

  @Override
  public void writeFrame(Frame frame) throws IOException {
    turn.lock();
    try {
      begin(frame.size());
      frame.writeTo(frames);
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void flush() throws IOException {
    turn.lock();
    try {
      if (!held) {
        send();
      }
    } finally {
      turn.unlock();
    }
  }

  @Override
  public Frame readFrame() throws IOException {
    return client.readFrame();
  }

  @Override
  public void sendHeader() throws IOException {
    client.sendHeader();
  }

  @Override
  public void initialize(AMQConnection connection) {
    // The client's own would start the thread that reads by itself, and not by this object.
    connection.startMainLoop();
  }

  @Override
  public void setTimeout(int millis) throws SocketException {
    client.setTimeout(millis);
  }

  @Override
  public int getTimeout() throws SocketException {
    return client.getTimeout();
  }

  @Override
  public void close() {
    client.close();
  }

  @Override
  public InetAddress getLocalAddress() {
    return client.getLocalAddress();
  }

  @Override
  public int getLocalPort() {
    return client.getLocalPort();
  }

  @Override
  public InetAddress getAddress() {
    return client.getAddress();
  }

  @Override
  public int getPort() {
    return client.getPort();
  }
}
