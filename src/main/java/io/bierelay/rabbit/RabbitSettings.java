package io.bierelay.rabbit;

import com.rabbitmq.client.DefaultSaslConfig;
import io.bierelay.settings.Setting;
import io.bierelay.settings.Settings;
import io.bierelay.tls.TlsMaterial;
import io.bierelay.tls.TlsMaterial.Generation;
import io.bierelay.tls.TlsSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;

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

  /** Ways to log in. */
  public enum Auth {
    /** By user and password. */
    PLAIN,
    /** By the client's certificate. */
    EXTERNAL
  }

  /** The way to log in. */
  public static final Setting<Auth> AUTH =
      Setting.choice("rabbitmq.auth", Auth.PLAIN)
          .saying(
              "How to log in: plain, with user and password; external, as the user that the client"
                  + " certificate names.");

  /** The user. */
  public static final Setting<String> USERNAME =
      Setting.text("rabbitmq.username")
          .mandatoryUnless(AUTH, Auth.EXTERNAL)
          .saying("The user to log in as, with rabbitmq.auth plain.");

  /** The user's password. */
  public static final Setting<String> PASSWORD =
      Setting.secret("rabbitmq.password")
          .mandatoryUnless(AUTH, Auth.EXTERNAL)
          .saying("The user's password, with rabbitmq.auth plain.");

  /** TLS on or off. */
  public static final Setting<Boolean> TLS =
      Setting.bool("rabbitmq.tls", false)
          .saying("Connect with TLS; the server's certificate and host name are verified.");

  /** Keys and certificates. */
  public static final TlsSettings CERTIFICATES = TlsSettings.of("RabbitMQ", "rabbitmq");

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
      Stream.concat(
              Stream.of(
                  HOST,
                  PORT,
                  VIRTUAL_HOST,
                  AUTH,
                  USERNAME,
                  PASSWORD,
                  TLS,
                  CONNECT_TIMEOUT,
                  HEARTBEAT,
                  RETRY_MAX,
                  EXCHANGE_TYPE),
              CERTIFICATES.all().stream())
          .<Setting<?>>map(setting -> setting)
          .toList();

  private RabbitSettings() {}

  /** What one setting alone can't tell; one line each, with the remedy. */
  public static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    if (settings.get(AUTH) == Auth.EXTERNAL
        && (!settings.get(TLS) || settings.find(CERTIFICATES.keyStoreLocation()).isEmpty())) {
      problems.add(
          "'rabbitmq.auth' is external, which needs 'rabbitmq.tls' true and"
              + " 'rabbitmq.keystore.location'");
    }
    if (settings.get(TLS)) {
      problems.addAll(CERTIFICATES.problems(settings));
    }
    return problems;
  }

  /** What a person should know at each start. */
  public static List<String> warnings(Settings settings) {
    return settings.get(TLS) ? CERTIFICATES.warnings(settings) : List.of();
  }

  /** The broker's address, fit for messages to people. */
  public static String address(Settings settings) {
    return settings.get(HOST) + ":" + settings.get(PORT);
  }

  /**
   * A factory whose connections neither recover nor redeclare by themselves: a session lives or
   * dies as a whole. With password, keys and certificates as they are in their files now: blocking.
   */
  static SessionConnectionFactory factory(Settings settings, String connectionName) {
    SessionConnectionFactory factory = new SessionConnectionFactory();
    factory.setHost(settings.get(HOST));
    factory.setPort(settings.get(PORT));
    factory.setVirtualHost(settings.get(VIRTUAL_HOST));
    if (settings.get(AUTH) == Auth.EXTERNAL) {
      factory.setSaslConfig(DefaultSaslConfig.EXTERNAL);
    } else {
      factory.setUsername(settings.findCurrent(USERNAME).orElse(""));
      factory.setPassword(settings.findCurrent(PASSWORD).orElse(""));
    }
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
      Generation tls = TlsMaterial.of(CERTIFICATES, settings).refreshed();
      factory.useSslProtocol(tls.context());
      factory.setSocketConfigurator(
          factory
              .getSocketConfigurator()
              .andThen(
                  socket -> {
                    if (socket instanceof SSLSocket ssl) {
                      ssl.setSSLParameters(tls.parameters());
                    }
                  }));
    }
    return factory;
  }

  private static Map<String, Object> withName(Map<String, Object> properties, String name) {
    Map<String, Object> named = new HashMap<>(properties);
    named.put("connection_name", name);
    return named;
  }
}
