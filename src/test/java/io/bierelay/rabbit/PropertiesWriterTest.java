package io.bierelay.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.impl.Frame;
import io.bierelay.rabbit.PropertiesWriter.Text;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is encoded here is what RabbitMQ's client would have encoded, and what it reads. */
class PropertiesWriterTest {

  private static final int CLASS_BYTES = 2;
  private static final Text JSON = PropertiesWriter.text("application/json");
  private static final Text APP = PropertiesWriter.text("an-application");

  private static final UUID ID = UUID.fromString("00000000-0a0b-5c0d-9e0f-0123456789ab");

  private final PropertiesWriter writer = new PropertiesWriter();

  @Test
  void theClientReadsWhatWasWritten() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int message = 0; message < 500; message++) {
      Map<String, Object> headers = new HashMap<>();
      Text type = PropertiesWriter.text(text(random, 100));
      writer.begin(JSON);
      for (int header = random.nextInt(12); header > 0; header--) {
        String name = header + text(random, 50);
        headers.put(name, put(name, random));
      }
      UUID id = new UUID(random.nextLong(), random.nextLong());
      int size = random.nextInt(100_000);
      Instant at = Instant.ofEpochSecond(random.nextInt(Integer.MAX_VALUE));
      AMQP.BasicProperties written = writer.end(id, at, type, APP, size);
      Frame frame = written.toFrame(9, size);
      assertThat(frame.type).as("seed %d", seed).isEqualTo(AMQP.FRAME_HEADER);
      assertThat(frame.channel).isEqualTo(9);
      AMQP.BasicProperties read = read(frame.getPayload(), size);
      assertThat(read.getContentType()).isEqualTo("application/json");
      assertThat(read.getDeliveryMode()).isEqualTo(2);
      assertThat(read.getMessageId()).isEqualTo(id.toString()).isEqualTo(written.getMessageId());
      assertThat(read.getTimestamp()).isEqualTo(at).isEqualTo(written.getTimestamp());
      assertThat(read.getType()).isEqualTo(written.getType());
      assertThat(read.getAppId()).isEqualTo("an-application");
      assertThat(read.getPriority()).isNull();
      assertThat(read.getClusterId()).isNull();
      assertThat(written.getHeaders()).as("seed %d", seed).isEqualTo(headers);
      // The client's own encoding of the same properties is the same but for the headers' order.
      AMQP.BasicProperties own =
          new AMQP.BasicProperties.Builder()
              .contentType("application/json")
              .headers(headers)
              .deliveryMode(2)
              .messageId(id.toString())
              .timestamp(java.util.Date.from(at))
              .type(written.getType())
              .appId("an-application")
              .build();
      byte[] expected = own.toFrame(9, size).getPayload();
      assertThat(sorted(frame.getPayload())).as("seed %d", seed).isEqualTo(sorted(expected));
    }
  }

  @Test
  void theBodyMayBeExchanged() throws IOException {
    AMQP.BasicProperties written = written();
    assertThat(read(written.toFrame(1, 1_000).getPayload(), 1_000).getMessageId())
        .isEqualTo(ID.toString());
    assertThat(read(written.toFrame(1, 5).getPayload(), 5).getMessageId()).isEqualTo(ID.toString());
  }

  @Test
  void aCopyKeepsTheHeaders() {
    AMQP.BasicProperties copy = written().builder().priority(3).build();
    assertThat(copy.getHeaders()).isEqualTo(Map.of("h", 1));
    assertThat(copy.getMessageId()).isEqualTo(ID.toString());
    assertThat(copy.getContentType()).isEqualTo("application/json");
  }

  @Test
  void aShortTextHasItsBound() {
    assertThatThrownBy(() -> PropertiesWriter.name("n".repeat(256)))
        .isInstanceOf(IllegalArgumentException.class);
    Text long256 = PropertiesWriter.text("t".repeat(256));
    writer.begin(JSON);
    assertThatThrownBy(() -> writer.end(ID, Instant.EPOCH, long256, APP, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private AMQP.BasicProperties written() {
    return writer
        .begin(JSON)
        .header(PropertiesWriter.name("h"), 1)
        .end(ID, Instant.EPOCH, APP, APP, 5);
  }

  private Object put(String header, Random random) {
    PropertiesWriter.Name name = PropertiesWriter.name(header);
    switch (random.nextInt(4)) {
      case 0 -> {
        int value = random.nextInt();
        writer.header(name, value);
        return value;
      }
      case 1 -> {
        long value = random.nextLong();
        writer.header(name, value);
        return value;
      }
      case 2 -> {
        String value = text(random, 40_000);
        writer.header(name, value.getBytes(StandardCharsets.UTF_8));
        return value;
      }
      default -> {
        String value = text(random, 100);
        writer.header(name, PropertiesWriter.text(value));
        return value;
      }
    }
  }

  private static String text(Random random, int longest) {
    int length = random.nextInt(longest);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) (random.nextInt(10) == 0 ? 0xE9 : 'a' + random.nextInt(26)));
    }
    return text.toString();
  }

  private static AMQP.BasicProperties read(byte[] payload, long size) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(payload);
    assertThat(header.getShort()).isEqualTo((short) 60);
    assertThat(header.getShort()).isZero();
    assertThat(header.getLong()).isEqualTo(size);
    return new AMQP.BasicProperties(
        new DataInputStream(
            new ByteArrayInputStream(payload, CLASS_BYTES, payload.length - CLASS_BYTES)));
  }

  private static byte[] sorted(byte[] bytes) {
    byte[] sorted = bytes.clone();
    java.util.Arrays.sort(sorted);
    return sorted;
  }
}
