package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import java.util.List;

/**
 * One message to publish. The body is handed over, not copied.
 *
 * @param properties with a message id, by which a returned message is recognised
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over once; never compared, never a key.
public record OutboundMessage(
    String exchange, String routingKey, AMQP.BasicProperties properties, byte[] body) {

  /** What a message has besides its body, generously: address, headers, frames. */
  private static final int AROUND_BODY = 1 << 10;

  /** About what they take on the wire, rather more than less. */
  static long bytes(List<OutboundMessage> messages) {
    long sum = 0;
    for (OutboundMessage one : messages) {
      sum += one.body().length + AROUND_BODY;
    }
    return sum;
  }
}
