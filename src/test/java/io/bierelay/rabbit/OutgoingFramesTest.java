package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import com.rabbitmq.client.impl.Method;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is written here is, byte by byte, what RabbitMQ's client would have written. */
class OutgoingFramesTest {

  private static final int FRAME_MAX = 4_096;
  private static final int CHANNEL = 300;
  private static final int SEND_BUFFER = 16_000;

  private final List<byte[]> calls = new ArrayList<>();
  private boolean channelOpen = true;
  private OutgoingFrames frames;

  @BeforeEach
  void open() throws IOException {
    frames = new OutgoingFrames(proxy(FrameHandler.class, null), new RecordingSocket());
  }

  @Test
  void aMessageIsAsTheClientWritesIt() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    for (int i = 0; i < 200; i++) {
      OutboundMessage message = message(random);
      frames.hold(channel());
      frames.publish(CHANNEL, message, FRAME_MAX);
      frames.release();
      for (Frame frame : asTheClient(message)) {
        frame.writeTo(new java.io.DataOutputStream(expected));
      }
    }
    assertThat(sent()).as("seed %d", seed).isEqualTo(expected.toByteArray());
    assertThat(calls).hasSize(200);
  }

  @Test
  void aGroupLeavesInOneCallUpToItsBound() throws IOException {
    frames.hold(channel());
    for (int i = 0; i < 100; i++) {
      frames.publish(CHANNEL, message("e", "k", new byte[1_000]), FRAME_MAX);
      frames.flush();
    }
    assertThat(calls).isEmpty();
    for (int i = 0; i < 100; i++) {
      frames.publish(CHANNEL, message("e", "k", new byte[1_000]), FRAME_MAX);
    }
    frames.release();
    assertThat(calls).hasSize(2);
    assertThat(calls).allMatch(one -> one.length <= OutgoingFrames.MOST_BYTES);
  }

  @Test
  void theClientsFramesLeaveWhenItFlushes() throws IOException {
    Frame frame = new Frame(AMQP.FRAME_HEARTBEAT, 0, new byte[0]);
    frames.writeFrame(frame);
    assertThat(calls).isEmpty();
    frames.flush();
    assertThat(read(sent())).hasSize(1);
  }

  @Test
  void aMessageWithoutBodyHasNoBodyFrame() throws IOException {
    frames.hold(channel());
    frames.publish(CHANNEL, message("", "ledger", new byte[0]), FRAME_MAX);
    frames.release();
    assertThat(read(sent()).stream().map(one -> one.type))
        .containsExactly(AMQP.FRAME_METHOD, AMQP.FRAME_HEADER);
  }

  @Test
  void nothingIsWrittenOnAClosedChannel() {
    channelOpen = false;
    assertThatThrownBy(() -> frames.hold(channel())).isInstanceOf(AlreadyClosedException.class);
    assertThat(frames.tryHold(channel())).isFalse();
    channelOpen = true;
    assertThat(frames.tryHold(channel())).as("the turn was given back").isTrue();
  }

  @Test
  void headersAboveAFrameAreRefusedBeforeAnythingIsWritten() throws IOException {
    AMQP.BasicProperties large =
        new AMQP.BasicProperties.Builder().headers(Map.of("h", "x".repeat(FRAME_MAX))).build();
    frames.hold(channel());
    assertThatThrownBy(
            () ->
                frames.publish(
                    CHANNEL, new OutboundMessage("e", "k", large, new byte[1]), FRAME_MAX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a frame at most");
    frames.release();
    assertThat(calls).isEmpty();
  }

  @Test
  void whatIsSureToBeTakenShrinksWithWhatIsUnconfirmed() {
    assertThat(frames.canTake(SEND_BUFFER / 8)).isTrue();
    frames.published(1);
    assertThat(frames.canTake(SEND_BUFFER / 8)).isFalse();
    frames.confirmed(1);
    assertThat(frames.canTake(SEND_BUFFER / 8)).isTrue();
  }

  private static List<Frame> asTheClient(OutboundMessage message) throws IOException {
    AMQP.Basic.Publish publish =
        new AMQP.Basic.Publish.Builder()
            .exchange(message.exchange())
            .routingKey(message.routingKey())
            .mandatory(true)
            .build();
    List<Frame> all = new ArrayList<>();
    all.add(((Method) publish).toFrame(CHANNEL));
    byte[] body = message.body();
    all.add(message.properties().toFrame(CHANNEL, body.length));
    for (int from = 0; from < body.length; from += FRAME_MAX - 8) {
      all.add(
          Frame.fromBodyFragment(CHANNEL, body, from, Math.min(FRAME_MAX - 8, body.length - from)));
    }
    return all;
  }

  private static OutboundMessage message(Random random) {
    byte[] body = new byte[random.nextInt(3) * random.nextInt(7_000)];
    random.nextBytes(body);
    String exchange = "exchange-é-" + random.nextInt(2);
    if (random.nextBoolean()) {
      return message(exchange, "key." + random.nextInt(2), body);
    }
    AMQP.BasicProperties encoded =
        new PropertiesWriter()
            .begin(PropertiesWriter.text("application/json"))
            .header(PropertiesWriter.name("offset"), random.nextLong())
            .end(
                new UUID(random.nextLong(), random.nextLong()),
                Instant.EPOCH,
                PropertiesWriter.text("type"),
                PropertiesWriter.text("app"),
                random.nextBoolean() ? body.length : body.length + 1);
    return new OutboundMessage(exchange, "key." + random.nextInt(2), encoded, body);
  }

  private static OutboundMessage message(String exchange, String key, byte[] body) {
    return new OutboundMessage(
        exchange, key, new AMQP.BasicProperties.Builder().messageId("id").build(), body);
  }

  private byte[] sent() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    calls.forEach(all::writeBytes);
    return all.toByteArray();
  }

  private static List<Frame> read(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    List<Frame> all = new ArrayList<>();
    while (in.available() > 0) {
      all.add(Frame.readFrom(in, FRAME_MAX));
    }
    return all;
  }

  private Channel channel() {
    return proxy(Channel.class, channelOpen);
  }

  private static <T> T proxy(Class<T> type, Object open) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "isOpen" -> open;
                  case "getCloseReason" -> new ShutdownSignalException(false, false, null, self);
                  default -> throw new UnsupportedOperationException(method.getName());
                }));
  }

  private final class RecordingSocket extends Socket {
    @Override
    public int getSendBufferSize() {
      return SEND_BUFFER;
    }

    @Override
    public OutputStream getOutputStream() {
      return new OutputStream() {
        @Override
        public void write(int one) {
          calls.add(new byte[] {(byte) one});
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
          calls.add(java.util.Arrays.copyOfRange(bytes, from, from + length));
        }
      };
    }
  }
}
