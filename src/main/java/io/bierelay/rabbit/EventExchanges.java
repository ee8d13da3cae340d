package io.bierelay.rabbit;

import com.rabbitmq.client.Channel;
import io.bierelay.settings.Settings;
import java.io.IOException;
import java.util.Locale;

/**
 * The exchanges that events are published to. Whoever publishes or binds declares them, in exactly
 * the same way, so that no role has to start before another.
 */
public final class EventExchanges {

  /** How an exchange routes. */
  public enum Type {
    /** By routing key: a client may bind to what it likes. */
    TOPIC,
    /** To every queue, whatever the routing key is. */
    FANOUT;

    /** As the protocol writes it. */
    String protocolName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private EventExchanges() {}

  /**
   * Declares a durable exchange; harmless when it exists and is the same.
   *
   * @param settings with {@link RabbitSettings#EXCHANGE_TYPE}
   * @throws IOException if it exists with other properties, or the connection is lost; see {@link
   *     RabbitFailure#isConfiguration}
   */
  public static void declare(Channel channel, Settings settings, String exchange)
      throws IOException {
    channel.exchangeDeclare(
        exchange, settings.get(RabbitSettings.EXCHANGE_TYPE).protocolName(), true);
  }
}
