package io.bierelay.fuzz;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.bierelay.sandbox.ContentionType;
import io.bierelay.sandbox.RabbitAddress;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeoutException;

/**
 * Publishes to the events' exchanges what is no notification: noise, damaged ones, headers of every
 * type. For one thread.
 */
final class MessageFuzz implements AutoCloseable {

  private static final int SAMPLES = 50;

  private final Connection connection;
  private final Channel channel;
  private final String queue;
  private final Random random;
  private final List<GetResponse> samples = new ArrayList<>();
  private long published;

  /** Listens for well-formed notifications, as samples; the exchanges must be there. */
  MessageFuzz(RabbitAddress rabbit, long seed) throws IOException, TimeoutException {
    random = new Random(seed);
    connection = rabbit.connect();
    channel = connection.createChannel();
    queue = channel.queueDeclare().getQueue();
    for (ContentionType type : ContentionType.values()) {
      channel.queueBind(queue, type.exchange(), "#");
    }
  }

  /** Publishes one thing. */
  void once() throws IOException {
    if (samples.size() < SAMPLES) {
      GetResponse sample = channel.basicGet(queue, true);
      if (sample != null) {
        samples.add(sample);
      }
      if (samples.size() == SAMPLES) {
        channel.queueDelete(queue);
      }
    }
    GetResponse sample = samples.isEmpty() ? null : samples.get(random.nextInt(samples.size()));
    byte[] whole = sample == null ? json() : sample.getBody();
    byte[] body =
        switch (random.nextInt(5)) {
          case 0 -> Damage.noise(random, 1 << 16);
          case 1 -> json();
          default -> Damage.of(whole, random);
        };
    String exchange = ContentionType.values()[random.nextInt(5)].exchange();
    channel.basicPublish(exchange, "fuzz." + random.nextInt(9), properties(sample), body);
    published++;
  }

  /** How many messages were published. */
  long published() {
    return published;
  }

  private BasicProperties properties(GetResponse sample) {
    BasicProperties.Builder builder =
        sample == null || random.nextInt(3) == 0
            ? new BasicProperties.Builder()
            : sample.getProps().builder();
    Map<String, Object> headers = new HashMap<>();
    if (sample != null && sample.getProps().getHeaders() != null) {
      headers.putAll(sample.getProps().getHeaders());
    }
    if (!headers.isEmpty() && random.nextBoolean()) {
      List<String> names = List.copyOf(headers.keySet());
      String name = names.get(random.nextInt(names.size()));
      headers.put(name, value(0));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      headers.put("h" + random.nextInt(5), value(0));
    }
    if (random.nextInt(3) == 0) {
      builder.contentType(text()).contentEncoding(text()).type(text());
    }
    if (random.nextInt(3) == 0) {
      builder.messageId(text()).correlationId(text()).appId(text()).replyTo(text());
    }
    if (random.nextInt(3) == 0) {
      builder.timestamp(new Date(random.nextLong() / 2_000)).priority(random.nextInt(256));
    }
    return builder.headers(headers).deliveryMode(random.nextBoolean() ? 2 : 1).build();
  }

  private Object value(int depth) {
    return switch (random.nextInt(depth > 3 ? 8 : 10)) {
      case 0 -> text();
      case 1 -> random.nextInt();
      case 2 -> random.nextLong();
      case 3 -> random.nextDouble();
      case 4 -> random.nextBoolean();
      case 5 -> Damage.noise(random, 64);
      case 6 -> new Date(random.nextInt() * 1_000L);
      case 7 -> new BigDecimal(random.nextInt()).movePointLeft(random.nextInt(9));
      case 8 -> List.of(value(depth + 1), value(depth + 1));
      default -> Map.of("a", value(depth + 1), "b", value(depth + 1));
    };
  }

  private String text() {
    return new String(Damage.noise(random, 60), StandardCharsets.ISO_8859_1);
  }

  private byte[] json() {
    String deep = "[".repeat(1 << random.nextInt(13));
    String any =
        switch (random.nextInt(6)) {
          case 0 -> deep;
          case 1 -> "null";
          case 2 -> "{\"id\":\"%s\",\"payload\":%s}".formatted(text(), random.nextLong());
          case 3 -> "{\"eventId\":1e999,\"claimId\":-0,\"a\":\"\\ud800\"}";
          case 4 -> "{\"x\":\"" + "y".repeat(1 << random.nextInt(17)) + "\"}";
          default -> "[1,2,{}]";
        };
    return any.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
