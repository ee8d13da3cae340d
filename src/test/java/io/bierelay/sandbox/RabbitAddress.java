package io.bierelay.sandbox;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultSaslConfig;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Where an AMQP 0-9-1 broker's virtual host is and who may use it.
 *
 * @param identity what is shown over TLS, instead of user and password; null for these
 */
public record RabbitAddress(
    String host,
    int port,
    String username,
    String password,
    String virtualHost,
    TlsIdentity identity) {

  /** One without TLS. */
  public RabbitAddress(
      String host, int port, String username, String password, String virtualHost) {
    this(host, port, username, password, virtualHost, null);
  }

  /** Reads {@code amqp://user:password@host:port/virtual-host}; without a path it is {@code /}. */
  public static RabbitAddress parse(String uri) {
    URI parsed = URI.create(uri);
    UserInfo user = UserInfo.of(parsed);
    String path = parsed.getRawPath();
    String virtualHost =
        path == null || path.length() <= 1
            ? "/"
            : URLDecoder.decode(path.substring(1), StandardCharsets.UTF_8);
    int port = parsed.getPort() < 0 ? ConnectionFactory.DEFAULT_AMQP_PORT : parsed.getPort();
    return new RabbitAddress(parsed.getHost(), port, user.name(), user.password(), virtualHost);
  }

  /** The same broker and user with another virtual host. */
  public RabbitAddress withVirtualHost(String other) {
    return new RabbitAddress(host, port, username, password, other, identity);
  }

  /** The same broker through another port, such as a proxy's. */
  public RabbitAddress atPort(int other) {
    return new RabbitAddress(host, other, username, password, virtualHost, identity);
  }

  /** The same broker over TLS, as whom the certificate names. */
  public RabbitAddress by(TlsIdentity certified) {
    return new RabbitAddress(host, port, certified.name(), "", virtualHost, certified);
  }

  /** A factory of connections that do not recover by themselves. */
  public ConnectionFactory connectionFactory() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(host);
    factory.setPort(port);
    if (identity != null) {
      factory.useSslProtocol(identity.context());
      factory.enableHostnameVerification();
      factory.setSaslConfig(DefaultSaslConfig.EXTERNAL);
    } else {
      factory.setUsername(username);
      factory.setPassword(password);
    }
    factory.setVirtualHost(virtualHost);
    factory.setAutomaticRecoveryEnabled(false);
    return factory;
  }

  /** A new connection. */
  public Connection connect() throws IOException, TimeoutException {
    return connectionFactory().newConnection();
  }

  /** Whether a connection can be opened just now. */
  public boolean takesConnections() {
    try {
      connect().close();
      return true;
    } catch (IOException | TimeoutException e) {
      return false;
    }
  }

  /** The relay's settings for it. */
  public Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("rabbitmq.host", host);
    settings.put("rabbitmq.port", port);
    settings.put("rabbitmq.virtual.host", virtualHost);
    if (identity != null) {
      settings.put("rabbitmq.tls", true);
      settings.put("rabbitmq.auth", "external");
      settings.putAll(identity.settings("rabbitmq"));
    } else {
      settings.put("rabbitmq.username", username);
      settings.put("rabbitmq.password", password);
    }
    return settings;
  }

  /** Leaves the password out. */
  @Override
  public String toString() {
    return "amqp://%s@%s:%d/%s".formatted(username, host, port, virtualHost);
  }
}
