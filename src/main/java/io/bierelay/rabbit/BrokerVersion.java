package io.bierelay.rabbit;

import com.rabbitmq.client.Connection;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a broker says it is, in the server properties of AMQP 0-9-1's {@code connection.start}.
 *
 * @param product for example {@code RabbitMQ}; {@code ?} if it does not say
 * @param version for example {@code 4.0.5}; {@code ?} if it does not say
 */
public record BrokerVersion(String product, String version) {

  private static final String RABBITMQ = "RabbitMQ";
  private static final Pattern MAJOR = Pattern.compile("(\\d{1,9})\\..*");

  /** The first of which it was seen that it keeps what was routed before a channel's end. */
  private static final int KEEPS_WHAT_IS_ROUTED = 4;

  static BrokerVersion of(Connection connection) {
    return of(connection.getServerProperties());
  }

  static BrokerVersion of(Map<String, Object> properties) {
    return new BrokerVersion(property(properties, "product"), property(properties, "version"));
  }

  private static String property(Map<String, Object> properties, String name) {
    return Objects.toString(properties.get(name), "?");
  }

  boolean isRabbitMq() {
    return product.equals(RABBITMQ);
  }

  /**
   * Whether a quorum queue there is known to get what its exchange has routed although the
   * publisher's channel ends: RabbitMQ from 4.0 on, by rabbitmq/ra's pull request 396. A broker
   * that does not say is not known to.
   */
  public boolean keepsWhatIsRouted() {
    Matcher major = MAJOR.matcher(version);
    return isRabbitMq()
        && major.matches()
        && Integer.parseInt(major.group(1)) >= KEEPS_WHAT_IS_ROUTED;
  }

  @Override
  public String toString() {
    return product + " " + version;
  }
}
