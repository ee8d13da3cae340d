package io.bierelay.rabbit;

import com.rabbitmq.client.ConnectionFactory;
import io.bierelay.settings.ConfigurationException;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** How RabbitMQ is reached; shared by every role that talks to it. */
public final class RabbitSettings {

  /** The broker's host. */
  public static final Setting<String> HOST =
      Setting.text("rabbitmq.host", "localhost").saying("RabbitMQ's host name or address.");

  /** The broker's port. */
  public static final Setting<Integer> PORT =
      Setting.integer("rabbitmq.port", 5672, 1, 65535).saying("RabbitMQ's port.");

  /** The virtual host. */
  public static final Setting<String> VIRTUAL_HOST =
      Setting.text("rabbitmq.virtual.host", "/").saying("The virtual host of all exchanges.");

  /** The user. */
  public static final Setting<String> USERNAME =
      Setting.text("rabbitmq.username").mandatory().saying("The user to log in as.");

  /** The user's password. */
  public static final Setting<String> PASSWORD =
      Setting.secret("rabbitmq.password").mandatory().saying("The user's password.");

  /** TLS on or off. */
  public static final Setting<Boolean> TLS =
      Setting.bool("rabbitmq.tls", false)
          .saying("Connect with TLS; the server's certificate and host name are verified.");

  /** The bound on connecting. */
  public static final Setting<Duration> CONNECT_TIMEOUT =
      Setting.duration(
              "rabbitmq.connect.timeout",
              Duration.ofSeconds(5),
              Duration.ofMillis(100),
              Duration.ofMinutes(1))
          .saying("How long connecting, with handshake, may take.");

  /** The heartbeat's interval. */
  public static final Setting<Duration> HEARTBEAT =
      Setting.duration(
              "rabbitmq.heartbeat",
              Duration.ofSeconds(10),
              Duration.ofSeconds(1),
              Duration.ofMinutes(5))
          .saying("Interval of heartbeats; a connection that is silent for two is dead.");

  /** The longest wait between two attempts. */
  public static final Setting<Duration> RETRY_MAX =
      Setting.duration(
              "rabbitmq.retry.max",
              Duration.ofSeconds(5),
              Duration.ofMillis(100),
              Duration.ofMinutes(5))
          .saying("The longest wait between two attempts to connect.");

  /** How the events' exchanges route; all roles must say the same. */
  public static final Setting<EventExchanges.Type> EXCHANGE_TYPE =
      Setting.choice("rabbitmq.exchange.type", EventExchanges.Type.TOPIC)
          .saying("Type of the events' exchanges; the same in every role.");

  /** The settings that a session needs. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          HOST,
          PORT,
          VIRTUAL_HOST,
          USERNAME,
          PASSWORD,
          TLS,
          CONNECT_TIMEOUT,
          HEARTBEAT,
          RETRY_MAX,
          EXCHANGE_TYPE);

  private RabbitSettings() {}

  /** The broker's address, fit for messages to people. */
  public static String address(Settings settings) {
    return settings.get(HOST) + ":" + settings.get(PORT);
  }

  /**
   * A factory whose connections neither recover nor redeclare by themselves: a session lives or
   * dies as a whole.
   */
  static ConnectionFactory factory(Settings settings, String connectionName) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(settings.get(HOST));
    factory.setPort(settings.get(PORT));
    factory.setVirtualHost(settings.get(VIRTUAL_HOST));
    factory.setUsername(settings.get(USERNAME));
    factory.setPassword(settings.get(PASSWORD));
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    int connectMs = (int) settings.get(CONNECT_TIMEOUT).toMillis();
    factory.setConnectionTimeout(connectMs);
    factory.setHandshakeTimeout(connectMs);
    factory.setShutdownTimeout(2_000);
    factory.setChannelRpcTimeout(30_000);
    factory.setRequestedHeartbeat((int) settings.get(HEARTBEAT).toSeconds());
    factory.setClientProperties(withName(factory.getClientProperties(), connectionName));
    if (settings.get(TLS)) {
      try {
        factory.useSslProtocol(SSLContext.getDefault());
      } catch (NoSuchAlgorithmException e) {
        throw new ConfigurationException(
            "rabbitmq.tls is true, but this Java has no default TLS context: " + e.getMessage());
      }
      factory.enableHostnameVerification();
    } else {
      factory.setSocketFactory(new GroupedSocket.Factory());
    }
    return factory;
  }

  private static Map<String, Object> withName(Map<String, Object> properties, String name) {
    Map<String, Object> named = new HashMap<>(properties);
    named.put("connection_name", name);
    return named;
  }
}
