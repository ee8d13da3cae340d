package io.bierelay.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.GetResponse;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;

/**
 * Tells whether the broker was restarted since: a transient message in a durable classic queue,
 * which a restart leaves empty.
 */
public final class BrokerWitness {

  /** The queue. */
  public static final String NAME = "bie-ledger-witness";

  private static final Map<String, Object> ARGUMENTS =
      Map.of("x-queue-type", "classic", "x-max-length", 1);

  private static final String TURN = "bie-lock.witness";

  /** Each takes some milliseconds; the other's turn does not take longer. */
  private static final int ATTEMPTS = 200;

  private BrokerWitness() {}

  /**
   * What the broker's present life is called; made up if it has no name yet. One asks at a time:
   * while one looks at the message, another would find none and make up a new name.
   *
   * @return fails if another connection keeps the turn to itself
   */
  public static Future<String> of(RabbitSession session) {
    return of(session, ATTEMPTS);
  }

  private static Future<String> of(RabbitSession session, int attempts) {
    return session
        .withChannel(BrokerWitness::ask)
        .recover(
            e ->
                RabbitFailure.isLocked(e) && attempts > 1
                    ? of(session, attempts - 1)
                    : Future.failedFuture(e));
  }

  private static String ask(Channel channel) throws IOException {
    channel.queueDeclare(TURN, false, true, false, null);
    try {
      return askAlone(channel);
    } finally {
      channel.queueDelete(TURN);
    }
  }

  private static String askAlone(Channel channel) throws IOException {
    channel.queueDeclare(NAME, true, false, false, ARGUMENTS);
    GetResponse known = channel.basicGet(NAME, false);
    if (known != null) {
      channel.basicReject(known.getEnvelope().getDeliveryTag(), true);
      return new String(known.getBody(), StandardCharsets.UTF_8);
    }
    String life = UUID.randomUUID().toString();
    channel.basicPublish(
        "",
        NAME,
        new AMQP.BasicProperties.Builder().deliveryMode(1).build(),
        life.getBytes(StandardCharsets.UTF_8));
    return life;
  }
}
